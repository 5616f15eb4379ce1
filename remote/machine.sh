#!/bin/sh
# Part of facts.sh; not run by itself. The machine, the directories $home and $data, and the records in $home.
# After lib.sh. The epoch is $now.
# shellcheck disable=SC2154 # those three

# Whatever can be read from files, by one process. What is not there is not told.
machine_and_records() {
  loaders=$(echo /lib/ld-musl-*.so.1 /lib/ld-linux*.so.* /lib64/ld-linux*.so.* /lib/*/ld-linux*.so.*)
  facts_home=$home facts_now=$now facts_loaders=$loaders awk '
    BEGIN {
      OFS = "\t"
      home = ENVIRON["facts_home"]
      print "hostname", line_of("/proc/sys/kernel/hostname")
      print "os", os()
      print "libc", libc()
      print "boot", line_of("/proc/sys/kernel/random/boot_id")
      print "cpus", cpus(line_of("/sys/devices/system/cpu/online"))
      print "memory", number_after("/proc/meminfo", "^MemTotal:"), number_after("/proc/meminfo", "^MemAvailable:")
      tell("map-count", line_of("/proc/sys/vm/max_map_count"))
      tell("receipt", text_of(home "/receipt.json"))
      tell("start", text_of(home "/run/start.json"))
      tell("balancer-start", text_of(home "/run/balancer-start.json"))
      print "token", highest(home "/run/token")
      lease(text_of(home "/lease/owner.json"), line_of(home "/lease/beat"))
      exits(home "/run/pm2/pm2.log")
    }

    function tell(name, value) { if (value != "") print name, value }
    function line_of(file,  line) {
      if ((getline line < file) <= 0) line = ""
      close(file)
      return line
    }
    function text_of(file,  line, text) {
      while (length(text) < 65536 && (getline line < file) > 0) text = text line " "
      close(file)
      gsub(/[\t\r]/, " ", text)
      sub(/ +$/, "", text)
      return text
    }
    function number_after(file, pattern,  line, field, found) {
      while (!found && (getline line < file) > 0) found = line ~ pattern
      close(file)
      split(line, field, " ")
      return found ? field[2] : 0
    }
    function os(  file, line, name) {
      file = "/etc/os-release"
      while (name == "" && (getline line < file) > 0) if (sub(/^PRETTY_NAME=/, "", line)) name = line
      close(file)
      gsub(/["\t]/, "", name)
      return name == "" ? line_of("/proc/sys/kernel/ostype") : name
    }
    # Whichever this process itself runs on. A static one, as busybox can be, goes by the loaders that are there.
    function libc(  file, line, name) {
      file = "/proc/self/maps"
      while (name == "" && (getline line < file) > 0) {
        if (line ~ /\/ld-musl-/) name = "musl"
        else if (line ~ /\/(libc\.so\.6|libc-2\.|ld-linux)/) name = "glibc"
      }
      close(file)
      return name == "" ? loader(ENVIRON["facts_loaders"]) : name
    }
    # Names with a star are patterns that nothing was found for.
    function loader(names,  list, count, i, musl, glibc) {
      count = split(names, list, " ")
      for (i = 1; i <= count; i++) if (list[i] !~ /\*/) list[i] ~ /musl/ ? musl++ : glibc++
      return musl && !glibc ? "musl" : glibc && !musl ? "glibc" : "unknown"
    }
    # From ranges such as 0-3,6.
    function cpus(list,  range, bounds, i, n, sum) {
      n = split(list, range, ",")
      for (i = 1; i <= n; i++) sum += split(range[i], bounds, "-") == 2 ? bounds[2] - bounds[1] + 1 : 1
      return sum == 0 ? 1 : sum
    }
    function highest(file,  line, most) {
      while ((getline line < file) > 0) if (line ~ /^[0-9]+$/ && line + 0 > most + 0) most = line
      close(file)
      return most + 0
    }
    function lease(owner, beat,  silent) {
      silent = ENVIRON["facts_now"] - (beat ~ /^[0-9]+$/ ? beat : 0)
      if (owner != "") print "lease", (silent < 0 ? 0 : silent), owner
    }
    # Its beginning is enough: that of the start.
    function exits(file,  line, name, count, lines) {
      while (lines++ < 1000 && (getline line < file) > 0)
        if (match(line, /App \[[^]]+\] with id \[[0-9]+\] and pid \[[0-9]+\], exited/)) {
          name = substr(line, RSTART + 5, index(substr(line, RSTART), "]") - 6)
          count[name]++
        }
      close(file)
      for (name in count) print "exits", name, count[name]
    }'
}

# Where HOME and DATA are, or would be: what is not there yet is judged by its nearest parent.
places() {
  nearest "$home"
  home_near=$near home_state=$state
  nearest "$data"
  { stat -Lc %d:%i "$home_near" "$near" && df -Pk "$home_near" "$near" && stat -f -c 'files %c %d' "$home_near"; } 2>/dev/null |
    home=$home home_near=$home_near home_state=$home_state data=$data data_near=$near data_state=$state awk '
      BEGIN { OFS = "\t" }
      # A file system without such a limit says that it has none at all.
      /^files [1-9][0-9]* [0-9]+$/ { print "free-files", $3 }
      NR < 3 { identity[NR] = $0 }
      NR > 3 { disk[NR - 3] = $0 }
      END {
        place("home", identity[1], disk[1])
        place("data", identity[2], disk[2])
      }

      function place(name, identity, disk,  path, near, state, mount) {
        path = ENVIRON[name]
        near = ENVIRON[name "_near"]
        state = ENVIRON[name "_state"]
        match(disk, /% +\//)
        mount = type_of(substr(disk, RSTART + RLENGTH - 1))
        if (options ~ /(^|,)ro(,|$)/) sub(/ writable/, " unwritable", state)
        identity = identity (near == "/" && path != "/" ? path : substr(path, length(near) + 1))
        sub(/ /, OFS, state)
        print name, path, state, identity, (match(disk, / [0-9]+ +[0-9-]+%/) ? substr(disk, RSTART + 1) + 0 : 0), mount
      }
      # The last one mounted there counts.
      function type_of(point,  line, field, type) {
        type = "unknown"
        options = ""
        while ((getline line < "/proc/mounts") > 0) {
          split(line, field, " ")
          if (unescaped(field[2]) == point) { type = field[3]; options = field[4] }
        }
        close("/proc/mounts")
        return type
      }
      function unescaped(text) { gsub(/\\040/, " ", text); gsub(/\\011/, "\t", text); gsub(/\\134/, "\\", text); return text }'
}

nearest() { # PATH; sets $near and $state
  near=$1 state=exists
  until [ -e "$near" ]; do
    state=missing near=${near%/*}
    [ -n "$near" ] || near=/
  done
  if [ -d "$near" ] && [ -w "$near" ] && [ -x "$near" ]; then state="$state writable"; else state="$state unwritable"; fi
}
