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

# --- arriving ----------------------------------------------------------------------------------------------------

arrive() {
  count_part
  if [ "$have" -gt "$bytes" ]; then rm -f "$part" && have=0; fi
  [ "$have" -eq "$bytes" ] || check_room
  echo "from $have"
  if [ "$have" -lt "$bytes" ]; then
    [ "$keep" = drop ] || pass_on_meanwhile
    "from_$source"
  fi
  count_part
  [ "$have" -eq "$bytes" ] || "${source}_ended"
  [ "$source" = here ] || echo "at $have"
}

# A relay finds it from now on, and follows as it grows. Whoever takes it looks at the sha256 too.
pass_on_meanwhile() {
  if { true >>"$part"; } 2>/dev/null; then echo passing; fi
}

# Sets $have to what is there of it.
count_part() {
  { have=$(wc -c <"$part"); } 2>/dev/null || have=0
}

# What is known to fail is not begun: a full disk hurts all that runs here.
check_room() {
  room=$(free -k)
  is_number "$room" || return 0
  [ "$room" -ge $(((bytes - have + tree) / 1024)) ] || out_of_space "store artifact $sha256 in $store"
}

# In the background, so that a signal ends it at once.
from_here() {
  exec 3<&0
  cat >>"$part" <&3 2>/dev/null &
  reader=$!
  wait_for_reader || must "store artifact $sha256 in $store" room_for_more
}

# Tells why nothing more could be written.
room_for_more() {
  failed=0
  printf ' ' | cat >"$part.more" || failed=1
  rm -f "$part.more"
  return "$failed"
}

here_ended() {
  fail 70 "what was sent ended after $have of $bytes bytes"
}

wait_for_reader() {
  code=0
  wait "$reader" || code=$?
  reader=
  return "$code"
}

# --- from a host that has it -------------------------------------------------------------------------------------

from_peer() {
  IFS=' ' read -r address port grant || fail 70 "nobody said where to get it"
  who=$address
  printf '%s %s %s %s %s\n' "$address" "$port" "$grant" "$wire" "$have" | bash -c "$pull" >>"$part" 2>/dev/null &
  reader=$!
  wait_watching
}

wait_watching() {
  watch_arrival "$reader" &
  watcher=$!
  wait_for_reader || true
  kill "$watcher" 2>/dev/null || true
  watcher=
  # With these cat and curl end that cannot write.
  case $code in 1 | 23) must "store artifact $sha256 in $store" room_for_more ;; esac
}

# Who does not answer, or stops sending, is left.
watch_arrival() { # PID
  patience=20 quiet=0 seen=$have
  while [ "$quiet" -lt "$patience" ]; do
    # What is left of it when the rest has ended must not hold the channel.
    pause 0.25 >/dev/null 2>&1
    count_part
    quiet=$((quiet + 1))
    [ "$have" -gt "$seen" ] || continue
    quiet=0 patience=40 seen=$have
    echo "at $have"
  done
  kill "$1" 2>/dev/null || true
}

peer_ended() {
  case $code in
    21) fail 76 "$who does not let us connect to its port $port" ;;
    22) fail 76 "$who refuses to serve it" ;;
    *) broke_off ;;
  esac
}

broke_off() {
  case $code in
    143 | 15) fail 76 "$who sent nothing for some seconds, after $have of $bytes bytes" ;;
    *) fail 76 "$who ended after $have of $bytes bytes" ;;
  esac
}

# --- from a mirror -----------------------------------------------------------------------------------------------

# The address comes to neither list of processes nor disk: it may be signed.
from_mirror() {
  IFS= read -r address || fail 70 "nobody said where to get it"
  who='the mirror'
  if find_tool curl; then
    printf 'url = "%s"\n' "$address" | "$found" -q --fail --silent --location --connect-timeout 5 -C "$have" -K - >>"$part" 2>/dev/null &
  elif find_node "$home"; then
    trust_as_system
    printf '%s %s\n' "$address" "$have" | "$node" -e "$fetch" >>"$part" 2>/dev/null &
  else
    fail 76 "this host has neither curl nor Node to ask a mirror with"
  fi
  reader=$!
  wait_watching
}

# By itself Node trusts no authority but those that are built into it.
trust_as_system() {
  for authorities in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem; do
    if [ -r "$authorities" ]; then export NODE_EXTRA_CA_CERTS="${NODE_EXTRA_CA_CERTS-$authorities}" && return; fi
  done
}

mirror_ended() {
  case $code in
    51 | 60) fail 76 "the mirror's certificate is not trusted on this host (code $code)" ;;
    5 | 6 | 7 | 21 | 28 | 35) fail 76 "the mirror cannot be reached from this host (code $code)" ;;
    22 | 33 | 36) fail 76 "the mirror has it not, or does not give it (code $code)" ;;
    *) broke_off ;;
  esac
}

# --- two at once -------------------------------------------------------------------------------------------------

# Whoever was here before may hang on a link that is gone: when nothing arrives for 5 s it is ended.
while_waiting() { # PID
  count_part
  read_uptime
  if [ "$have" != "${waited_at-}" ]; then waited_at=$have since=$uptime; fi
  if [ "$have" -eq "$bytes" ] || [ $((uptime - since)) -lt 5 ]; then return 0; fi
  since=$uptime
  kill "$1" 2>/dev/null || true
}

# --- in place ----------------------------------------------------------------------------------------------------

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
