#!/bin/sh
# Stops the balancer on this host by its own processes, those that carry our marker, and proves that none is left.
#
# Usage: balancer-stop.sh TOKEN HOME TIMEOUT_S
#   TIMEOUT_S  how long its parent may take to end it before all are killed
# Output: `stopped`; `nothing` where none ran; else, tab-separated: left process PID COMMAND
# Exit codes: 0 · 70 something is left · 74, 75 as in lib.sh
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source-path=SCRIPTDIR source=processes.sh
. "${0%/*}/processes.sh"
# shellcheck source-path=SCRIPTDIR source=ending.sh
. "${0%/*}/ending.sh"

main() { # TOKEN HOME TIMEOUT_S
  home=$2 cluster='' part=balancer
  require_path HOME "$home"
  require_number TIMEOUT_S "$3"
  enter balancer "$home" 30
  check_token "$1" "$home"
  if [ -z "$(ours)" ]; then
    echo nothing
    exit 0
  fi
  end_processes "$3"
  left=$(left_processes)
  if [ -n "$left" ]; then
    printf '%s\n' "$left"
    fail 70 "a balancer is left running in $home after all signals"
  fi
  echo stopped
}

main "$@"
