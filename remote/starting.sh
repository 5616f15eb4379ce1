#!/bin/sh
# Part of the scripts of this directory; not run by itself. What starting Trueno and its balancer have in common.
# After lib.sh and processes.sh.
# shellcheck disable=SC2034,SC2154 # variables shared with the scripts

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

# Soft limits to hard ones: of open files, locked memory and threads (-p, which bash calls -u).
raise_limits() {
  raise_limit -n
  raise_limit -l
  raise_limit -p || raise_limit -u
}

raise_limit() { # OPTION
  # In a shell of its own first: one that does not know the option may end over it.
  # shellcheck disable=SC3045 # known to dash, bash and busybox
  { hard=$(ulimit -H "$1") && (ulimit -S "$1" "$hard") && ulimit -S "$1" "$hard"; } 2>/dev/null
}

# Runs a command of $cluster, $home, $part and $start_id: with our marker, the lines of etc/environment taken as they
# are, $node first on PATH, and nothing of the channel this script came through. The flag goes down as soon as the
# marker is up: no gap in which a second start sees neither. The shell that takes it down waits for the command, since a
# process that is just being replaced by another program shows no marker for a moment.
launch() ( # DIRECTORY OUTPUT NAME=VALUE... COMMAND ARGUMENT...
  cd "$1" && exec </dev/null >>"$2" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- || exit 73
  shift 2
  # What is started does without, where it must.
  raise_limits || true
  # shellcheck disable=SC2016 # expanded by that shell
  set -- "TRUENO_DEPLOY_CLUSTER=$cluster" "TRUENO_DEPLOY_HOME=$home" "TRUENO_DEPLOY_PART=$part" \
    "TRUENO_DEPLOY_START=$start_id" sh -c 'rm -f "$0"; env "$@"; exit "$?"' "$flag" "$@"
  path=$PATH
  if [ -e "$home/etc/environment" ]; then
    while IFS= read -r line || [ -n "$line" ]; do
      case $line in '') ;; PATH=*) path=${line#PATH=} ;; *) set -- "$line" "$@" ;; esac
    done <"$home/etc/environment"
  fi
  unset SSH_AUTH_SOCK SSH_CLIENT SSH_CONNECTION SSH_TTY
  exec env "PATH=${node%/*}:$path" "$@"
)
