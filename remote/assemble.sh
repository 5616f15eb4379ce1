#!/bin/sh
# Builds a release from artifacts of the store by hard links, or by copies where there are none, whole or not at all.
#
# Usage: assemble.sh TOKEN HOME RELEASE_ID (artifact SHA256 TO | placeholder PATH | copy PATH)...
#   artifact     its tree goes to TO inside the release; empty for the release's top
#   placeholder  an empty executable file, where none is
#   copy         a file or directory of the release that will be written to: gets copies of its own, so that nothing is
#                ever written into the store; may be absent
# Output: `assembled`, or `present` where it was there already
# Exit codes: 0 · 72, 73 · 74 an artifact is missing, bad arguments · 75 (see lib.sh)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

export LC_ALL=C

main() { # TOKEN HOME RELEASE_ID PART...
  home=$2 id=$3
  check_token "$1" "$home"
  require_hash RELEASE_ID "$id"
  shift 3
  check_parts "$@"
  if [ -d "$home/releases/$id" ]; then
    echo present
    exit 0
  fi
  require_artifacts "$@"
  make_directory "$home/releases"
  remove_leftovers "$home/releases/.new-"
  new=$home/releases/.new-$id-$$
  tree=$new/$id
  link_or_copy "$@"
  mv "$new/$id" "$home/releases/" 2>/dev/null || [ -d "$home/releases/$id" ] || fail 73 "cannot move release $id into $home/releases"
  echo assembled
}

check_parts() { # PART...
  while [ $# -gt 0 ]; do
    case $1-$# in
      artifact-[12] | placeholder-1 | copy-1) fail 74 "'$1' lacks its arguments" ;;
      artifact-*)
        require_hash 'an artifact' "$2"
        [ -z "$3" ] || require_inside TO "$3"
        shift 3
        ;;
      placeholder-* | copy-*)
        require_inside PATH "$2"
        shift 2
        ;;
      *) fail 74 "a part must be artifact, placeholder or copy, not '$1'" ;;
    esac
  done
}

require_artifacts() { # PART...
  while [ $# -gt 0 ]; do
    case $1 in artifact) [ -d "$home/artifacts/$2" ] || fail 74 "artifact $2 is not in $home/artifacts" ;; esac
    case $1 in artifact) shift 3 ;; *) shift 2 ;; esac
  done
}

# Links first. Copies begin anew: a copy over a link would write into the store.
link_or_copy() { # PART...
  if ! problem=$(build -al "$@" 2>&1); then
    case $problem in *'No space left'* | *'uota exceeded'*) blame "assemble release $id" "$problem" ;; esac
    rm -rf "$new"
    must "assemble release $id" build -a "$@"
  fi
}

build() { # -al|-a PART...
  how=$1
  shift
  mkdir -p "$tree" || return 1
  while [ $# -gt 0 ]; do
    case $1 in
      artifact)
        place "$2" "$tree/$3" || return 1
        shift 3
        ;;
      placeholder | copy)
        "$1" "$tree/$2" || return 1
        shift 2
        ;;
    esac
  done
}

place() { # SHA256 DIRECTORY
  mkdir -p "$2" && cp "$how" "$home/artifacts/$1/." "$2/"
}

placeholder() { # FILE
  [ ! -e "$1" ] || return 0
  mkdir -p "${1%/*}" && : >"$1" && chmod 755 "$1"
}

copy() { # PATH
  [ -e "$1" ] || return 0
  cp -a "$1" "$1.copy-$$" && rm -rf "$1" && mv "$1.copy-$$" "$1"
}

cleanup() {
  [ -z "${new-}" ] || rm -rf "$new"
}

main "$@"
