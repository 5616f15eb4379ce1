#!/bin/sh
# Shared by the scripts of this directory; not run by itself. Each of them sources it in one line, which the loader
# replaces by this text before it sends the script.
#
# POSIX sh: dash, bash and busybox. Tools: coreutils or busybox, awk, grep, tar, gzip.
#
# Exit codes of all scripts; the reason is one line on standard error:
#   0 ok · 70 unexpected · 71 hash mismatch · 72 no space left · 73 cannot write · 74 precondition not met · 75 stale token
# shellcheck disable=SC2034,SC2154 # variables shared with the scripts
set -eu
umask 077

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
  case $status in 0 | 7[0-5]) exit "$status" ;; *) exit 70 ;; esac
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
    case $rest in /*) if [ -f "${rest%%:*}/$1" ] && [ -x "${rest%%:*}/$1" ]; then found=${rest%%:*}/$1; return; fi ;; esac
    rest=${rest#*:}
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
  deadline=$(($(date +%s) + $3))
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
  [ "$(date +%s)" -le "$deadline" ] || fail 74 "another '${flags##*.}' is under way on this host (pid ${rival:-gone})"
  pause 0.05
}

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

# --- processes ---------------------------------------------------------------------------------------------------

# Sets $ticks to the start time of a process in clock ticks: field 22 of its stat, where field 2 may hold anything.
ticks_of() { # PID
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # shellcheck disable=SC2086 # a list of numbers
  set -- ${stat##*) }
  [ "${1-Z}" != Z ] || return 1
  ticks=${20}
}

# Prints the processes that carry our marker with this HOME, a line each, tab-separated:
# marked, pid, start ticks, parent pid, cluster id, part, start id, pm2 name, pm2 id, pm2 restarts.
marked() { # HOME
  home_of_marked=$1
  candidates=$(marker_candidates "$1")
  set --
  for candidate in $candidates; do
    [ ! -e "$candidate" ] || set -- "$@" "$candidate"
  done
  [ $# -gt 0 ] || return 0
  { head -c 2097152 /dev/null "$@" 2>/dev/null || true; } | tr '\0\n' '\n\001' |
    marked_home=$home_of_marked LC_ALL=C awk "$read_environments"
}

# One grep looks into all environments. If it cannot see behind a NUL it misses its own, and then all are candidates.
marker_candidates() { # HOME
  seen=$(env -i _=_ PATH="$PATH" LC_ALL=C TRUENO_DEPLOY_PROBE=1 \
    grep -lsF -e "TRUENO_DEPLOY_HOME=$1" -e TRUENO_DEPLOY_PROBE=1 /proc/self/environ /proc/[0-9]*/environ) || true
  case $seen in
    /proc/self/environ*) printf '%s' "${seen#/proc/self/environ}" ;;
    *) printf '%s ' /proc/[0-9]*/environ ;;
  esac
}

# Reads what `head FILE FILE...` prints of environments, one variable per record, line breaks being \001.
# shellcheck disable=SC2016 # awk
read_environments='
  BEGIN { OFS = "\t"; home = ENVIRON["marked_home"]; header = "\001==> /proc/[0-9]+/environ <==\001" }
  {
    while (match($0, header)) {
      variable(substr($0, 1, RSTART - 1))
      process()
      split(substr($0, RSTART, RLENGTH), path, "/")
      pid = path[3]
      $0 = substr($0, RSTART + RLENGTH)
    }
    variable($0)
  }
  END { process() }

  function variable(text,  at) {
    if (text !~ /^(TRUENO_DEPLOY_[A-Z]+|name|pm_id|restart_time)=/) return
    at = index(text, "=")
    value[substr(text, 1, at - 1)] = substr(text, at + 1)
  }
  function process() {
    if (pid != "" && is_ours() && is_alive())
      print "marked", pid, ticks, parent, clean("TRUENO_DEPLOY_CLUSTER"), value["TRUENO_DEPLOY_PART"], clean("TRUENO_DEPLOY_START"), clean("name"), clean("pm_id"), clean("restart_time")
    split("", value)
  }
  function is_ours() {
    return value["TRUENO_DEPLOY_HOME"] == home && value["TRUENO_DEPLOY_CLUSTER"] != "" && value["TRUENO_DEPLOY_PART"] ~ /^(trueno|balancer)$/
  }
  function clean(name) { gsub(/[\001\t]/, " ", value[name]); return value[name] }
  function is_alive(  file, line, stat, field) {
    file = "/proc/" pid "/stat"
    while ((getline line < file) > 0) stat = stat line " "
    close(file)
    sub(/^.*\) /, "", stat)
    split(stat, field, " ")
    parent = field[2]
    ticks = field[20]
    return ticks != "" && field[1] != "Z" && field[1] != "X"
  }
