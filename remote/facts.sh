#!/bin/sh
# Says what this host is and what it has. Reads only; writes nothing anywhere, starts nothing that stays.
#
# Usage: facts.sh HOME DATA KEY [PORT|java=PATH|name=NAME|hostname|others]...
#   HOME, DATA  absolute, or beginning with ~/ for the home directory of whoever runs this
#   KEY         this host's key in cluster.json
#   PORT        one of which to say who listens
#   java=PATH   the only JAVA_HOME that counts; else that of the session, or of the java on PATH
#   name=NAME   one of which to say what addresses it has here; hostname: the host's own
#   others      say which other users keep this host, where nothing is in HOME
# Output: a line for each fact, tab-separated, in any order between the first and the last; an empty field, or no line,
#   where a thing is not there:
#   facts 1                           end
#   user NAME UID                     hostname NAME        os NAME        arch NAME       libc glibc|musl|unknown
#   boot ID                           cpus N               clock EPOCH    memory KIB AVAILABLE-KIB
#   map-count N                       memory-limit KIB, of the container                 huge-pages always|madvise|never
#   swap KIB                          limit open-files|threads|address-space|locked-memory N|unlimited, hard, of this session
#   session USER kills|leaves|unknown: what logind does at its end with what still runs; no line without logind
#   home|data PATH exists|missing writable|unwritable|obstructed DEVICE:INODE[/MISSING] FREE-KIB SIZE-KIB FREE-FILES FILESYSTEM FLAGS
#     FLAGS: of ro,noexec those that it is mounted with
#   local IP..., its IPv4 addresses but loopback; no line where they cannot be told
#   temporary noexec                  unseen listeners     name NAME IP, without IP where it is not found
#   arrived KIB, of artifacts that are not whole yet; no line where there are none
#   tool NAME PATH                    node VERSION         java-home PATH                 java-version TEXT
#   address IP                        current ID           artifact SHA256 KIB
#   release ID, the one that became current last comes first                 part RELEASE-ID SHA256 TO
#   hash cluster|environment|engines|balancer|receipt SHA256       token N
#   receipt-of USER PATH, of another user's HOME that names this key, or cannot be read
#   receipt JSON                      start JSON           balancer-start JSON            lease SILENT-SECONDS JSON
#   stopped ID, of the start that was stopped last
#   exits NAME N, as the beginning of the log of pm2 says
#   process PID TICKS UP-SECONDS CLUSTER PART START NAME RESTARTS COMMAND
#   listener PORT ADDRESS PID USER COMMAND
# Exit codes: 0 · 74 bad HOME, DATA or session · 70 as in lib.sh
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source-path=SCRIPTDIR source=processes.sh
. "${0%/*}/processes.sh"
# shellcheck source-path=SCRIPTDIR source=running.sh
. "${0%/*}/running.sh"
# shellcheck source-path=SCRIPTDIR source=machine.sh
. "${0%/*}/machine.sh"

export LC_ALL=C

main() { # HOME DATA KEY PORT...
  resolve HOME "$1"
  home=$resolved
  resolve DATA "$2"
  data=$resolved key=$3 wanted_home=$1
  shift 3
  wanted "$@"
  now=$(date +%s)
  printf 'facts\t1\n'
  # What takes longer goes beside the rest; each line is one write, so that lines never mix.
  node_version &
  java &
  addresses
  # shellcheck disable=SC2086 # a list of numbers
  told=$(tell $ports)
  wait
  printf '%s\n' "$told"
  look_up_others
  printf 'end\n'
}

# Sets $ports, $java_wanted, $names and $others to what is asked for, the names with a space around each.
wanted() { # ARGUMENT...
  ports='' java_wanted='' names=' ' others=
  for argument in "$@"; do
    case $argument in
      others) others=yes ;;
      java=*) java_wanted=${argument#java=} ;;
      name=*) ! is_name "${argument#name=}" || names="$names${argument#name=} " ;;
      hostname)
        read -r hostname </proc/sys/kernel/hostname || continue
        ! is_name "$hostname" || names="$names$hostname "
        ;;
      *) ports="$ports $argument" ;;
    esac
  done
}

is_name() { # TEXT
  case $1 in '' | -* | *[!A-Za-z0-9._-]*) return 1 ;; esac
}

resolve() { # NAME PATH
  case $2 in
    \~ | \~/*)
      [ -n "${HOME-}" ] || fail 74 "$1 is below ~, and this session has no HOME"
      resolved=$HOME${2#\~}
      ;;
    *) resolved=$2 ;;
  esac
  while [ "${resolved%/}" != "$resolved" ] && [ "$resolved" != / ]; do resolved=${resolved%/}; done
  require_path "$1" "$resolved"
}

node_version() {
  find_tool node || return 0
  version=$("$found" --version 2>/dev/null </dev/null) || return 0
  printf 'node\t%s\n' "${version#v}"
}

# The JAVA_HOME that is wanted, or that of the session, else that of the java on PATH. Its `release` file tells the
# version without starting it.
java() {
  java_home=${java_wanted:-${JAVA_HOME-}}
  if [ -z "$java_home" ] || [ ! -x "$java_home/bin/java" ]; then
    { [ -z "$java_wanted" ] && find_tool java; } || return 0
    java_home=$(readlink -f "$found")
    java_home=${java_home%/bin/java}
  fi
  java_release "$java_home/release" || java_release "$java_home/../release" || version=$(java_itself) || version=
  printf 'java-home\t%s\njava-version\t%s\n' "$java_home" "$version"
}

java_release() { # FILE; sets $version
  [ -r "$1" ] || return 1
  while read -r line; do
    case $line in JAVA_VERSION=*) version="java version ${line#*=}" && return ;; esac
  done <"$1"
  return 1
}

java_itself() {
  "$java_home/bin/java" -version 2>&1 </dev/null | grep -m 1 ' version '
}

# Addresses that our own key means here. A literal needs no look-up, and none is made for it.
addresses() {
  case $key in
    *:*) printf 'address\t%s\n' "$key" ;;
    *[!0-9.]*) look_up "$key" | address_lines address & ;;
    *.*.*.*) printf 'address\t%s\n' "$key" ;;
    *) look_up "$key" | address_lines address & ;;
  esac
}

look_up() { # NAME
  if ! find_tool getent; then
    awk -v key="$1" '{ sub(/#.*/, ""); for (i = 2; i <= NF; i++) if ($i == key) print $1 }' /etc/hosts
  elif find_tool timeout; then
    timeout 5 getent ahosts "$1" || { [ $? -ne 124 ] || echo unknown; }
  else
    getent ahosts "$1" || true
  fi
}

