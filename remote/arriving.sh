#!/bin/sh
# Part of receive.sh; not run by itself. How what is missing of $part comes to be there, from each $source.
# After lib.sh and parts.sh.
# shellcheck disable=SC2154 # variables of receive.sh

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