'

# Of the lines of `marked`, those of one part and, when it is given, one cluster.
of_part() { # PART [CLUSTER-ID]
  awk -F '\t' -v part="$1" -v cluster="${2-}" '$6 == part && (cluster == "" || $5 == cluster)'
}

# Prints the listening TCP sockets on these ports, tab-separated: socket, port, address (* for any), uid, inode.
listening() { # PORT...
  ! any_listens "$@" || listening_ports="$*" LC_ALL=C awk "$read_sockets"
}

# Whether it is worth looking: ss has the kernel list listeners alone, /proc/net/tcp makes it walk all connections.
any_listens() { # PORT...
  [ $# -gt 0 ] || return 1
  { find_tool ss && listeners=$(ss -ltn 2>/dev/null); } || return 0
  for port in "$@"; do
    case $listeners in *":$port "*) return 0 ;; esac
  done
  return 1
}

# shellcheck disable=SC2016 # awk
read_sockets='
  BEGIN {
    OFS = "\t"
    split(ENVIRON["listening_ports"], list, " ")
    for (i in list) wanted[list[i] + 0] = 1
    read("/proc/net/tcp")
    read("/proc/net/tcp6")
  }

  function read(file,  line, field, at) {
    while ((getline line < file) > 0) {
      if (line !~ / 0A /) continue
      split(line, field, " ")
      at = index(field[2], ":")
      if (field[4] == "0A" && number(substr(field[2], at + 1)) in wanted)
        print "socket", number(substr(field[2], at + 1)), address(substr(field[2], 1, at - 1)), field[8], field[10]
    }
    close(file)
  }
  function number(hex,  i, sum) {
    for (i = 1; i <= length(hex); i++) sum = sum * 16 + index("0123456789ABCDEF", substr(hex, i, 1)) - 1
    return sum
  }
  function address(hex,  big, i) {
    for (i = 1; i <= length(hex); i += 8) big = big swapped(substr(hex, i, 8))
    if (big ~ /^0+$/ || big ~ /^0+FFFF0+$/) return "*"
    if (length(big) == 8) return dotted(big)
    return big ~ /^00000000000000000000FFFF/ ? dotted(substr(big, 25)) : grouped(big)
  }
  function swapped(word) { return substr(word, 7, 2) substr(word, 5, 2) substr(word, 3, 2) substr(word, 1, 2) }
  function dotted(hex) {
    return number(substr(hex, 1, 2)) "." number(substr(hex, 3, 2)) "." number(substr(hex, 5, 2)) "." number(substr(hex, 7, 2))
  }
  function grouped(hex,  i, group, text, run, at) {
    for (i = 1; i <= 32; i += 4) {
      group = tolower(substr(hex, i, 4))
      sub(/^0+/, "", group)
      text = text ":" (group == "" ? "0" : group)
    }
    for (run = ":0:0:0:0:0:0:0"; length(run) >= 4; run = substr(run, 3))
      if (at = index(text ":", run ":")) {
        text = substr(text, 1, at - 1) "::" substr(text, at + length(run) + 1)
        break
      }
    return text ~ /^::/ ? text : substr(text, 2)
  }
'

