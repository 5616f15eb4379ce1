#!/bin/sh
# Runs a script that mends the system. It was shown to somebody, who said yes; it is run as root.
#
# Usage: mend.sh TEXT
# Exit codes: 0 · 74 this is not root · 70, 72, 73 as in lib.sh
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

[ "$(id -u)" -eq 0 ] || fail 74 'this user is not root'
umask 022
must 'mend the host' sh -c "$1"
