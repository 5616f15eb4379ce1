#!/bin/sh
# Makes sure that what the tests need is on this machine. As root, what is missing is installed with the system's
# package manager, with service starts blocked; otherwise it is named, and the script fails.
#   usage: test-setup.sh [MORE_TOOL...]
#   exit:  0 all is there, 1 something is missing
set -eu

missing() { # TOOL...
  for tool in ssh sshd ssh-keygen dash bash busybox fish tcsh tar gzip perl script sudo doas "$@"; do
    PATH="$PATH:/usr/sbin:/sbin" command -v "$tool" >/dev/null 2>&1 || printf '%s ' "$tool"
  done
}

packages_of() {
  case $1 in
    ssh | ssh-keygen) echo openssh-client ;;
    sshd) echo openssh-server ;;
    script) echo bsdutils ;;
    doas) echo opendoas ;;
    *) echo "$1" ;;
  esac
}

# Debian starts a service when it is installed unless this says no; the tests start their own sshd.
install_debian() {
  export DEBIAN_FRONTEND=noninteractive
  policy=/usr/sbin/policy-rc.d
  made=
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    made=yes
  fi
  status=0
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@" >/dev/null; } || status=$?
  if [ -n "$made" ]; then rm -f "$policy"; fi
  return "$status"
}

lacking=$(missing "$@")
if [ -n "$lacking" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  packages=$(for tool in $lacking; do packages_of "$tool"; done | sort -u)
  echo "test-setup: installing $(echo "$packages" | tr '\n' ' ')" >&2
  # shellcheck disable=SC2086 # one word a package
  install_debian $packages || true
  lacking=$(missing "$@")
fi
if [ -n "$lacking" ]; then
  echo "test-setup: the tests need these, and they are not here: $lacking" >&2
  echo "test-setup: on Debian: sudo apt-get install openssh-client openssh-server dash bash busybox fish tcsh tar gzip perl bsdutils sudo opendoas" >&2
  exit 1
fi
# sshd as root wants its privilege separation directory.
if [ "$(id -u)" = 0 ]; then mkdir -p /run/sshd; fi