# Prints who holds these sockets: holder, inode, pid. PIDS are those to look at; `all` looks at every process.
holders() { # "INODE..." "PID..."|all
  [ -n "$1" ] && [ -n "$2" ] || return 0
  # shellcheck disable=SC2086 # a list of numbers
  if [ "$2" = all ]; then directories=$(echo /proc/[0-9]*/fd); else directories=$(printf '/proc/%s/fd ' $2); fi
  # shellcheck disable=SC2086 # a list of paths in /proc; the first makes ls head each directory
  { ls -ln /dev/null $directories 2>/dev/null || true; } | inodes=$1 LC_ALL=C awk '
    BEGIN { OFS = "\t"; split(ENVIRON["inodes"], list, " "); for (i in list) wanted[list[i]] = 1 }
    /^\/proc\/[0-9]+\/fd:$/ { split($0, path, "/") }
    match($0, / -> socket:\[[0-9]+\]$/) {
      inode = substr($0, RSTART + 12, RLENGTH - 13)
      if (inode in wanted) print "holder", inode, path[3]
    }'
}

# Prints the beginning of the command lines of these processes: command, pid, text.
commands() { # PID...
  [ $# -gt 0 ] || return 0
  files=$(printf '/proc/%s/cmdline ' "$@")
  # shellcheck disable=SC2086 # a list of paths in /proc; the first makes head print headers
  { head -c 300 /dev/null $files 2>/dev/null || true; } | tr '\0\t' '  ' | LC_ALL=C awk '
    function told() { sub(/ +$/, "", text); if (pid != "" && text != "") print "command\t" pid "\t" text; text = "" }
    /^==> \/proc\/[0-9]+\/cmdline <==$/ { told(); split($0, path, "/"); pid = path[3]; next }
    { text = text $0 " " }
    END { told() }'
}

# --- ending processes --------------------------------------------------------------------------------------------
# These act on the processes of $home, $part and, unless it is empty, $cluster.

ours() {
  marked "$home" | of_part "$part" "$cluster"
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

wait_until_gone() { # SECONDS
  until_then=$(($(date +%s) + $1))
  while [ -n "$(ours)" ]; do
    [ "$(date +%s)" -lt "$until_then" ] || return 1
    pause 0.1
  done
}

# TERM to the parents, and to those that lose theirs; after SECONDS KILL to all that is left.
end_processes() { # SECONDS
  until_then=$(($(date +%s) + $1))
  signalled=' '
  while left=$(ours) && [ -n "$left" ] && [ "$(date +%s)" -lt "$until_then" ]; do
    each_once TERM "$(printf '%s\n' "$left" | orphans)"
    pause 0.1
  done
  until_then=$(($(date +%s) + 5))
  while left=$(ours) && [ -n "$left" ] && [ "$(date +%s)" -lt "$until_then" ]; do
    signalled=' '
    each_once KILL "$(printf '%s\n' "$left" | cut -f 2,3)"
    pause 0.1
  done
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
  # shellcheck disable=SC2046 # a list of numbers
  commands $(ours | cut -f 2) | sed 's/^command/left	process/'
}

# --- starting ----------------------------------------------------------------------------------------------------

# Sets $node: the release's own, else the one on PATH.
find_node() { # HOME
  node=$1/current/runtime/node/bin/node
  [ -x "$node" ] || { find_tool node && node=$found; }
}

require_release() { # HOME
  [ -f "$1/current/lib/trueno.js" ] || fail 74 "no release is active: $1/current/lib/trueno.js is not there"
  find_node "$1" || fail 74 "no node: neither in the release ($node) nor on PATH ($PATH)"
}

# Sets $record, the start record of START-ID for a start with this FILE, as one line of JSON.
make_record() { # HOME START-ID FILE
  release=$(readlink "$1/current")
  read -r boot_id </proc/sys/kernel/random/boot_id
  hash_of "$3"
  file_hash=$hash
  hash_of "$1/etc/environment"
  basis="\"bootId\":\"$boot_id\",\"release\":\"${release##*/}\",\"clusterFile\":\"$file_hash\",\"environment\":\"$hash\"}"
  record="{\"id\":\"$2\",\"time\":${2%%-*},$basis"
}

hash_of() { # FILE; sets $hash, that of nothing when there is no such file
  if [ -e "$1" ]; then hash=$(sha256sum <"$1"); else hash=$(sha256sum </dev/null); fi
  hash=${hash%% *}
}

# Sets $recorded to the content of a start record and $recorded_id to its id, 0 when there is none.
read_record() { # FILE
  recorded=
  if [ -e "$1" ]; then read -r recorded <"$1" || true; fi
  recorded_id=${recorded#'{"id":"'}
  recorded_id=${recorded_id%%'"'*}
  case $recorded_id in '' | *[!0-9-]*) recorded_id=0 ;; esac
}

# Whether what runs (LINES of `marked`) is just what would be started now: then the script is a repetition after a
# broken link, and ends well. Anything else that runs is not to be started a second time.
stay_if_running() { # LINES RECORD-FILE
  [ -n "$1" ] || return 0
  read_record "$2"
  others=$(printf '%s\n' "$1" | awk -F '\t' -v cluster="$cluster" -v start="$recorded_id" '$5 != cluster || $7 != start')
  case $recorded in *"$basis") ;; *) others=$1 ;; esac
  [ -z "$others" ] || fail 74 "$(printf '%s\n' "$others" | wc -l) processes of another start run already in $home"
  printf '%s\n' "$recorded_id"
  printf 'start %s runs already\n' "$recorded_id" >&2
  exit 0
}

