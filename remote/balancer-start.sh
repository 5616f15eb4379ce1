#!/bin/sh
# Starts Trueno's balancer with HOME/etc/balancer.json, its log empty: the one before is moved to logs/.
#
# Usage: balancer-start.sh TOKEN HOME CLUSTER_ID
# Output: the id of the start; the same, said on standard error, where just this one runs already.
# Exit codes: 0 · 74 another balancer of ours runs, no release, no node, no balancer.json · 70, 72, 73, 75 as in lib.sh
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source-path=SCRIPTDIR source=processes.sh
. "${0%/*}/processes.sh"
# shellcheck source-path=SCRIPTDIR source=starting.sh
. "${0%/*}/starting.sh"

main() { # TOKEN HOME CLUSTER_ID
  home=$2 cluster=$3 part=balancer
  require_path HOME "$home"
  enter balancer "$home" 30
  check_token "$1" "$home"
  require_ready
  start_id=$(date +%s)-$$
  make_record "$home" "$start_id" "$home/etc/balancer.json"
  stay_if_running "$(marked_part "$home" balancer)" "$home/run/balancer-start.json"
  move_logs
  printf '%s\n' "$record" | write_whole "$home/run/balancer-start.json"
  run_balancer
  printf '%s\n' "$start_id"
}

require_ready() {
  require_release "$home"
  find_node "$home"
  [ -f "$home/etc/balancer.json" ] || fail 74 "$home/etc/balancer.json is not there"
  check_environment "$home/etc/environment"
}

move_logs() {
  read_record "$home/run/balancer-start.json"
  set_aside "$home/logs/balancer-$recorded_id" "$home/run/balancer/loadbalancer.out" "$home/run/balancer-start.out"
  keep_last 5 "$home"/logs/balancer-*
}

# The balancer's daemon keeps its state in $HOME and its log where it was started.
run_balancer() {
  make_directory "$home/run/balancer"
  launch "$home/run/balancer" "$home/run/balancer-start.out" "HOME=$home/run/balancer" \
    "$node" "$home/current/lib/trueno.js" balancer --start "$home/etc/balancer.json" ||
    fail 70 "trueno balancer exited with $?: $(tail -n 1 "$home/run/balancer-start.out")"
}

main "$@"
