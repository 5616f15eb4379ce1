#!/bin/sh
# Puts standard input into a file, whole or not at all.
#
# Usage: write.sh TOKEN HOME PATH MODE [SHA256]
#   PATH    absolute, below HOME; directories on the way are made, 0700
#   MODE    octal, as chmod takes it
#   SHA256  what must arrive; a cut link then cannot leave half a file
# Output: none
# Exit codes: 0 · 71 SHA256 differs · 72 no space left · 73 cannot write · 74 bad PATH or MODE · 75 stale token
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

main() { # TOKEN HOME PATH MODE [SHA256]
  home=$2 path=$3 mode=$4
  require_path HOME "$home"
  require_below
  case $mode in [0-7][0-7][0-7] | 0[0-7][0-7][0-7]) ;; *) fail 74 "MODE must be octal, not '$mode'" ;; esac
  check_token "$1" "$home"
  make_directory "${path%/*}"
  remove_leftovers "$path.new-"
  temporary=$path.new-$$
  must "write $path" store "$temporary"
  verify "${5-}"
  must "write $path" chmod "$mode" "$temporary"
  must "write $path" mv -f "$temporary" "$path"
}

require_below() {
  case $path in "$home"/?*) require_inside PATH "${path#"$home"/}" ;; *) fail 74 "PATH must be below $home, not '$path'" ;; esac
  [ ! -d "$path" ] || fail 73 "cannot write $path: it is a directory"
}

store() { # FILE
  cat >"$1"
}

verify() { # SHA256
  [ -n "$1" ] || return 0
  hash=$(sha256sum <"$temporary")
  [ "${hash%% *}" = "$1" ] || fail 71 "what arrived for $path is not what was sent: sha256 ${hash%% *} instead of $1"
}

cleanup() {
  [ -z "${temporary-}" ] || rm -f "$temporary"
}

main "$@"
