#!/bin/sh
# Tries whether this host gets through to others: TCP connections that are closed at once. Reads only; sends nothing.
#
# Usage: reach.sh SECONDS [HOST PORT]...      SECONDS: how long an answer is waited for, all at once
# Output: a line for each in their order, tab-separated, between the first and the last:
#   reach 1                 end
#   way HOST PORT OUTCOME MILLISECONDS TEXT     how long it took, empty where nobody knows; what the system said
#     OUTCOME: open | refused (nobody listens) | silent (no answer) | no-route | name-unknown | untried (it says why)
#   blind TEXT              nothing here can try, and why; then there are no other lines
# Exit codes: 0 · 74 bad arguments · 70 as in lib.sh
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

program=$(cat "${0%/*}/reach.bash")

export LC_ALL=C

main() { # SECONDS HOST PORT...
  require_number SECONDS "${1-}"
  printf 'reach\t1\n'
  if find_tool bash; then
    "$found" -c "$program" reach "$@" 2>/dev/null || true
  else
    printf 'blind\tthere is no bash\n'
  fi
  printf 'end\n'
}

main "$@"
