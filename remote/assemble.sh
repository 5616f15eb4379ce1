#!/bin/sh
# Builds a release from artifacts of the store by hard links, or by copies where there are none, whole or not at all.
#
# Usage: assemble.sh TOKEN HOME RELEASE_ID (artifact SHA256 TO | placeholder PATH | copy PATH)...
#   artifact     its tree goes to TO inside the release; empty for the release's top
#   placeholder  an empty executable file, where none is
#   copy         a file or directory of the release that will be written to: gets copies of its own, so that nothing is
#                ever written into the store; may be absent
# A release that is there gets what it lacks: a host may have more roles than when it was put together. Beside it lies
# RELEASE_ID.parts, what it was put together of, and beside each artifact SHA256.sums, its size in KiB and what it is made
# of (list_tree), both as they came.
# Output: `assembled`, `extended`, or `present` where nothing was lacking
# Exit codes: 0 · 72, 73 · 74 an artifact is missing, bad arguments · 75 (see lib.sh)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source-path=SCRIPTDIR source=parts.sh
. "${0%/*}/parts.sh"

export LC_ALL=C

main() { # TOKEN HOME RELEASE_ID PART...
  token=$1 home=$2 id=$3
  check_token "$token" "$home"
  require_hash RELEASE_ID "$id"
  shift 3
  check_parts "$@"
  make_directory "$home/releases"
  # Another may go on, as when this is repeated after a broken link: it has all the time that it needs.
  enter assemble "$home" 1800
  remove_leftovers "$home/releases/.new-"
  new=$home/releases/.new-$id-$$
  tree=$new/$id
  record=$home/releases/$id.parts
  remove_parts "$home"
  remove_seeds "$home" $((token - 1))
  if [ -d "$home/releases/$id" ]; then extend "$@"; else assemble "$@"; fi
}

assemble() { # PART...
  prepare "$@"
  must "touch release $id" touch "$tree"
  recorded "$@" | write_whole "$record"
  mv "$tree" "$home/releases/" 2>/dev/null || [ -d "$home/releases/$id" ] || fail 73 "cannot move release $id into $home/releases"
  echo assembled
}

prepare() { # PART...
  require_artifacts "$@"
  each_artifact list_contents "$@"
  link_or_copy "$@"
}

# What is put in the place of placeholders is nothing that runs. Of one without a record nothing is known to be lacking.
extend() { # PART...
  left=$# lacking=
  while [ "$left" -gt 0 ]; do
    case $1 in
      artifact)
        if is_lacking "$3"; then lacking=yes && set -- "$@" "$1" "$2" "$3"; fi
        shift 3
        left=$((left - 3))
        ;;
      *)
        [ "$1" != copy ] || set -- "$@" "$1" "$2"
        shift 2
        left=$((left - 2))
        ;;
    esac
  done
  if [ -z "$lacking" ]; then
    echo present
    exit 0
  fi
  prepare "$@"
  { cat "$record" && recorded "$@"; } >"$new/parts"
  each_artifact put_in_place "$@"
  must "record the parts of release $id" mv -f "$new/parts" "$record"
  echo extended
}

is_lacking() { # TO
  [ -n "$1" ] && [ -e "$record" ] || return 1
  while read -r kind _ to; do
    if [ "$kind" = artifact ] && [ "$to" = "$1" ]; then return 1; fi
  done <"$record"
}

recorded() { # PART...
  while [ $# -gt 0 ]; do
    case $1 in
      artifact) printf 'artifact %s %s\n' "$2" "$3" && shift 3 ;;
      placeholder) printf 'placeholder %s\n' "$2" && shift 2 ;;
      *) shift 2 ;;
    esac
  done
}

each_artifact() { # FUNCTION PART...
  function=$1
  shift
  while [ $# -gt 0 ]; do
    case $1 in
      artifact) "$function" "$2" "$3" && shift 3 ;;
      *) shift 2 ;;
    esac
  done
}

put_in_place() { # SHA256 TO
  target=$home/releases/$id/$2
  make_directory "${target%/*}"
  make_directory "$new/old"
  [ ! -e "$target" ] || must "make room for $2 in release $id" mv "$target" "$new/old/$1"
  must "put $2 into release $id" mv "$tree/$2" "$target"
}

# Made when an artifact is put into a release first, so as it came.
list_contents() { # SHA256 TO
  [ -e "$home/artifacts/$1.sums" ] || must "list what is in artifact $1" record_contents "$home/artifacts/$1"
}

record_contents() { # DIRECTORY
  { contents "$1" >"$1.sums.new-$$" && mv -f "$1.sums.new-$$" "$1.sums"; } || { rm -f "$1.sums.new-$$"; return 1; }
}

contents() { # DIRECTORY
  size=$(du -sk "$1" 2>/dev/null) || true
  cd "$1" || return
  printf 'KiB %s all\n' "${size%%[!0-9]*}" && list_tree
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
