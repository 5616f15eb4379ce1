# Tries TCP connections with nothing but bash: all at once, each in a process of its own, since nothing else ends the
# wait of one that gets no answer. Each is closed at once, and nothing is sent.
# usage: bash -c PROGRAM NAME SECONDS HOST PORT [HOST PORT]...
# Output: the lines `way` of reach.sh
# shellcheck shell=bash
main() { # SECONDS HOST PORT...
  local limit=$1 index pipe hosts=() ports=() pipes=()
  shift
  while [ $# -ge 2 ]; do
    pipe=
    exec {pipe}< <(attempt "$1" "$2" 2>&1)
    hosts+=("$1") ports+=("$2") pipes+=("$pipe")
    shift 2
  done
  SECONDS=0
  for index in "${!hosts[@]}"; do
    hear "${pipes[index]}"
    judge
    printf 'way\t%s\t%s\t%s\t%s\t%s\n' "${hosts[index]}" "${ports[index]}" "$outcome" "$took" "$text"
  done
}

# What bash says of an error stands between its own lines. Whoever has to wait for a processor seems far away: so twice.
attempt() { # HOST PORT
  TIMEFORMAT='took %3R'
  echo "pid $BASHPID"
  time : 3<>"/dev/tcp/$1/$2"
  time : 3<>"/dev/tcp/$1/$2"
  echo "ended $?"
}

# Sets $pid, $ended, $took (the shorter time, in milliseconds) and $text (what the system said first).
hear() { # PIPE; $limit is known
  local line left
  pid='' ended='' took='' text=''
  [ -n "$1" ] || return 0
  while left=$((limit - SECONDS)) && { [ "$left" -gt 0 ] || left=0.01; } && IFS= read -r -t "$left" -u "$1" line; do
    case $line in
      'pid '*) pid=${line#pid } ;;
      'took '*) shorter "${line#took }" ;;
      'ended '*) ended=${line#ended } ;;
      *) text=${text:-${line##*: }} ;;
    esac
  done
}

shorter() { # SECONDS with three decimals
  local ms=$((10#${1%.*} * 1000 + 10#${1#*.}))
  if [ -z "$took" ] || [ "$ms" -lt "$took" ]; then took=$ms; fi
}

# Sets $outcome, and ends who still waits.
judge() {
  outcome=untried
  if [ -z "$ended" ]; then
    kill -KILL "$pid" 2>/dev/null && outcome=silent took='' text=''
    [ "$outcome" = silent ] || text='no process could be started for it in time'
  elif [ "$ended" = 0 ]; then
    outcome=open text=''
  else
    case $text in
      *'Connection refused') outcome=refused text='' ;;
      *'timed out') outcome=silent ;;
      *'not known' | *'name resolution' | *'not resolve' | *'No address'*) outcome=name-unknown ;;
      *'No route to host' | *unreachable | *denied | *'not permitted' | *'Invalid argument' | *'assign requested'*)
        outcome=no-route
        ;;
      *'No such file'*) text='the bash there makes no connections' ;;
    esac
  fi
  case $outcome in open | refused) ;; *) took='' ;; esac
}

main "$@"
