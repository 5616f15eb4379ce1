#!/bin/sh
# Shared by the scripts of this directory; not run by itself. Each of them sources it, and other parts that it needs,
# in lines that the loader replaces by their text before it sends the script.
#
# POSIX sh: dash, bash and busybox. Tools: coreutils or busybox, awk, grep, tar, gzip.
#
# Exit codes of all scripts; the reason is one line on standard error:
#   0 ok · 70 unexpected · 71 hash mismatch · 72 no space left · 73 cannot write · 74 precondition not met ·
#   75 stale token · 76 another host did not do its part
# shellcheck disable=SC2034,SC2154 # variables shared with the scripts
set -eu
umask 077

# A session may come without HOME: then it is what the system says of the user.
if [ -z "${HOME-}" ]; then
  HOME=$(id -un 2>/dev/null) || HOME=
  case $HOME in '' | *[!A-Za-z0-9._-]*) ;; *) eval "HOME=~$HOME" ;; esac
  case $HOME in /*) export HOME ;; *) unset HOME ;; esac
fi

newline='
'

fail() { # CODE MESSAGE
  printf '%s\n' "$2" >&2
  exit "$1"
}

# Redefined by scripts that make something temporary.
cleanup() { :; }

finish() {
  status=$?
  trap - EXIT
  [ -z "${flag-}" ] || rm -f "$flag"
  cleanup
  case $status in 0 | 7[0-6]) exit "$status" ;; *) exit 70 ;; esac
}
trap finish EXIT
trap 'exit 70' HUP INT PIPE TERM

# Runs a command that changes something. Its failure becomes one line and the right exit code.
must() { # WHAT COMMAND...
  what=$1
  shift
  problem=$("$@" 2>&1 >/dev/null) || blame "$what" "$problem"
}

blame() { # WHAT PROBLEM
  problem=${2##*"$newline"}
  case $2 in
    *'No space left'* | *'uota exceeded'*) out_of_space "$1" "$problem" ;;
    *denied* | *'ead-only file system'* | *'not permitted'* | *'ot a directory'* | *'s a directory'* | *'File exists'*)
      fail 73 "cannot $1: $problem"
      ;;
    *) fail 70 "could not $1: $problem" ;;
  esac
}

# Redefined by scripts that know how much is needed.
out_of_space() { # WHAT PROBLEM
  fail 72 "no space left to $1: $2"
}

make_directory() { # PATH
  [ -d "$1" ] || must "make the directory $1" mkdir -p "$1"
}

# Standard input becomes FILE, whole or not at all.
write_whole() { # FILE
  must "write $1" store_beside "$1"
}

store_beside() { # FILE
  { cat >"$1.new-$$" && mv -f "$1.new-$$" "$1"; } || { rm -f "$1.new-$$"; return 1; }
}

# Removes what scripts that died left behind: PREFIX followed by the pid of its maker.
remove_leftovers() { # PREFIX
  for leftover in "$1"*; do
    [ -d "/proc/${leftover##*-}" ] || rm -rf "$leftover" || true
  done
}

pause() { # SECONDS
  sleep "$1" 2>/dev/null || sleep 1
}

# Sets $uptime, whole seconds since the machine began: a clock that nobody sets.
read_uptime() {
  read -r uptime _ </proc/uptime
  uptime=${uptime%%.*}
}

# --- arguments ---------------------------------------------------------------------------------------------------

is_number() { # TEXT
  case $1 in '' | *[!0-9]*) return 1 ;; esac
}

is_hash() { # TEXT
  case $1 in *[!0-9a-f]*) return 1 ;; esac
  [ ${#1} -eq 64 ]
}

require_number() { # NAME VALUE
  is_number "$2" || fail 74 "$1 must be a number, not '$2'"
}

require_hash() { # NAME VALUE
  is_hash "$2" || fail 74 "$1 must be 64 hexadecimal digits, not '$2'"
}

# Paths go into lines, patterns and JSON.
require_path() { # NAME PATH
  case $2 in
    *[[:cntrl:]]*) fail 74 "$1 must not contain control characters" ;;
    /?*) ;;
    *) fail 74 "$1 must be an absolute path, not '$2'" ;;
  esac
}

require_inside() { # NAME RELATIVE-PATH
  case /$2/ in
    *[[:cntrl:]]* | */../* | */./* | *//*) fail 74 "$1 must be a relative path without '..', not '$2'" ;;
  esac
}

# Sets $found to the absolute path of a tool; without a fork, and never an alias, a builtin or something relative.
find_tool() { # NAME
  found=
  rest=$PATH:
  while [ -n "$rest" ]; do
    directory=${rest%%:*}
    rest=${rest#*:}
    case $directory in /*) ;; *) continue ;; esac
    if [ -f "$directory/$1" ] && [ -x "$directory/$1" ]; then found=$directory/$1 && return; fi
  done
  return 1
}

# --- lease token -------------------------------------------------------------------------------------------------

# Refuses (75) a token lower than one this host has seen, and remembers a higher one. run/token is only ever appended
# to and its highest line counts: of two writers at once none can lower it.
check_token() { # TOKEN HOME
  require_number 'the lease token' "$1"
  require_path HOME "$2"
  make_directory "$2/run"
  highest_token "$2"
  if [ "$1" -gt "$highest" ]; then remember_token "$1" "$2"; fi
  [ "$1" -ge "$highest" ] || fail 75 "somebody else holds the lease: token $1 is stale, this host has seen $highest"
}

highest_token() { # HOME; sets $highest
  highest=0
  [ -e "$1/run/token" ] || return 0
  while read -r seen || [ -n "$seen" ]; do
    if is_number "$seen" && [ "$seen" -gt "$highest" ]; then highest=$seen; fi
  done <"$1/run/token"
}

remember_token() { # TOKEN HOME
  must "record the lease token in $2/run" append_line "$1" "$2/run/token"
  highest_token "$2"
}

# The line break comes first as well, so that a line that a full disk cut short is never continued.
append_line() { # TEXT FILE
  printf '\n%s\n' "$1" >>"$2"
}

# --- one at a time -----------------------------------------------------------------------------------------------

# From here to its end this script is the only one of this host that is past `enter NAME`. Each raises a flag of its
# own and goes on when it then sees no other: of two at once, one at least sees the other. A flag names its process,
# so it dies with it.
enter() { # NAME HOME SECONDS
  make_directory "$2/run"
  flags=$2/run/.$1
  ticks_of $$
  mine=$flags-$$-$ticks
  read_uptime
  deadline=$((uptime + $3))
  until alone && raise_flag && wait_raised; do
    lower_flag
    wait_for_rival
  done
}

raise_flag() {
  flag=$mine
  must "write $flag" touch "$flag"
}

lower_flag() {
  rm -f "$mine"
  flag=
}

# Of several flags that are up, the one with the lowest pid stays up and waits; the others give way.
wait_raised() {
  until alone; do
    [ "$rival" -gt $$ ] || return 1
    wait_for_rival
  done
}

wait_for_rival() {
  read_uptime
  [ "$uptime" -le "$deadline" ] || fail 74 "another '${flags##*.}' is under way on this host (pid ${rival:-gone})"
  [ -z "$rival" ] || while_waiting "$rival"
  pause 0.05
}

# Redefined by scripts that know when the one they wait for is stuck.
while_waiting() { :; } # PID

# Whether nobody else's flag is up; sets $rival to the lowest pid of those. Flags of the dead are taken down.
alone() {
  rival=
  for other in "$flags"-*; do
    if [ ! -e "$other" ] || [ "$other" = "$mine" ]; then continue; fi
    owner=${other#"$flags"-}
    if ! { ticks_of "${owner%-*}" && [ "$ticks" = "${owner#*-}" ]; }; then
      rm -f "$other"
    elif [ -z "$rival" ] || [ "${owner%-*}" -lt "$rival" ]; then
      rival=${owner%-*}
    fi
  done
  [ -z "$rival" ]
}

# Sets $ticks to the start time of a process in clock ticks: field 22 of its stat, where field 2 may hold anything.
ticks_of() { # PID
  stat=
  # A name may have line breaks in it; what is wanted stands in the last line.
  { while read -r line; do stat=$line; done <"/proc/$1/stat"; } 2>/dev/null || return 1
  # shellcheck disable=SC2086 # a list of numbers
  set -- ${stat##*) }
  [ "${1-Z}" != Z ] || return 1
  ticks=${20}
}
