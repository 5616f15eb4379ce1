#!/bin/sh
# Makes a release that is there the current one: HOME/current -> releases/RELEASE_ID, at once or not at all.
#
# Usage: activate.sh TOKEN HOME RELEASE_ID
# Output: none
# Exit codes: 0 · 74 no such release · 72, 73, 75 as in lib.sh
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

main() { # TOKEN HOME RELEASE_ID
  check_token "$1" "$2"
  require_hash RELEASE_ID "$3"
  [ -d "$2/releases/$3" ] || fail 74 "release $3 is not in $2/releases"
  # The time tells in which order releases became current.
  must "touch release $3" touch "$2/releases/$3"
  temporary=$2/.current-$$
  remove_leftovers "$2/.current-"
  make_directory "$temporary"
  must "link release $3" ln -s "releases/$3" "$temporary/current"
  must "make release $3 the current one" mv -f "$temporary/current" "$2/"
}

cleanup() {
  [ -z "${temporary-}" ] || rm -rf "$temporary"
}

main "$@"
