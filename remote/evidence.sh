#!/bin/sh
# Shows what may tell why something failed: the last lines of the logs of the present start, and how the host is now.
# Reads only.
#
# Usage: evidence.sh HOME DATA LINES [PORT...]
#   LINES    of each log, 1 to 1000
#   PORT...  ports of which to say who listens
# Output: parts headed `==> PATH <==`, then one headed `==> state <==`; no line longer than 1000 bytes, no log read
#   further back than 256 KiB, at most 50 logs. What a log says that looks like a heading is indented. The state is a line
#   for each thing, tab-separated; a line that is not there could not be looked at:
#   now EPOCH                             start EPOCH, of the present start
#   memory TOTAL AVAILABLE SWAP-FREE, in KiB
#   disk home|data|tmp PATH FREE-KIB FREE-INODES FILESYSTEM OPTIONS
#   open-files N|unlimited, the hard limit of this session
#   limits PID NAME OPEN-FILES PROCESSES LOCKED-MEMORY, soft limits of a process of ours
#   process PID UP-SECONDS NAME RESTARTS COMMAND
#   listener PORT ADDRESS PID USER COMMAND ours|foreign
#   oom-kills N, of the control groups of this session and of what runs
#   kernel TEXT, what the kernel said since the start of memory, disks and killed processes
#   pm2 VERSION                           node VERSION, of the release
# Exit codes: 0 · 74 bad HOME, DATA or LINES · 70 as in lib.sh
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source-path=SCRIPTDIR source=processes.sh
. "${0%/*}/processes.sh"
# shellcheck source-path=SCRIPTDIR source=condition.sh
. "${0%/*}/condition.sh"

export LC_ALL=C

main() { # HOME DATA LINES [PORT...]
  home=$1 data=$2 lines=$3
  require_path HOME "$home"
  require_path DATA "$data"
  case $lines in [1-9] | [1-9][0-9] | [1-9][0-9][0-9] | 1000) ;; *) fail 74 "LINES must be 1 to 1000, not '$lines'" ;; esac
  shift 3
  shown=0
  for log in "$home/run/start.out" "$home"/run/pm2/logs/* "$home/run/pm2/pm2.log" "$data"/logs/*-out-*.log "$data"/logs/*-err-*.log \
    "$home/run/balancer-start.out" "$home/run/balancer/loadbalancer.out"; do
    show "$log" end
  done
  for log in "$home"/current/lib/core/binaries/*/hs_err_pid*.log "$home"/run/hs_err_pid*.log; do
    if is_of_this_start "$log"; then show "$log" beginning; fi
  done
  printf '==> state <==\n'
  condition "$@" | bounded
}

show() { # FILE end|beginning
  if [ ! -f "$1" ] || [ ! -s "$1" ] || [ "$shown" -ge 50 ]; then return 0; fi
  shown=$((shown + 1))
  printf '==> %s <==\n' "$1"
  case $2 in
    end) tail -c 262144 "$1" 2>&1 | tail -n "$lines" | bounded ;;
    beginning) head -c 262144 "$1" 2>&1 | head -n "$lines" | bounded ;;
  esac
}

# Ends with a line end, whatever the log ends with.
bounded() {
  cut -b 1-1000 | awk '{ sub(/^==> /, " ==> "); print }'
}

is_of_this_start() { # FILE
  [ -f "$1" ] && [ -n "$(find "$1" -newer "$home/run/start.json" 2>/dev/null)" ]
}

main "$@"
