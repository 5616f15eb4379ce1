#!/bin/sh
# Says what differs in the current release from what came to this host, and what everything of ours takes on the disk.
# Reads only, all of it: seconds for a large release.
#
# Usage: contents.sh HOME DATA MOST PREFIX...
#   MOST    so many differences are told by name
#   PREFIX  beginning of paths in the release that Trueno and its engines write themselves
# Output, tab-separated:
#   contents 1                  the first line
#   differs|x-bit|missing|extra PATH  of the release; x-bit: it was a program and is none, or the other way round
#   found N                     how many there are; no such line where it is not recorded what came
#   disk releases|artifacts|data KIB    what releases take beyond the artifacts that they are made of
#   end                         the last line
# Exit codes: 0 · 74 bad arguments · 70 as in lib.sh
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source-path=SCRIPTDIR source=parts.sh
. "${0%/*}/parts.sh"

export LC_ALL=C

main() { # HOME DATA MOST PREFIX...
  home=$1 data=$2 most=$3
  require_path HOME "$home"
  require_path DATA "$data"
  require_number MOST "$most"
  shift 3
  printf 'contents\t1\n'
  release=$home/$(readlink "$home/current" 2>/dev/null) || release=
  record=$release.parts
  if [ -r "$record" ] && each_part is_recorded; then
    { each_part expected && echo @found && found; } | written=$(printf '%s\n' "$@") most=$most awk "$compare"
  fi
  disk
  printf 'end\n'
}

each_part() { # FUNCTION
  while read -r kind first rest; do
    "$1" "$kind" "$first" "$rest" || return 1
  done <"$record"
}

is_recorded() { # KIND SHA256 TO
  [ "$1" != artifact ] || [ -r "$home/artifacts/$2.sums" ]
}

# What came, each artifact headed by its place; a placeholder is an empty file.
expected() { # KIND FIRST REST
  case $1 in
    artifact)
      printf '@in %s\n' "$3"
      cat "$home/artifacts/$2.sums"
      ;;
    placeholder) printf '@in \nKiB 0 all\n%s  %s\nprogram  %s\n' "$empty" "$2${3:+ $3}" "$2${3:+ $3}" ;;
  esac
}

empty=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855

found() {
  cd "$release" || return
  list_tree
}

# Lines are as list_tree prints them. A record of an earlier version, which does not begin with `KiB N all`, knows neither
# programs nor where links lead.
# shellcheck disable=SC2016 # awk
compare='
  BEGIN {
    OFS = "\t"
    count = split(ENVIRON["written"], written, "\n")
    most = ENVIRON["most"] + 0
  }
  /^@found$/ { found = 1; place = ""; next }
  /^@in / { place = substr($0, 5) == "" ? "" : substr($0, 5) "/"; next }
  /^KiB / { knows_all = $3 == "all"; next }
  {
    at = index($0, "  ")
    hash = substr($0, 1, at - 1)
    path = substr($0, at + 2)
    sub(/^\.\//, "", path)
    path = place path
    if (is_written(path)) next
    if (found) compare(path, hash)
    else if (hash == "program") programs[path] = 1
    else {
      hashes[path] = hash
      if (knows_all) known[path] = 1
    }
  }
  END {
    for (path in hashes) tell("missing", path)
    print "found", told + 0
  }

  function compare(path, hash,  kind) {
    if (hash == "program") {
      runs[path] = 1
      return
    }
    kind = hash ~ /^link / && !(path in known) ? "link" : hash
    if (!(path in hashes)) tell("extra", path)
    else if (hashes[path] != kind) tell("differs", path)
    else if (path in known && (path in programs) != (path in runs)) tell("x-bit", path)
    delete hashes[path]
  }
  function is_written(path,  i) {
    for (i = 1; i <= count; i++) if (written[i] != "" && index(path, written[i]) == 1) return 1
    return 0
  }
  function tell(what, path) {
    gsub(/\t/, " ", path)
    if (++told <= most) print what, path
  }
'

# Files that are linked count once, where they come first.
disk() {
  artifacts=$(size_of "$home/artifacts")
  both=$(size_of "$home/artifacts" "$home/releases")
  printf 'disk\tartifacts\t%s\ndisk\treleases\t%s\ndisk\tdata\t%s\n' \
    "$artifacts" "$((both > artifacts ? both - artifacts : 0))" "$(size_of "$data")"
}

size_of() { # DIRECTORY...
  { du -skc "$@" 2>/dev/null || true; } | awk '$2 == "total" { size = $1 } END { printf "%.0f\n", size }'
}

main "$@"
