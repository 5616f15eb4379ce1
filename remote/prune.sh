#!/bin/sh
# Removes releases and artifacts that are not wanted any more, and what scripts that died left in the store. Touches
# nothing but names that are hashes, and nothing that is in use: the current release, one that something of ours runs
# from, the artifacts of releases that stay.
#
# Usage: prune.sh TOKEN HOME (release ID | artifact SHA256)...
# Output: a line for each that was removed, or is `kept` since it is in use; what is not there is not told
# Exit codes: 0 · 73 cannot remove · 74 bad arguments · 70, 72, 75 as in lib.sh
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source-path=SCRIPTDIR source=parts.sh
. "${0%/*}/parts.sh"
# shellcheck source-path=SCRIPTDIR source=processes.sh
. "${0%/*}/processes.sh"

export LC_ALL=C

main() { # TOKEN HOME (KIND NAME)...
  token=$1 home=$2
  check_token "$token" "$home"
  shift 2
  check_names "$@"
  find_used
  # Releases first: what only they are made of is then free.
  each release remove_release "$@"
  each artifact remove_artifact "$@"
  sweep
}

check_names() { # (KIND NAME)...
  while [ $# -gt 0 ]; do
    case $1 in release | artifact) ;; *) fail 74 "what is removed is a release or an artifact, not '$1'" ;; esac
    require_hash "the name of a $1" "${2-}"
    shift 2
  done
}

# Sets $used to the releases that are not to be touched, whatever was asked for.
find_used() {
  used=$(readlink "$home/current" 2>/dev/null) || used=
  used=" ${used##*/} "
  running=$(marked "$home")
  [ -z "$running" ] || used="$used$(started_from start.json) $(started_from balancer-start.json) "
}

started_from() { # FILE
  [ -r "$home/run/$1" ] || return 0
  read -r line <"$home/run/$1" || true
  line=${line#*'"release":"'}
  printf '%s' "${line%%'"'*}"
}

each() { # KIND FUNCTION (KIND NAME)...
  kind=$1 function=$2
  shift 2
  while [ $# -gt 0 ]; do
    [ "$1" != "$kind" ] || "$function" "$2"
    shift 2
  done
}

remove_release() { # ID
  case $used in
    *" $1 "*) told kept release "$1" ;;
    *) discard releases "$1" && rm -f "$home/releases/$1.parts" && told removed release "$1" ;;
  esac || true
}

remove_artifact() { # SHA256
  if is_part "$1"; then
    told kept artifact "$1"
  else
    discard artifacts "$1" && rm -f "$home/artifacts/$1.sums" && told removed artifact "$1"
  fi || true
}

told() { # WHAT KIND NAME
  printf '%s\t%s\t%s\n' "$1" "$2" "$3"
}

# Of a release without a record nobody knows what it is made of.
is_part() { # SHA256
  for release in "$home"/releases/*; do
    is_hash "${release##*/}" || continue
    if [ ! -r "$release.parts" ] || grep -q "^artifact $1 " "$release.parts"; then return 0; fi
  done
  return 1
}

# Out of sight at once, then removed: half a release would count as one.
discard() { # DIRECTORY NAME
  [ -d "$home/$1/$2" ] || return 1
  must "remove $home/$1/$2" mv "$home/$1/$2" "$home/$1/.old-$2-$$"
  must "remove $home/$1/$2" rm -rf "$home/$1/.old-$2-$$"
}

sweep() {
  remove_parts "$home"
  remove_seeds "$home" "$token"
  for directory in releases artifacts; do
    for kind in .old .new; do remove_leftovers "$home/$directory/$kind-"; done
  done
  for record in "$home"/releases/*.parts "$home"/artifacts/*.sums; do
    if is_hash "$(basename "${record%.*}")" && [ ! -d "${record%.*}" ]; then rm -f "$record"; fi
  done
}

main "$@"