# A look-up that took too long says nothing of whether there are any.
address_lines() { # BEGINNING-OF-LINE
  awk -v name="$1" '
    $1 != "unknown" && !told[$1]++ { lines = lines name "\t" $1 "\n" }
    END { if (lines == "" && $1 != "unknown" && name ~ /^name/) lines = name "\t\n"; printf "%s", lines }'
}

# The names that /etc/hosts has are told by then. Of the others no more than 16 at once, and none once it gets late.
# Without getent nobody knows whether a name server has them.
look_up_others() {
  find_tool getent || return 0
  asked=0
  read_uptime
  late=$((uptime + 5))
  for name in $names; do
    case $newline$told in *"${newline}name	$name	"*) continue ;; esac
    look_up "$name" | address_lines "name	$name" &
    asked=$((asked + 1))
    [ $((asked % 16)) -ne 0 ] || { wait && read_uptime && [ "$uptime" -lt "$late" ]; } || break
  done
  wait
}

tell() { # PORT...
  user_id
  printf 'arch\t%s\nclock\t%s\n' "$(uname -m)" "$now"
  machine_places_and_records
  tools
  stored
  hashes
  [ -z "$others" ] || others
  [ -r /proc/net/tcp ] || [ -r /proc/net/tcp6 ] || printf 'unseen\tlisteners\n'
  processes_and_listeners "$@"
}

user_id() { # sets $uid
  while read -r name uid rest; do
    [ "$name" != Uid: ] || break
  done </proc/self/status
}

tools() {
  for tool in bash tar gzip sha256sum node java; do
    if find_tool "$tool"; then printf 'tool\t%s\t%s\n' "$tool" "$found"; fi
  done
}

stored() {
  if [ -L "$home/current" ]; then
    target=$(readlink "$home/current")
    if is_hash "${target##*/}"; then printf 'current\t%s\n' "${target##*/}"; fi
  fi
  releases
  for path in "$home"/artifacts/*; do
    if is_hash "${path##*/}"; then artifact "$path"; fi
  done
  arrived
}

# A release is touched when it becomes the current one; of a single one there is no order to ask for.
releases() {
  ids=
  for path in "$home"/releases/*; do
    ! is_hash "${path##*/}" || ids="$ids ${path##*/}"
  done
  # shellcheck disable=SC2012 # names that are no hash are left out
  case $ids in
    *' '*' '*) ids=$(ls -1t "$home/releases" | finished) ;;
  esac
  for id in $ids; do
    printf 'release\t%s\n' "$id"
    [ ! -r "$home/releases/$id.parts" ] || parts "$id" <"$home/releases/$id.parts"
  done
}

# What is complete is named by its hash and nothing else. Of names on standard input, those.
finished() {
  while read -r name; do
    if is_hash "$name"; then printf '%s\n' "$name"; fi
  done
}

parts() { # RELEASE-ID; its record on standard input
  while read -r kind sha256 to; do
    [ "$kind" != artifact ] || printf 'part\t%s\t%s\t%s\n' "$1" "$sha256" "$to"
  done
}

# What an earlier run has brought of artifacts that are not whole yet.
arrived() {
  set -- "$home"/artifacts/.part-*
  [ -e "$1" ] || return 0
  { du -kc "$@" 2>/dev/null || true; } | awk '$2 == "total" { print "arrived\t" $1 }'
}

artifact() { # PATH; its size is in the first line of its record
  kib=
  [ ! -r "$1.sums" ] || read -r _ kib _ <"$1.sums" || true
  is_number "$kib" || kib=
  printf 'artifact\t%s\t%s\n' "${1##*/}" "$kib"
}

hashes() {
  cd "$home" 2>/dev/null || return 0
  set --
  for file in etc/cluster.json etc/environment etc/engines etc/balancer.json receipt.json; do
    [ ! -f "$file" ] || set -- "$@" "$file"
  done
  [ $# -eq 0 ] || { sha256sum "$@" 2>/dev/null || true; } | while read -r hash file; do
    file=${file##*/}
    printf 'hash\t%s\t%s\n' "${file%.json}" "$hash"
  done
}

# Only a HOME below ~ is another one for each user.
others() {
  case $wanted_home in \~/*) ;; *) return 0 ;; esac
  [ ! -f "$home/receipt.json" ] && [ -r /etc/passwd ] || return 0
  while IFS=: read -r name _ _ _ _ directory _; do
    path=${directory%/}/${wanted_home#\~/}
    { [ -n "$directory" ] && [ -f "$path/receipt.json" ]; } || continue
    [ -r "$path/receipt.json" ] && ! grep -qF "\"$key\"" "$path/receipt.json" || printf 'receipt-of\t%s\t%s\n' "$name" "$path"
  done </etc/passwd
}

main "$@"
