#!/bin/sh
# Part of facts.sh; not run by itself. What runs with our marker, and who listens on the ports.
# After lib.sh and processes.sh. Of the host $key, in $home; whoever this is has $uid.
# shellcheck disable=SC2154 # those three

processes_and_listeners() { # PORT...
  look "$@"
  [ -n "$marks$sockets" ] || return 0
  # What starts or ends while we look is in one list and not in the other, as if it were somebody else's.
  [ -z "$sockets" ] || [ -z "$(lacking "$key")" ] || look "$@"
  unheld=$(lacking)
  [ -z "$unheld" ] || {
    held=$held$newline$(holders "$unheld" all)
    [ -z "$(lacking)" ] || forget_closed "$@"
  }
  # shellcheck disable=SC2046,SC2086 # lists of numbers
  told=$(commands $pids $(column 3 "$held"))
  printf '%s\n' "$marks" "$sockets" "$held" "$told" | awk -F '\t' "$join_processes"
}

# The listeners first: what comes after them has no socket among them, and what is among them has begun before.
look() { # PORT...
  sockets=$(listening "$@")
  marks=$(marked "$home")
  pids='' held=''
  [ -z "$marks" ] || pids=$(column 2 "$marks")
  [ -z "$marks" ] || [ -z "$sockets" ] || held=$(holders "$(column 5 "$sockets")" "$pids")
}

# Drops those of $sockets that nobody holds, though we may see who does, and that are closed by now.
forget_closed() { # PORT...
  sockets=$(printf '%s\n' "$sockets" | unheld=$(lacking) open=$(listening "$@") awk -F '\t' '
    BEGIN {
      split(ENVIRON["unheld"], list, "\n")
      for (i in list) closed[list[i]] = 1
      count = split(ENVIRON["open"], list, "\n")
      for (i = 1; i <= count; i++) { split(list[i], socket, "\t"); delete closed[socket[5]] }
    }
    !($5 in closed)')
}

column() { # NUMBER LINES
  [ -z "$2" ] || printf '%s\n' "$2" | cut -f "$1"
}

# Inodes of those of $sockets whose holder we may see and is not in $held. With a KEY only of those that may be in our
# way: of a key that is a name we do not wait for the addresses.
lacking() { # [KEY]
  printf '%s\n' "$sockets" "$held" | key=${1-} awk -F '\t' -v uid="$uid" '
    BEGIN { key = ENVIRON["key"] }
    $1 == "socket" && (uid == 0 || $4 == uid) && (key !~ /:|^[0-9.]+$/ || $3 == "*" || $3 == key) { lacking[$5] = 1 }
    $1 == "holder" { delete lacking[$2] }
    END { for (inode in lacking) print inode }'
}

# A process has the name of pm2 that started it if pm2 itself did: not what such a process started, nor a pm2 command.
# shellcheck disable=SC2016 # awk
join_processes='
  BEGIN { OFS = "\t" }
  $1 == "marked" { line[++count] = $0; identity[$2] = $9 == "" ? "" : $8 " " $9 }
  $1 == "socket" { socket[++sockets] = $0 }
  $1 == "holder" && !($2 in holder) { holder[$2] = $3 }
  $1 == "command" { command[$2] = $3 }
  END {
    getline uptime < "/proc/uptime"
    for (i = 1; i <= count; i++) {
      split(line[i], m, "\t")
      up = int(uptime - m[3] / 100)
      print "process", m[2], m[3], (up < 0 ? 0 : up), m[5], m[6], m[7], (named(m[2], m[4]) ? m[8] : ""), m[10] + 0, command[m[2]]
    }
    if (sockets) read_users()
    for (i = 1; i <= sockets; i++) {
      split(socket[i], s, "\t")
      pid = holder[s[5]]
      print "listener", s[2], s[3], pid, (s[4] in user ? user[s[4]] : s[4]), command[pid]
    }
  }

  function named(pid, parent) {
    return identity[pid] != "" && identity[pid] != identity[parent] && command[pid] !~ /God Daemon|pm2-gui|pm2[^ ]* logs /
  }
  function read_users(  entry, field) {
    while ((getline entry < "/etc/passwd") > 0) {
      split(entry, field, ":")
      if (!(field[3] in user)) user[field[3]] = field[1]
    }
  }
'
