#!/bin/sh
# The lease on a cluster: who may change it. It lies on one host, in HOME/lease: owner.json, and beat, its last sign of
# life: epoch seconds, and on a second line the boot and the seconds since it began, since clocks are set. Scripts that
# come with a lower token than a host has seen are refused (lib.sh).
#
# Usage: lease.sh SEEN HOME take WHO PURPOSE [RUN [FORMER]]  takes it: nobody has it, its owner was silent for more than
#                                                            60 s, or its owner is FORMER
#        lease.sh TOKEN HOME beat                            a sign of life
#        lease.sh TOKEN HOME release                         gives it back
#   SEEN    highest token that any host of the cluster has seen: the new one is higher, wherever the lease lay before
#   RUN     hexadecimal name of whoever asks: what he has already, as when this is repeated after a broken link, he gets
#   FORMER  RUN of somebody who has ended without giving it back
# Output of take, tab-separated: token N · held OWNER-JSON SILENT-SECONDS (exit 74)
# Exit codes: 0 · 74 somebody else holds it · 75 it was taken over · 70, 72, 73 as in lib.sh
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

longest_silence=60

main() { # TOKEN HOME VERB [WHO PURPOSE [RUN [FORMER]]]
  token=$1 home=$2 verb=$3
  require_number TOKEN "$token"
  require_path HOME "$home"
  lease=$home/lease
  enter lease "$home" 30
  remove_leftovers "$home/.lease-"
  read_owner
  case $verb in
    take)
      case $# in [567]) ;; *) fail 74 'take needs WHO and PURPOSE' ;; esac
      take "$4" "$5" "${6-}" "${7-}"
      ;;
    beat) beat ;;
    release) release ;;
    *) fail 74 "the verb must be take, beat or release, not '$verb'" ;;
  esac
}

# Sets $owner, empty when nobody has it, its $held_token and how long it is $silent.
read_owner() {
  owner=
  held_token=0
  if [ -e "$lease/owner.json" ]; then read -r owner <"$lease/owner.json" || true; fi
  [ -n "$owner" ] || return 0
  held_token=${owner#'{"token":'}
  held_token=${held_token%%,*}
  is_number "$held_token" || held_token=0
  read_silence
}

# An earlier boot's owner has been silent for all of this one. Earlier versions tell the epoch only.
read_silence() {
  beat=0 of_boot='' at=''
  if [ -e "$lease/beat" ]; then { read -r beat && read -r of_boot at; } <"$lease/beat" || true; fi
  read_moment
  if ! is_number "$at"; then
    is_number "$beat" || beat=0
    silent=$(($(date +%s) - beat))
  elif [ "$of_boot" = "$boot_id" ]; then
    silent=$((uptime - at))
  else
    silent=$uptime
  fi
  [ "$silent" -ge 0 ] || silent=0
}

read_moment() {
  read_uptime
  read -r boot_id </proc/sys/kernel/random/boot_id
}

sign_of_life() {
  read_moment
  printf '%s\n%s %s\n' "$(date +%s)" "$boot_id" "$uptime"
}

take() { # WHO PURPOSE RUN FORMER
  case $3$4 in *[!0-9a-f]*) fail 74 "RUN and FORMER must be hexadecimal digits, not '$3' and '$4'" ;; esac
  if has_already "$3"; then
    printf 'token\t%s\n' "$held_token"
    return 0
  fi
  if [ -n "$owner" ] && [ "$silent" -le "$longest_silence" ] && ! has_already "$4"; then
    printf 'held\t%s\t%s\n' "$owner" "$silent"
    fail 74 "the lease is held, and its owner gave a sign of life $silent s ago"
  fi
  highest_token "$home"
  [ "$held_token" -le "$highest" ] || highest=$held_token
  [ "$token" -le "$highest" ] || highest=$token
  token=$((highest + 1))
  remember_token "$token" "$home"
  new=$home/.lease-$$
  make_directory "$new/lease"
  printf '{"token":%s,"who":"%s","purpose":"%s","since":%s,"run":"%s"}\n' \
    "$token" "$(escaped "$1")" "$(escaped "$2")" "$(date +%s)" "$3" | write_whole "$new/lease/owner.json"
  sign_of_life | write_whole "$new/lease/beat"
  discard
  must "take the lease in $home" mv "$new/lease" "$home/"
  printf 'token\t%s\n' "$token"
}

# Quotes within names are escaped, so that none of them can pass for this.
has_already() { # RUN
  case $1-$owner in -*) return 1 ;; *-*'"run":"'"$1"'"'*) ;; *) return 1 ;; esac
}

beat() {
  require_ownership
  sign_of_life | write_whole "$lease/beat"
}

# Given back already, as when this is repeated after a broken link, is well.
release() {
  highest_token "$home"
  if [ -z "$owner" ] && [ "$highest" -eq "$token" ]; then return 0; fi
  require_ownership
  discard
}

require_ownership() {
  if [ -z "$owner" ] || [ "$held_token" -ne "$token" ]; then fail 75 "the lease with token $token was taken over"; fi
}

# Out of sight at once, then removed.
discard() {
  [ -e "$lease" ] || return 0
  make_directory "$home/.lease-old-$$"
  must "give the lease in $home back" mv "$lease" "$home/.lease-old-$$/"
  rm -rf "$home/.lease-old-$$"
}

# As a JSON string holds it; control characters are left out.
escaped() { # TEXT
  printf '%s' "$1" | tr -d '\000-\037\177' | sed 's/["\\]/\\&/g'
}

cleanup() {
  [ -z "${new-}" ] || rm -rf "$new"
}

main "$@"
