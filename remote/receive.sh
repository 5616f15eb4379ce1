#!/bin/sh
# Takes an artifact from where it is told, verifies it and unpacks it into the store, whole or not at all. What has
# arrived stays when it breaks off, and the next run goes on from there.
#
# Usage: receive.sh TOKEN HOME SHA256 ENCODING WIRE BYTES TREE SOURCE KEEP
#   SHA256    of the tar, uncompressed
#   ENCODING  tar, or gz: how it travels
#   WIRE      sha256 of what travels; BYTES its size
#   TREE      size of the tar, about what it takes unpacked
#   SOURCE    here: what is missing follows on standard input
#             peer: a line follows, `ADDRESS PORT GRANT`, of a host that serves it (relay.sh)
#             mirror: a line follows, the address of it at an HTTP server, which may be secret
#   KEEP      keep: what travelled stays beside the tree, to be passed on, until the relay ends; drop: it is removed
# Output: `from OFFSET` as soon as it is clear what is there already, `passing` when others can have what arrives as it
#   comes, `at OFFSET` now and then while a peer sends, `kept` as soon as all can be passed on; `stored`, or `present`
#   where it was there already
# Exit codes: 0 · 70 what was sent ended too early · 71 WIRE differs, and what arrived is gone · 72 no space left, saying
#   what is free and what is needed · 76 the peer or the mirror did not send it · 73, 74, 75 as in lib.sh
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source-path=SCRIPTDIR source=parts.sh
. "${0%/*}/parts.sh"
# shellcheck source-path=SCRIPTDIR source=arriving.sh
. "${0%/*}/arriving.sh"

# How a host without more than bash takes something from a relay, and one without curl from a mirror.
pull=$(cat "${0%/*}/pull.bash")
fetch=$(cat "${0%/*}/mirror.js")

export LC_ALL=C

main() { # TOKEN HOME SHA256 ENCODING WIRE BYTES TREE SOURCE KEEP
  home=$2 sha256=$3 encoding=$4 wire=$5 bytes=$6 tree=$7 source=$8 keep=$9 store=$2/artifacts
  check_arguments
  check_token "$1" "$home"
  make_directory "$store"
  [ ! -d "$store/$sha256" ] || already_there
  remove_leftovers "$store/.new-"
  part=$store/.part-$wire
  enter "receive-$wire" "$home" 1800
  [ ! -d "$store/$sha256" ] || already_there
  arrive
  verify
  [ "$keep" = drop ] || pass_on "$1"
  new=$store/.new-$sha256-$$
  make_directory "$new/$sha256"
  must "unpack artifact $sha256 in $store" unpack
  put_in_place
  echo stored
}

check_arguments() {
  require_hash SHA256 "$sha256"
  require_hash WIRE "$wire"
  require_number BYTES "$bytes"
  require_number TREE "$tree"
  case $encoding in tar | gz) ;; *) fail 74 "ENCODING must be tar or gz, not '$encoding'" ;; esac
  case $source in here | peer | mirror) ;; *) fail 74 "SOURCE must be here, peer or mirror, not '$source'" ;; esac
  case $keep in keep | drop) ;; *) fail 74 "KEEP must be keep or drop, not '$keep'" ;; esac
}

already_there() {
  echo present
  exit 0
}

verify() {
  hash_part
  [ "$found" = "$wire" ] && return
  rm -f "$part"
  fail 71 "what arrived is not artifact $sha256: it should have the sha256 $wire, and has $found"
}

# Sets $found. Many a sha256sum takes four times as long as openssl.
hash_part() {
  if find_tool openssl; then
    found=$("$found" dgst -sha256 -r <"$part" 2>/dev/null) || found=
    found=${found%% *}
    if is_hash "$found"; then return 0; fi
  fi
  found=$(sha256sum <"$part")
  found=${found%% *}
}

# Before it is unpacked: others need not wait for that. Where there are no links it takes the room once more.
pass_on() { # TOKEN
  seed=$store/.seed-$wire-$1
  if { ln -f "$part" "$seed" || cp "$part" "$seed"; } 2>/dev/null; then echo kept; else rm -f "$seed"; fi
}

# The owner is who unpacks, also when that is root.
unpack() {
  case $encoding in
    tar) extract "$part" ;;
    # Where gzip breaks off, tar may see no fault.
    gz) { gzip -dc <"$part" || : >"$new/broken"; } | extract - && [ ! -e "$new/broken" ] ;;
  esac
}

# GNU's tar reads and writes 10 KiB at once when it is not told (others do not look at this): 64 KiB take it a tenth less.
extract() { # FILE
  TAR_OPTIONS='-b 128' tar -xof "$1" -C "$new/$sha256"
}

# Renamed only once its content is on the disk: after a power cut a name in the store still means all of it. What
# travelled goes first, or it would be written to the disk for nothing.
put_in_place() {
  rm -f "$part"
  sync -f "$new" 2>/dev/null || true
  mv "$new/$sha256" "$store/" 2>/dev/null || [ -d "$store/$sha256" ] || fail 73 "cannot move artifact $sha256 into $store"
}

# What has arrived counts as needed no more; it stays for the next run.
out_of_space() { # WHAT PROBLEM
  [ -z "${new-}" ] || rm -rf "$new"
  count_part
  files=
  [ "$have" -ne "$bytes" ] || files=", $(entries) files"
  fail 72 "no space left to $1: $(free -k) KiB, $(free -i) files free, needed: $(((bytes - have + tree) / 1024 + 1)) KiB$files"
}

entries() {
  case $encoding in tar) cat "$part" ;; gz) gzip -dc <"$part" ;; esac | tar -tf - 2>/dev/null | wc -l
}

free() { # -k|-i
  df -P "$1" "$home" 2>/dev/null | awk '
    NR == 2 && match($0, / [0-9]+ +[0-9]+%/) { split(substr($0, RSTART), field, " "); free = field[1] }
    END { print free == "" ? "?" : free }'
}

cleanup() {
  [ -z "${reader-}${watcher-}" ] || kill ${reader:+"$reader"} ${watcher:+"$watcher"} 2>/dev/null || true
  [ -z "${new-}" ] || rm -rf "$new"
}

main "$@"
