#!/bin/sh
# Trueno's Elasticsearch bridge: stand-in. Trueno has pm2 run this with bash, in the directory of the component.
exec node "${0%/*}/lib/bridge.js" "$@"
