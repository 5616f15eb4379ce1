import { either, type Section, stops } from './entry.js'

export const connection = {
  title: 'Reaching hosts',
  about: 'A host that cannot be reached does not hide the others: all such hosts are told at once.',
  entries: {
    'name-not-found': stops(
      'The host name is not known',
      'This machine cannot resolve the name by which the host is to be reached.',
      'The key of `cluster.json` is known in the data centre only.',
      'Give the address in the inventory (`ssh:`), in ~/.ssh/config or in /etc/hosts.',
    ),
    'connection-refused': stops(
      'Nobody listens at the SSH port',
      'The machine answers, but no sshd does at this port.',
      'sshd is not running, or listens at another port.',
      'Give the port with `port:` in the inventory or in ~/.ssh/config.',
    ),
    'connection-timed-out': stops(
      'The host does not answer',
      'Packets to it get no answer at all.',
      'The host is down, or a firewall drops them.',
      'Try `ssh HOST` from here.',
    ),
    'no-route': stops(
      'The host cannot be reached',
      'The network says that there is no way to it.',
      'A VPN that is not up, or a wrong address.',
      'Try `ssh HOST` from here.',
    ),
    'host-key-unknown': stops(
      'The host key is not known',
      'The host is not in known_hosts and not pinned, so it could be anybody.',
      'The first contact with a new host.',
      'Compare the fingerprint, then run `trueno-deploy trust`.',
    ),
    'host-key-changed': stops(
      'The host key has changed',
      'The host presents another key than before: somebody may be listening in.',
      'The host was set up anew, or its address was given to another machine.',
      'Ask whoever runs it. Only then remove the old key and run `trueno-deploy trust`.',
    ),
    'host-key-revoked': stops(
      'The host key is revoked',
      'The key is marked @revoked: it must not be used any more.',
      'The key was stolen, or was in an image.',
      'The host needs a new key.',
    ),
    'auth-failed': stops(
      'The host does not let us in',
      'None of the keys or passwords was accepted.',
      'Another user, or a public key that is not in authorized_keys there.',
      'Try `ssh HOST` from here; give `user:` or `identityFile:` in the inventory.',
    ),
    'no-shell': stops(
      'The login has no shell that runs scripts',
      'After the login the host does not run what it is sent.',
      'A forced command, nologin, or a menu.',
      'Use a login with an ordinary shell.',
    ),
    'ssh-protocol': stops(
      'The SSH connection cannot be made',
      'The two ends cannot agree, or what answers is no SSH server.',
      'Another service at that port, or a very old sshd.',
      'Try `ssh -v HOST` from here.',
    ),
    blocked: stops(
      'The address is outside of TRUENO_DEPLOY_ONLY',
      'The environment forbids to reach it, and no packet was sent.',
      'A rehearsal or a test in which a real address was named.',
      'Add its network, or unset the variable.',
    ),
    'connection-lost': stops(
      'The connection was lost',
      'The link broke and could not be made again. What the host was doing it goes on with.',
      'A laptop that slept, or a network that went away.',
      'Run the same command again: it goes on where this one stopped.',
    ),
    unreachable: stops(
      'Not reachable',
      'There is no connection to the host.',
      'It was told before why.',
      'See `trueno-deploy status`.',
    ),
    'host-silent': either(
      'The host does not answer',
      'It let us in, and did not say how it is in time.',
      'Its disk or its memory is exhausted.',
      'Log in with `ssh HOST` and look.',
    ),
    'not-facts': stops(
      'The host did not say its facts',
      'What it printed is not what the script prints.',
      'A shell that writes something of its own, or a tool that is not what its name says.',
      'Run the command again with `--verbose`; report the line that is shown.',
    ),
    'not-trusted': stops(
      'Nothing was pinned',
      'The fingerprints were shown and not confirmed.',
      'No terminal to ask at, or the answer was not yes.',
      'Run `trueno-deploy trust` at a terminal, or with `--yes` after comparing them.',
    ),
  },
} satisfies Section