# Moves files out of the way of a new start.
set_aside() { # DIRECTORY FILE...
  aside=$1
  shift
  for file in "$@"; do
    if [ -e "$file" ]; then
      make_directory "$aside"
      must "move $file to $aside" mv -f "$file" "$aside/"
    fi
  done
}

# Removes all but the last COUNT of these directories.
keep_last() { # COUNT DIRECTORY...
  count=$1
  shift
  while [ $# -gt "$count" ]; do
    must 'remove old logs' rm -rf "$1"
    shift
  done
}

# Each line of etc/environment is NAME=value. A line that is not is told by its number: it may hold anything.
check_environment() { # FILE
  [ -e "$1" ] || return 0
  number=0
  while IFS= read -r line || [ -n "$line" ]; do
    number=$((number + 1))
    case $line in
      '') ;;
      *=*) is_name "${line%%=*}" || fail 74 "$1, line $number: not a name before the '='" ;;
      *) fail 74 "$1, line $number: not NAME=value" ;;
    esac
  done <"$1"
}

is_name() { # TEXT
  case $1 in '' | [0-9]* | *[!A-Za-z0-9_]*) return 1 ;; esac
}

# Runs a command of $cluster, $home, $part and $start_id: with our marker, the lines of etc/environment taken as they
# are, $node first on PATH, and nothing of the channel this script came through. The flag goes down as soon as the
# marker is up: no gap in which a second start sees neither. In a subshell, never with `&`, which would have all that
# is started here ignore interrupts.
launch() ( # DIRECTORY OUTPUT NAME=VALUE... COMMAND ARGUMENT...
  cd "$1" && exec </dev/null >>"$2" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- || exit 73
  shift 2
  # shellcheck disable=SC2016 # expanded by that shell
  set -- "TRUENO_DEPLOY_CLUSTER=$cluster" "TRUENO_DEPLOY_HOME=$home" "TRUENO_DEPLOY_PART=$part" \
    "TRUENO_DEPLOY_START=$start_id" sh -c 'rm -f "$0"; exec env "$@"' "$flag" "$@"
  path=$PATH
  if [ -e "$home/etc/environment" ]; then
    while IFS= read -r line || [ -n "$line" ]; do
      case $line in '') ;; PATH=*) path=${line#PATH=} ;; *) set -- "$line" "$@" ;; esac
    done <"$home/etc/environment"
  fi
  unset SSH_AUTH_SOCK SSH_CLIENT SSH_CONNECTION SSH_TTY
  exec env "PATH=${node%/*}:$path" "$@"
)
