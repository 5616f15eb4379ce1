#!/bin/sh
# Passes on what this host is sent to be passed on (`keep` of receive.sh), also while it arrives, to hosts that bring a
# grant, until its standard input ends or is silent for 30 s. Nothing is left then: no process, no port, no file.
#
# Usage: relay.sh TOKEN HOME CLUSTER serve ADDRESS RATE    RATE: bytes a second at most, 0 for no limit
#        relay.sh TOKEN HOME CLUSTER clear                 removes what was kept and is not served
# Standard input, a line each:
#   grant N SECRET WIRE BYTES ADDRESS   lets the host with this address (- for any) take WIRE of that size, once
#   drop WIRE                           nobody needs it any more
#   (empty)                             whoever sends this is alive
# Output: `listening PORT`, `granted N`, `served SECRET`, `refused ADDRESS REASON`
# Exit codes: 0 · 74 no usable Node, bad arguments · 70, 75 as in lib.sh
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source-path=SCRIPTDIR source=parts.sh
. "${0%/*}/parts.sh"

program=$(cat "${0%/*}/relay.js")

main() { # TOKEN HOME CLUSTER serve|clear ADDRESS RATE
  token=$1 home=$2 cluster=$3
  check_token "$token" "$home"
  case $4 in
    serve) serve "$5" "$6" ;;
    clear) remove_seeds "$home" "$token" ;;
    *) fail 74 "it is serve or clear, not '$4'" ;;
  esac
}

# Its marker is no part of Trueno or its balancer: nobody takes it for one of them.
serve() { # ADDRESS RATE
  require_number RATE "$2"
  find_node "$home" || fail 74 "there is no usable Node"
  trap - EXIT HUP INT PIPE TERM
  exec env "TRUENO_DEPLOY_CLUSTER=$cluster" "TRUENO_DEPLOY_HOME=$home" TRUENO_DEPLOY_PART=relay \
    "$node" -e "$program" "$home/artifacts" "$token" "$1" "$2"
}

main "$@"
