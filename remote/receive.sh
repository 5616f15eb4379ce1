#!/bin/sh
# Takes an artifact from standard input, verifies it and unpacks it into the store, whole or not at all.
#
# Usage: receive.sh TOKEN HOME SHA256 ENCODING
#   SHA256    of the tar, uncompressed
#   ENCODING  tar, or gz: how it is sent
# Output: `stored`, or `present` where it was there already: then standard input is read to its end and dropped
# Exit codes: 0 · 71 SHA256 differs · 72 no space left, saying what is free and what is needed · 73, 74, 75 as in lib.sh
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

export LC_ALL=C

main() { # TOKEN HOME SHA256 ENCODING
  home=$2 sha256=$3 encoding=$4 store=$2/artifacts
  require_hash SHA256 "$sha256"
  case $encoding in tar | gz) ;; *) fail 74 "ENCODING must be tar or gz, not '$encoding'" ;; esac
  check_token "$1" "$home"
  make_directory "$store"
  if [ -d "$store/$sha256" ]; then already_there; fi
  remove_leftovers "$store/.part-"
  remove_leftovers "$store/.new-"
  part=$store/.part-$sha256-$$
  new=$store/.new-$sha256-$$
  must "store artifact $sha256 in $store" arrive
  verify
  make_directory "$new/$sha256"
  must "unpack artifact $sha256 in $store" unpack
  put_in_place
}

already_there() {
  cat >/dev/null
  echo present
  exit 0
}

arrive() {
  cat >"$part"
}

content() {
  case $encoding in tar) cat "$part" ;; gz) gzip -dc <"$part" ;; esac
}

verify() {
  found=$(content 2>/dev/null | sha256sum)
  found=${found%% *}
  [ "$found" = "$sha256" ] || fail 71 "what arrived is not artifact $sha256: its sha256 is $found"
}

# The owner is who unpacks, also when that is root.
unpack() {
  content | tar -xof - -C "$new/$sha256"
}

# Renamed only once its content is on the disk: after a power cut a name in the store still means all of it.
put_in_place() {
  sync -f "$new" 2>/dev/null || true
  mv "$new/$sha256" "$store/" 2>/dev/null || [ -d "$store/$sha256" ] || fail 73 "cannot move artifact $sha256 into $store"
  echo stored
}

# What is free is told without what arrived, which is removed. Small files can use up a disk's inodes first.
out_of_space() { # WHAT PROBLEM
  needed='more than that'
  [ ! -d "${new-}" ] || needed="$((($(wc -c <"$part") + $(content 2>/dev/null | wc -c)) / 1024 + 1)) KiB, $(entries) files"
  cleanup
  fail 72 "no space left to $1: $(free -k) KiB, $(free -i) files free, needed: $needed"
}

entries() {
  content 2>/dev/null | tar -tf - 2>/dev/null | wc -l
}

free() { # -k|-i
  df -P "$1" "$home" 2>/dev/null | awk '
    NR == 2 && match($0, / [0-9]+ +[0-9]+%/) { free = substr($0, RSTART) + 0 }
    END { print free == "" ? "?" : free }'
}

cleanup() {
  [ -z "${part-}" ] || rm -rf "$part" "$new"
}

main "$@"
