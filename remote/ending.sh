#!/bin/sh
# Part of the scripts of this directory; not run by itself. Ends the processes of $home, $part and, unless it is empty,
# $cluster. After lib.sh and processes.sh.
# shellcheck disable=SC2154 # those three

ours() {
  marked_part "$home" "$part" "$cluster"
}

# Signals PID only while it is still the process that started at TICKS and carries our marker.
signal() { # NAME PID TICKS
  if is_still_ours "$2" "$3"; then kill -s "$1" "$2" 2>/dev/null || true; fi
}

is_still_ours() { # PID TICKS
  environment=$newline$({ tr '\0\n' '\n\001' <"/proc/$1/environ"; } 2>/dev/null)$newline || return 1
  carries "TRUENO_DEPLOY_HOME=$home$newline" && carries "TRUENO_DEPLOY_PART=$part$newline" &&
    carries "TRUENO_DEPLOY_CLUSTER=${cluster:+$cluster$newline}" && ticks_of "$1" && [ "$ticks" = "$2" ]
}

carries() { # TEXT
  case $environment in *"$newline$1"*) ;; *) return 1 ;; esac
}

# TERM to the parents, and to those that lose theirs; after SECONDS KILL to all that is left. Each once at least, also
# where a look at the processes takes longer than that.
end_processes() { # SECONDS
  read_uptime
  until_then=$((uptime + $1))
  signalled=' '
  while left=$(ours) && [ -n "$left" ]; do
    each_once TERM "$(printf '%s\n' "$left" | orphans)"
    pause 0.1
    in_time || break
  done
  read_uptime
  until_then=$((uptime + 10))
  while left=$(ours) && [ -n "$left" ]; do
    signalled=' '
    each_once KILL "$(printf '%s\n' "$left" | cut -f 2,3)"
    pause 0.1
    in_time || break
  done
}

in_time() {
  read_uptime
  [ "$uptime" -lt "$until_then" ]
}

each_once() { # SIGNAL "PID TICKS" LINES
  # shellcheck disable=SC2086 # a list of numbers
  set -- "$1" $2
  name=$1
  shift
  while [ $# -gt 1 ]; do
    case $signalled in *" $1-$2 "*) ;; *) signal "$name" "$1" "$2" ;; esac
    signalled="$signalled$1-$2 "
    shift 2
  done
}

# Of the lines of `marked`, pid and start ticks of those whose parent is not among them.
orphans() {
  awk -F '\t' '{ pid[NR] = $2; ticks[NR] = $3; parent[NR] = $4; here[$2] = 1 }
    END { for (i = 1; i <= NR; i++) if (!(parent[i] in here)) print pid[i], ticks[i] }'
}

# Prints what is left of ours: left, process, pid, command.
left_processes() {
  left=$(ours)
  # shellcheck disable=SC2046 # a list of numbers
  told=$(commands $(printf '%s\n' "$left" | cut -f 2))
  printf '%s\n' "$told" "$left" | awk -F '\t' '
    $1 == "command" { command[$2] = $3 }
    $1 == "marked" { print "left\tprocess\t" $2 "\t" command[$2] }'
}
