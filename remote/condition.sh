#!/bin/sh
# Part of evidence.sh; not run by itself. How the host and what runs there are now. After lib.sh and processes.sh.
# What cannot be looked at is left out: every part of it may be forbidden, or not there.
# shellcheck disable=SC2154 # $home and $data

condition() { # PORT...
  since=$(start_time)
  printf 'now\t%s\n' "$(date +%s)"
  [ -z "$since" ] || printf 'start\t%s\n' "$since"
  # shellcheck disable=SC3045 # known to dash, bash and busybox
  printf 'open-files\t%s\n' "$(ulimit -Hn)"
  memory
  disk home "$home"
  disk data "$data"
  disk tmp /tmp
  marks=$(marked "$home")
  own_processes
  oom_kills
  who_listens "$@"
  kernel_says
  versions
}

# Of the present start, as its record begins: {"id":"1700000000-123",...
start_time() {
  [ -r "$home/run/start.json" ] || return 0
  sed -n '1s/^{"id":"\([0-9][0-9]*\)-.*/\1/p' "$home/run/start.json"
}

memory() {
  awk '/^(MemTotal|MemAvailable|SwapFree):/ { kib[$1] = $2 }
    END { printf "memory\t%d\t%d\t%d\n", kib["MemTotal:"], kib["MemAvailable:"], kib["SwapFree:"] }' /proc/meminfo
}

disk() { # NAME PATH
  place=$2
  until [ -e "$place" ]; do place=${place%/*} && [ -n "$place" ] || place=/; done
  # shellcheck disable=SC2046 # four numbers
  set -- "$1" "$2" $(stat -f -c '%a %S %d %c' "$place" 2>/dev/null)
  [ $# -eq 6 ] || return 0
  # Some file systems do not count theirs.
  if [ "$6" -eq 0 ]; then inodes=; else inodes=$5; fi
  printf 'disk\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$(($3 * ($4 / 512) / 2))" "$inodes" "$(mount_of "$(cd "$place" 2>/dev/null && pwd -P)")"
}

# File system and options of the mount that a directory is in: the longest mount point above it, the last one there.
mount_of() { # PATH
  place=$1 awk '
    BEGIN { OFS = "\t" }
    {
      point = $2
      gsub(/\\040/, " ", point)
      if (index(ENVIRON["place"] "/", (point == "/" ? "" : point) "/") == 1 && length(point) >= longest) {
        longest = length(point)
        type = $3
        options = $4
      }
    }
    END { print type, options }' /proc/mounts
}

# The processes that carry our marker, and the limits of those that pm2 runs.
own_processes() {
  [ -n "$marks" ] || return 0
  # shellcheck disable=SC2046 # lists of numbers
  told=$(commands $(printf '%s\n' "$marks" | cut -f 2))
  printf '%s\n' "$told" "$marks" | awk -F '\t' '
    BEGIN { OFS = "\t"; getline uptime < "/proc/uptime" }
    $1 == "command" { command[$2] = $3 }
    $1 == "marked" {
      up = int(uptime - $3 / 100)
      print "process", $2, (up < 0 ? 0 : up), $8, $10 + 0, command[$2]
      if ($8 != "") print "limits", $2, $8, limit($2, "Max open files"), limit($2, "Max processes"), limit($2, "Max locked memory")
    }

    function limit(pid, name,  file, line, field) {
      file = "/proc/" pid "/limits"
      while ((getline line < file) > 0)
        if (index(line, name) == 1) { split(substr(line, 27), field, " "); close(file); return field[1] }
      close(file)
      return ""
    }'
}

# Version 2 and 1 of control groups. A count of an earlier time is in it too.
oom_kills() {
  for group in /proc/self/cgroup $(printf '%s\n' "$marks" | awk -F '\t' '$1 == "marked" { print "/proc/" $2 "/cgroup" }' | head -n 20); do
    sed -n 's/^0:://p; s/^[0-9]*:\(.*,\)*memory\(,.*\)*:/memory/p' "$group" 2>/dev/null || true
  done | sort -u | while read -r path; do
    cat "/sys/fs/cgroup$path/memory.events" "/sys/fs/cgroup/$path/memory.oom_control" 2>/dev/null || true
  done | awk '$1 == "oom_kill" { sum += $2; seen = 1 } END { if (seen) printf "oom-kills\t%d\n", sum }'
}

who_listens() { # PORT...
  [ $# -gt 0 ] || return 0
  sockets=$(listening "$@")
  [ -n "$sockets" ] || return 0
  held=$(holders "$(printf '%s\n' "$sockets" | cut -f 5)" all)
  # shellcheck disable=SC2046 # lists of numbers
  told=$(commands $(printf '%s\n' "$held" | cut -f 3))
  printf '%s\n' "$marks" "$held" "$told" "$sockets" | awk -F '\t' '
    BEGIN { OFS = "\t" }
    $1 == "marked" { ours[$2] = 1 }
    $1 == "holder" && (!($2 in holder) || $3 in ours) { holder[$2] = $3 }
    $1 == "command" { command[$2] = $3 }
    $1 == "socket" { print "listener", $2, $3, holder[$5], user($4), command[holder[$5]], (holder[$5] in ours ? "ours" : "foreign") }

    function user(uid,  entry, field) {
      while ((getline entry < "/etc/passwd") > 0) {
        split(entry, field, ":")
        if (field[3] == uid) { close("/etc/passwd"); return field[1] }
      }
      close("/etc/passwd")
      return uid
    }'
}

# Where the kernel lets us read what it said. Its times are seconds since it began.
kernel_says() {
  find_tool dmesg || return 0
  { "$found" 2>/dev/null || true; } | tail -n 500 | since=$since awk '
    BEGIN { getline uptime < "/proc/uptime"; "date +%s" | getline now; first = ENVIRON["since"] == "" ? 0 : ENVIRON["since"] - now + uptime }
    match($0, /^\[ *[0-9]+\.[0-9]+\] /) {
      if (substr($0, 2, RLENGTH - 3) + 0 < first) next
      text = substr($0, RLENGTH + 1)
      if (text ~ /[Kk]illed process|[Oo]ut of memory|oom-kill|I\/O error|[Rr]emount(ing|ed).*read-only/) line[++count] = text
    }
    END { for (i = (count > 10 ? count - 9 : 1); i <= count; i++) print "kernel\t" line[i] }'
}

versions() {
  package=$home/current/node_modules/pm2/package.json
  if [ -r "$package" ]; then sed -n 's/^ *"version": *"\([^"]*\)".*/pm2\t\1/p' "$package" | head -n 1; fi
  node=$home/current/runtime/node/bin/node
  if [ -x "$node" ] || { find_tool node && node=$found; }; then printf 'node\t%s\n' "$("$node" --version 2>/dev/null </dev/null || true)"; fi
}
