#!/bin/sh
# Part of facts.sh; not run by itself. The machine, the directories $home and $data, and the records in $home.
# After lib.sh. The epoch is $now; the names to be looked up are $names; whoever this is has $uid.
# shellcheck disable=SC2154 # those five

# Whatever can be read from files, and where HOME and DATA are, by one process. What is not there is not told.
machine_places_and_records() {
  set -- /lib/ld-musl-*.so.1 /lib/ld-linux*.so.* /lib64/ld-linux*.so.* /lib/*/ld-linux*.so.*
  loaders=$*
  logind_files
  nearest "$home"
  home_near=$near home_state=$state
  nearest "$data"
  { stat -Lc %d:%i "$home_near" "$near" && df -Pk "$home_near" "$near" && stat -f -c 'files %c %d' "$home_near" "$near"; } 2>/dev/null |
    facts_now=$now facts_loaders=$loaders facts_names=$names facts_logind=$logind facts_uid=$uid \
      home=$home home_near=$home_near home_state=$home_state data=$data data_near=$near data_state=$state awk '
    BEGIN {
      OFS = "\t"
      home = ENVIRON["home"]
      print "user", name_here(ENVIRON["facts_uid"]), ENVIRON["facts_uid"]
      print "hostname", line_of("/proc/sys/kernel/hostname")
      print "os", os()
      print "libc", libc()
      print "boot", line_of("/proc/sys/kernel/random/boot_id")
      print "cpus", cpus(line_of("/sys/devices/system/cpu/online"))
      memory()
      tell("map-count", line_of("/proc/sys/vm/max_map_count"))
      tell("huge-pages", in_brackets(line_of("/sys/kernel/mm/transparent_hugepage/enabled")))
      limits()
      session()
      hosts()
      addresses()
      tell("receipt", text_of(home "/receipt.json"))
      tell("start", text_of(home "/run/start.json"))
      tell("stopped", line_of(home "/run/stopped"))
      tell("balancer-start", text_of(home "/run/balancer-start.json"))
      print "token", highest(home "/run/token")
      lease(text_of(home "/lease/owner.json"), home "/lease/beat")
      exits(home "/run/pm2/pm2.log")
    }
    # A file system without such a limit says that it has none at all.
    /^files [0-9]+ [0-9]+$/ { files[++counted] = $2 > 0 ? $3 : "" }
    NR < 3 { identity[NR] = $0 }
    NR > 3 { disk[NR - 3] = $0 }
    END {
      place("home", identity[1], disk[1], files[1])
      place("data", identity[2], disk[2], files[2])
      type_of("/tmp")
      if (flag("noexec")) print "temporary", "noexec"
    }

    function tell(name, value) { if (value != "") print name, value }
    # Some awks print a number beyond 2^31 with an exponent.
    function whole(number) { return sprintf("%.0f", number) }
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
    function memory(  file, line, field, kib, bytes) {
      file = "/proc/meminfo"
      while ((getline line < file) > 0) if (split(line, field, " ") > 1) kib[field[1]] = field[2]
      close(file)
      print "memory", whole(kib["MemTotal:"]), whole(kib["MemAvailable:"])
      tell("swap", kib["SwapTotal:"])
      bytes = line_of("/sys/fs/cgroup/memory.max")
      if (bytes == "") bytes = line_of("/sys/fs/cgroup/memory/memory.limit_in_bytes")
      if (bytes ~ /^[0-9]+$/ && length(bytes) < 18) print "memory-limit", whole(int(bytes / 1024))
    }
    function in_brackets(text) { return match(text, /\[[a-z]+\]/) ? substr(text, RSTART + 1, RLENGTH - 2) : "" }
    # Those of this process are those of the session.
    function limits(  file, line, field, name) {
      file = "/proc/self/limits"
      name["Max open files"] = "open-files"
      name["Max processes"] = "threads"
      name["Max address space"] = "address-space"
      name["Max locked memory"] = "locked-memory"
      while ((getline line < file) > 0)
        if (split(line, field, /  +/) > 2 && field[1] in name) print "limit", name[field[1]], field[3]
      close(file)
    }
    # What a session of logind leaves running is killed, or not, whatever lingers (logind.conf, KillUserProcesses).
    function session(  file, line, field, user) {
      file = "/proc/self/cgroup"
      while (user == "" && (getline line < file) > 0)
        if (match(line, /\/user-[0-9]+\.slice\/session-[^\/]*\.scope/)) {
          split(substr(line, RSTART + 6), field, ".")
          user = name_of(field[1])
        }
      close(file)
      if (user != "") print "session", user, what_ends(user)
    }
    # Whom the system knows from elsewhere, it is asked for.
    function name_here(uid,  name, command) {
      name = name_of(uid)
      command = "id -un 2>/dev/null"
      if (name == uid) command | getline name
      return name
    }
    function name_of(uid,  file, line, field, name) {
      file = "/etc/passwd"
      name = uid
      while (name == uid && (getline line < file) > 0) if (split(line, field, ":") > 2 && field[3] == uid) name = field[1]
      close(file)
      return name
    }
    # Its files say their defaults in comments.
    function what_ends(user,  list, i, count, line, value, kill, only, spared) {
      spared = "root"
      count = split(ENVIRON["facts_logind"], list, " ")
      for (i = 1; i <= count; i++) {
        while ((getline line < list[i]) > 0) {
          value = substr(line, index(line, "=") + 1)
          if (line ~ /^ *KillUserProcesses *=/ || (kill == "" && line ~ /^ *# *KillUserProcesses *=/)) kill = tolower(value)
          if (line ~ /^ *KillOnlyUsers *=/) only = value
          if (line ~ /^ *KillExcludeUsers *=/) spared = value
        }
        close(list[i])
      }
      gsub(/[ "]/, "", kill)
      if (is_in(user, spared)) return "leaves"
      if (only ~ /[^ ]/) return is_in(user, only) ? "kills" : "leaves"
      return kill ~ /^(yes|true|on|1)$/ ? "kills" : kill == "" ? "unknown" : "leaves"
    }
    function is_in(word, list) { return index(" " list " ", " " word " ") > 0 }
    # They come before any name server on nearly every system.
    function hosts(  file, line, field, count, i) {
      if (ENVIRON["facts_names"] !~ /[^ ]/) return
      file = "/etc/hosts"
      while ((getline line < file) > 0) {
        sub(/#.*/, "", line)
        count = split(line, field, " ")
        for (i = 2; i <= count; i++) if (is_in(field[i], ENVIRON["facts_names"])) print "name", field[i], field[1]
      }
      close(file)
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
    # A whole range that is local, or a routing table of the size of the internet, is not told.
    function addresses(  file, line, field, ip, told, all, lines, wide) {
      file = "/proc/net/fib_trie"
      while (++lines < 20000 && (getline line < file) > 0) {
        split(line, field, " ")
        if (field[1] == "|--") ip = field[2]
        if (line !~ /host LOCAL/ || ip ~ /^127\./) continue
        if (field[1] != "/32") wide = 1
        if (!told[ip]++) all = all (all == "" ? "" : " ") ip
      }
      close(file)
      if (lines > 1 && lines < 20000 && !wide) print "local", all
    }
    function highest(file,  line, most) {
      while ((getline line < file) > 0) if (line ~ /^[0-9]+$/ && line + 0 > most + 0) most = line
      close(file)
      return most + 0
    }
    # As lease.sh reads it.
    function lease(owner, file,  epoch, line, at, silent) {
      if (owner == "") return
      if ((getline epoch < file) <= 0 || epoch !~ /^[0-9]+$/) epoch = 0
      silent = ENVIRON["facts_now"] - epoch
      if ((getline line < file) > 0 && split(line, at, " ") == 2)
        silent = int(line_of("/proc/uptime")) - (at[1] == line_of("/proc/sys/kernel/random/boot_id") ? at[2] : 0)
      close(file)
      print "lease", (silent < 0 ? 0 : whole(silent)), owner
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
    }
    function place(name, identity, disk, files,  path, near, state, mount, number) {
      path = ENVIRON[name]
      near = ENVIRON[name "_near"]
      state = ENVIRON[name "_state"]
      match(disk, /% +\//)
      mount = type_of(substr(disk, RSTART + RLENGTH - 1))
      if (flag("ro")) sub(/ writable/, " unwritable", state)
      identity = identity (near == "/" && path != "/" ? path : substr(path, length(near) + 1))
      sub(/ /, OFS, state)
      match(disk, / [0-9]+ +[0-9]+ +[0-9]+ +[0-9-]+%/)
      split(substr(disk, RSTART), number, " ")
      print name, path, state, identity, whole(number[3]), whole(number[1]), files, mount, flag("ro") (flag("noexec") ? "," flag("noexec") : "")
    }
    function flag(name) { return options ~ ("(^|,)" name "(,|$)") ? name : "" }
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

# Sets $logind to the files of which later ones win, where logind runs.
logind_files() {
  logind=
  [ -e /run/systemd/system ] || return 0
  for logind_file in /usr/lib/systemd/logind.conf /etc/systemd/logind.conf /usr/lib/systemd/logind.conf.d/*.conf \
    /run/systemd/logind.conf.d/*.conf /etc/systemd/logind.conf.d/*.conf; do
    [ ! -r "$logind_file" ] || logind="$logind $logind_file"
  done
}

# Where a path is, or would be: what is not there yet is judged by its nearest parent.
nearest() { # PATH; sets $near and $state
  near=$1 state=exists
  until [ -e "$near" ]; do
    state=missing near=${near%/*}
    [ -n "$near" ] || near=/
  done
  if [ ! -d "$near" ]; then
    state="$state obstructed"
  elif [ -w "$near" ] && [ -x "$near" ]; then
    state="$state writable"
  else
    state="$state unwritable"
  fi
}
