#!/bin/sh
# Stops Trueno on this host: as Trueno does it where its daemon lives, then by signals to what still carries our marker,
# and proves that nothing is left. Nothing without our marker is ever signalled.
#
# Usage: stop.sh TOKEN HOME DATA CLUSTER_ID TIMEOUT_S PORT:ADDRESS...
#   TIMEOUT_S     how long the orderly way may take; 10 s more until all is killed
#   PORT:ADDRESS  must not be listened on any more; ADDRESS an IP address, or * for any
# Output: `stopped`; `nothing` where nothing of ours ran; else a line for each thing that is left, tab-separated:
#   left process PID COMMAND · left port PORT ADDRESS PID COMMAND (PID and COMMAND empty where not told)
# Exit codes: 0 · 70 something is left · 74, 75 as in lib.sh
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source-path=SCRIPTDIR source=processes.sh
. "${0%/*}/processes.sh"
# shellcheck source-path=SCRIPTDIR source=ending.sh
. "${0%/*}/ending.sh"
# shellcheck source-path=SCRIPTDIR source=starting.sh
. "${0%/*}/starting.sh"

main() { # TOKEN HOME DATA CLUSTER_ID TIMEOUT_S PORT:ADDRESS...
  home=$2 cluster=$4 part=trueno limit=$5
  require_path HOME "$home"
  require_number TIMEOUT_S "$limit"
  # Another stop may be under way, as when this is repeated after a broken link: it has all of its time.
  enter start "$home" $((limit + 30))
  check_token "$1" "$home"
  shift 5
  running=$(marked_part "$home" trueno)
  if [ -z "$running" ]; then
    note_stopped
    echo nothing
    exit 0
  fi
  # The daemon of another cluster would end all of that.
  if [ -n "$(printf '%s\n' "$running" | of_part trueno "$cluster")" ]; then
    stop_orderly || end_processes "$limit"
  fi
  prove "$@"
}

# `trueno stop` ends all that pm2's daemon runs. Where the daemon does not live it would start one, so it is not asked.
# What outlives the daemon, or the time for it, gets signals.
stop_orderly() {
  daemon_lives && [ -f "$home/current/lib/trueno.js" ] && find_node "$home" || return 1
  read_record "$home/run/start.json"
  start_id=$recorded_id
  : >"$home/run/stop.out"
  read_uptime
  until_then=$((uptime + limit)) patience=$((uptime + 2)) signalled=' '
  (flag='' launch_stop) &
  while left=$(ours) && [ -n "$left" ] && in_time && { ticks_of $! || daemon_lives; }; do
    [ "$uptime" -lt "$patience" ] || end_deaf_core
    pause 0.1
  done
  read_uptime
  rest=$((until_then - uptime))
  end_processes $((rest > 5 ? rest : 5))
}

# Trueno itself does not hear what pm2 sends it, so that pm2 waits for all of its PM2_KILL_TIMEOUT. That time is for the
# engines: once the last of them has ended, we do what pm2 would.
end_deaf_core() {
  each_once KILL "$(printf '%s\n' "$left" | awk -F '\t' '
    $8 == "Trueno-Core" { parent[$2] = $4; core[$2] = $2 " " $3 }
    $8 != "Trueno-Core" && $8 != "" { engines = 1 }
    END { if (!engines) for (pid in core) if (!(parent[pid] in core)) print core[pid] }')"
}

launch_stop() {
  launch "$home/run" "$home/run/stop.out" "PM2_HOME=$home/run/pm2" "$node" "$home/current/lib/trueno.js" stop
}

# Whether somebody listens on the daemon's socket.
daemon_lives() {
  socket=$home/run/pm2/rpc.sock awk '
    BEGIN { path = ENVIRON["socket"] }
    $4 == "00010000" && substr($0, length($0) - length(path)) == " " path { found = 1 }
    END { exit !found }' /proc/net/unix
}

prove() { # PORT:ADDRESS...
  cluster=
  left=$(left_processes; left_ports "$@")
  if [ -n "$left" ]; then
    printf '%s\n' "$left"
    fail 70 "something is left running in $home after all signals"
  fi
  note_stopped
  echo stopped
}

# Whoever looks later can tell a start that was stopped from one that has died. Where that cannot be written it is
# stopped all the same.
note_stopped() {
  read_record "$home/run/start.json"
  [ "$recorded_id" = 0 ] || { printf '%s\n' "$recorded_id" >"$home/run/stopped"; } 2>/dev/null || true
}

# Listeners of this user on these ports: ours that lost their marker, since others cannot have had them while we ran.
left_ports() { # PORT:ADDRESS...
  [ $# -gt 0 ] || return 0
  # shellcheck disable=SC2046 # lists of numbers
  sockets=$(listening $(printf '%s\n' "$@" | cut -d : -f 1) | at_addresses "$@")
  inodes=$(printf '%s\n' "$sockets" | cut -f 5)
  found=$(holders "$inodes" all)
  # shellcheck disable=SC2046
  told=$(commands $(printf '%s\n' "$found" | cut -f 3))
  printf '%s\n' "$sockets" "$found" "$told" | awk -F '\t' '
    $1 == "socket" { port[$5] = $2 "\t" $3 }
    $1 == "holder" { pid[$2] = $3 }
    $1 == "command" { command[$2] = $3 }
    END { for (inode in port) print "left\tport\t" port[inode] "\t" pid[inode] "\t" command[pid[inode]] }'
}

# Of the lines of `listening`, those of this user at one of these.
at_addresses() { # PORT:ADDRESS...
  wanted=$* awk -F '\t' -v uid="$(id -u)" '
    BEGIN { split(ENVIRON["wanted"], list, " "); for (i in list) wanted[list[i]] = 1 }
    $4 == uid && (($2 ":" $3) in wanted || ($2 ":*") in wanted)'
}

main "$@"
