#!/bin/sh
# Starts Trueno on this host, its logs empty: those of the start before are moved to logs/, the last 5 kept.
#
# Usage: start.sh TOKEN HOME DATA KEY CLUSTER_ID KILL_TIMEOUT_MS
#   DATA             Trueno's --dir
#   KEY              this host's key in cluster.json, its -h
#   KILL_TIMEOUT_MS  how long pm2 gives a process that is to stop
# Output: the id of the start. Where just this start runs already (same release, files and boot), its id, and on
#   standard error that it runs.
# Exit codes: 0 · 74 something of ours runs, no release, no node, bad etc/environment · 70, 72, 73, 75 as in lib.sh
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source-path=SCRIPTDIR source=processes.sh
. "${0%/*}/processes.sh"
# shellcheck source-path=SCRIPTDIR source=starting.sh
. "${0%/*}/starting.sh"
# shellcheck source-path=SCRIPTDIR source=engines.sh
. "${0%/*}/engines.sh"

main() { # TOKEN HOME DATA KEY CLUSTER_ID KILL_TIMEOUT_MS
  home=$2 data=$3 key=$4 cluster=$5 part=trueno
  require_path HOME "$home"
  require_path DATA "$data"
  require_number KILL_TIMEOUT_MS "$6"
  enter start "$home" 60
  check_token "$1" "$home"
  require_ready
  start_id=$(date +%s)-$$
  make_record "$home" "$start_id" "$home/etc/cluster.json"
  stay_if_running "$(marked_part "$home" trueno)" "$home/run/start.json"
  move_logs
  forget_daemon
  printf '%s\n' "$record" | write_whole "$home/run/start.json"
  run_trueno "$6"
  printf '%s\n' "$start_id"
}

require_ready() {
  require_release "$home"
  find_node "$home"
  [ -f "$home/etc/cluster.json" ] || fail 74 "$home/etc/cluster.json is not there"
  check_environment "$home/etc/environment"
  prepare_engines "$home"
}

move_logs() {
  read_record "$home/run/start.json"
  old=$home/logs/$recorded_id
  set_aside "$old/data" "$data"/logs/*
  set_aside "$old/pm2" "$home"/run/pm2/logs/*
  set_aside "$old" "$home/run/pm2/pm2.log" "$home/run/start.out"
  keep_last 5 "$home"/logs/[0-9]*
}

# What pm2's daemon leaves behind when it is killed.
forget_daemon() {
  rm -f "$home"/run/pm2/*.sock "$home"/run/pm2/pm2.pid
}

# pm2 makes the directory of the logs while it opens the first one, and a component that loses this race never starts.
run_trueno() { # KILL_TIMEOUT_MS
  make_directory "$data/logs"
  launch "$home/run" "$home/run/start.out" "PM2_HOME=$home/run/pm2" "PM2_KILL_TIMEOUT=$1" \
    ${bash_env:+"BASH_ENV=$bash_env"} "$node" "$home/current/lib/trueno.js" start -h "$key" --cluster "$home/etc/cluster.json" --dir "$data" --forever ||
    fail 70 "trueno start exited with $?: $(tail -n 1 "$home/run/start.out")"
}

main "$@"
