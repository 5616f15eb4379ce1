#!/bin/sh
# Part of the scripts of this directory; not run by itself. What can be found out of processes and listeners.
# After lib.sh.

# Prints the processes that carry our marker with this HOME, a line each, tab-separated:
# marked, pid, start ticks, parent pid, cluster id, part, start id, pm2 name, pm2 id, pm2 restarts.
marked() { # HOME
  home_of_marked=$1
  candidates=$(marker_candidates "$1")
  set --
  for candidate in $candidates; do
    [ ! -e "$candidate" ] || set -- "$@" "$candidate"
  done
  [ $# -gt 0 ] || return 0
  { head -c 2097152 /dev/null "$@" 2>/dev/null || true; } | tr '\0\n' '\n\001' |
    marked_home=$home_of_marked LC_ALL=C awk "$read_environments"
}

# One grep looks into all environments. If it cannot see behind a NUL it misses its own, and then all are candidates.
marker_candidates() { # HOME
  seen=$(env -i _=_ PATH="$PATH" LC_ALL=C TRUENO_DEPLOY_PROBE=1 \
    grep -lsF -e "TRUENO_DEPLOY_HOME=$1" -e TRUENO_DEPLOY_PROBE=1 /proc/self/environ /proc/[0-9]*/environ) || true
  case $seen in
    /proc/self/environ*) printf '%s' "${seen#/proc/self/environ}" ;;
    *) printf '%s ' /proc/[0-9]*/environ ;;
  esac
}

# Reads what `head FILE FILE...` prints of environments, one variable per record, line breaks being \001.
# shellcheck disable=SC2016 # awk
read_environments='
  BEGIN { OFS = "\t"; home = ENVIRON["marked_home"]; header = "\001==> /proc/[0-9]+/environ <==\001" }
  {
    while (match($0, header)) {
      variable(substr($0, 1, RSTART - 1))
      process()
      split(substr($0, RSTART, RLENGTH), path, "/")
      pid = path[3]
      $0 = substr($0, RSTART + RLENGTH)
    }
    variable($0)
  }
  END { process() }

  function variable(text,  at) {
    if (text !~ /^(TRUENO_DEPLOY_[A-Z]+|name|pm_id|restart_time)=/) return
    at = index(text, "=")
    value[substr(text, 1, at - 1)] = substr(text, at + 1)
  }
  function process() {
    if (pid != "" && is_ours() && is_alive())
      print "marked", pid, ticks, parent, clean("TRUENO_DEPLOY_CLUSTER"), value["TRUENO_DEPLOY_PART"], clean("TRUENO_DEPLOY_START"), clean("name"), clean("pm_id"), clean("restart_time")
    split("", value)
  }
  function is_ours() {
    return value["TRUENO_DEPLOY_HOME"] == home && value["TRUENO_DEPLOY_CLUSTER"] != "" && value["TRUENO_DEPLOY_PART"] ~ /^(trueno|balancer)$/
  }
  function clean(name) { gsub(/[\001\t]/, " ", value[name]); return value[name] }
  function is_alive(  file, line, stat, field) {
    file = "/proc/" pid "/stat"
    while ((getline line < file) > 0) stat = stat line " "
    close(file)
    sub(/^.*\) /, "", stat)
    split(stat, field, " ")
    parent = field[2]
    ticks = field[20]
    return ticks != "" && field[1] != "Z" && field[1] != "X"
  }
'

# The lines of `marked` of one part and, when it is given, one cluster. While all processes are looked at one may end
# that has just handed over to another (a launcher to its daemon), and neither is seen: nothing is only nothing twice.
marked_part() { # HOME PART [CLUSTER-ID]
  lines_of_part=$(marked "$1" | of_part "$2" "${3-}")
  [ -n "$lines_of_part" ] || lines_of_part=$(marked "$1" | of_part "$2" "${3-}")
  [ -z "$lines_of_part" ] || printf '%s\n' "$lines_of_part"
}

# Of the lines of `marked`, those of one part and, when it is given, one cluster.
of_part() { # PART [CLUSTER-ID]
  awk -F '\t' -v part="$1" -v cluster="${2-}" '$6 == part && (cluster == "" || $5 == cluster)'
}

# Prints the listening TCP sockets on these ports, tab-separated: socket, port, address (* for any), uid, inode.
listening() { # PORT...
  ! any_listens "$@" || listening_ports="$*" LC_ALL=C awk "$read_sockets"
}

