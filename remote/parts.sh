#!/bin/sh
# Part of the scripts of this directory; not run by itself. What is temporary in the store, the Node in it, and what a
# tree is made of. After lib.sh.
# shellcheck disable=SC2034 # read by lib.sh

# Removes what has arrived of artifacts and does not go on.
remove_parts() { # HOME
  for arrived in "$1"/artifacts/.part-*; do
    flags=$1/run/.receive-${arrived##*/.part-} mine=
    if [ -e "$arrived" ] && alone; then rm -rf "$arrived"; fi
  done
}

# Removes what was kept to be passed on in runs with tokens up to this one.
remove_seeds() { # HOME TOKEN
  for seed in "$1"/artifacts/.seed-*; do
    if is_number "${seed##*-}" && [ "${seed##*-}" -le "$2" ]; then rm -f "$seed"; fi
  done
}

# Sets $node: that of the host, or of a release, which may have arrived a moment ago.
find_node() { # HOME
  find_tool node || found=
  for node in "$found" "$1"/current/runtime/node/bin/node "$1"/artifacts/*/node/bin/node; do
    if [ -x "$node" ] && "$node" -e 0 >/dev/null 2>&1; then return 0; fi
  done
  return 1
}

# Prints of what the working directory is made of, two spaces before each path: `program` of what its owner may execute,
# the sha256 of each file, `link TARGET` of each link.
list_tree() {
  find . -type f -perm -100 | sed 's/^/program  /'
  find . -type f -exec sha256sum {} + || return
  # shellcheck disable=SC2016 # the shell that find runs
  find . -type l -exec sh -c 'for link do printf "link %s  %s\n" "$(readlink "$link")" "$link"; done' list {} +
}