# Whether it is worth looking: ss has the kernel list listeners alone, /proc/net/tcp makes it walk all connections.
any_listens() { # PORT...
  [ $# -gt 0 ] || return 1
  { find_tool ss && listeners=$(ss -ltn 2>/dev/null); } || return 0
  for port in "$@"; do
    case $listeners in *":$port "*) return 0 ;; esac
  done
  return 1
}

# shellcheck disable=SC2016 # awk
read_sockets='
  BEGIN {
    OFS = "\t"
    split(ENVIRON["listening_ports"], list, " ")
    for (i in list) wanted[list[i] + 0] = 1
    read("/proc/net/tcp")
    read("/proc/net/tcp6")
  }

  function read(file,  line, field, at) {
    while ((getline line < file) > 0) {
      if (line !~ / 0A /) continue
      split(line, field, " ")
      at = index(field[2], ":")
      if (field[4] == "0A" && number(substr(field[2], at + 1)) in wanted)
        print "socket", number(substr(field[2], at + 1)), address(substr(field[2], 1, at - 1)), field[8], field[10]
    }
    close(file)
  }
  function number(hex,  i, sum) {
    for (i = 1; i <= length(hex); i++) sum = sum * 16 + index("0123456789ABCDEF", substr(hex, i, 1)) - 1
    return sum
  }
  function address(hex,  big, i) {
    for (i = 1; i <= length(hex); i += 8) big = big swapped(substr(hex, i, 8))
    if (big ~ /^0+$/ || big ~ /^0+FFFF0+$/) return "*"
    if (length(big) == 8) return dotted(big)
    return big ~ /^00000000000000000000FFFF/ ? dotted(substr(big, 25)) : grouped(big)
  }
  function swapped(word) { return substr(word, 7, 2) substr(word, 5, 2) substr(word, 3, 2) substr(word, 1, 2) }
  function dotted(hex) {
    return number(substr(hex, 1, 2)) "." number(substr(hex, 3, 2)) "." number(substr(hex, 5, 2)) "." number(substr(hex, 7, 2))
  }
  function grouped(hex,  i, group, text, run, at) {
    for (i = 1; i <= 32; i += 4) {
      group = tolower(substr(hex, i, 4))
      sub(/^0+/, "", group)
      text = text ":" (group == "" ? "0" : group)
    }
    for (run = ":0:0:0:0:0:0:0"; length(run) >= 4; run = substr(run, 3))
      if (at = index(text ":", run ":")) {
        text = substr(text, 1, at - 1) "::" substr(text, at + length(run) + 1)
        break
      }
    return text ~ /^::/ ? text : substr(text, 2)
  }
'

# Prints who holds these sockets: holder, inode, pid. PIDS are those to look at; `all` looks at every process.
holders() { # "INODE..." "PID..."|all
  [ -n "$1" ] && [ -n "$2" ] || return 0
  # shellcheck disable=SC2086 # a list of numbers
  if [ "$2" = all ]; then directories=$(echo /proc/[0-9]*/fd); else directories=$(printf '/proc/%s/fd ' $2); fi
  # shellcheck disable=SC2086 # a list of paths in /proc; the first makes ls head each directory
  { ls -ln /dev/null $directories 2>/dev/null || true; } | inodes=$1 LC_ALL=C awk '
    BEGIN { OFS = "\t"; split(ENVIRON["inodes"], list, " "); for (i in list) wanted[list[i]] = 1 }
    /^\/proc\/[0-9]+\/fd:$/ { split($0, path, "/") }
    match($0, / -> socket:\[[0-9]+\]$/) {
      inode = substr($0, RSTART + 12, RLENGTH - 13)
      if (inode in wanted) print "holder", inode, path[3]
    }'
}

# Prints the beginning of the command lines of these processes: command, pid, text.
commands() { # PID...
  [ $# -gt 0 ] || return 0
  files=$(printf '/proc/%s/cmdline ' "$@")
  # shellcheck disable=SC2086 # a list of paths in /proc; the first makes head print headers
  { head -c 300 /dev/null $files 2>/dev/null || true; } | tr '\0\t' '  ' | LC_ALL=C awk '
    function told() { sub(/ +$/, "", text); if (pid != "" && text != "") print "command\t" pid "\t" text; text = "" }
    /^==> \/proc\/[0-9]+\/cmdline <==$/ { told(); split($0, path, "/"); pid = path[3]; next }
    { text = text $0 " " }
    END { told() }'
}
