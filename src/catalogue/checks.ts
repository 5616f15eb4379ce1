import { either, type Section, stops, warns } from './entry.js'

export const checks = {
  title: 'Checks',
  about: 'What would make `up` fail, found before anything is changed.',
  entries: {
    'home-not-writable': stops(
      'The home directory cannot be written to',
      'Nothing can be put on the host.',
      'It belongs to another user, lies on a read-only disk, or a file is in the way.',
      'Give it to the user that Trueno runs as, or name another with `home` in the inventory.',
    ),
    'runs-as-another-user': warns(
      'Trueno may run there as another user',
      'The login finds nothing of the cluster in its own home, and another user has the port of Trueno: what runs may be a cluster that it cannot see.',
      'An inventory that names `runAs`, and that is not on this laptop.',
      'Name that user with `runAs` in the inventory.',
    ),
    'home-on-network': stops(
      'The home directory is on a network file system',
      'Several hosts would write into one directory.',
      'Home directories on NFS.',
      'Name a local directory with `home` in the inventory.',
    ),
    'home-path-too-long': stops(
      'The path of the home directory is too long',
      'The kernel allows 107 bytes for the path of a socket, and pm2 makes some below it.',
      'A deep directory.',
      'Name a shorter one with `home` in the inventory.',
    ),
    'no-space': stops(
      'Too little space for the release',
      'What is missing of the release would not find room, as archives and as trees, in bytes or in files; nothing was sent.',
      'A small disk, or one that old logs or data have filled.',
      'Free space on the host, or name another directory with `home` in the inventory.',
    ),
    'tool-missing': stops(
      'A tool is missing on the host',
      'The scripts need it, and it is not on the PATH of a non-interactive session.',
      'A minimal system.',
      'Install it on the host.',
    ),
    'node-missing': stops(
      'No Node runtime',
      'The release brings none, and the host has none on the PATH of a non-interactive session.',
      'nvm, which only interactive sessions have.',
      'Put one into the release (runtime/node/bin/node), or install one on the host.',
    ),
    'node-unsuitable': stops(
      'No suitable Node runtime',
      "With Node 10 and from 14 on pm2's daemon crashes; its processes stay behind as orphans.",
      "The system's own Node.",
      'Put Node 8 or 12 into the release (runtime/node/bin/node).',
    ),
    'runtime-unsuitable': stops(
      "None of the release's Nodes runs on this host",
      'The release brings Node for other machines: another processor, or another C library (Alpine has musl).',
      'Hosts that differ, and a release with one Node for all.',
      'Put one for it into the release: runtime/linux-x64/node, runtime/linux-arm64/node, runtime/linux-x64-musl/node or runtime/linux-arm64-musl/node.',
    ),
    'settings-not-at-hand': stops(
      'The settings of the host are not known',
      'There is no inventory, and the settings on the host are not those that its receipt tells of.',
      'The file was changed or removed on the host.',
      'Give the inventory that the cluster was made with.',
    ),
    'same-machine': stops(
      'Two hosts are one machine',
      'Two keys reach the same directory of the same machine.',
      'Two names of one address, or a copied `ssh:`.',
      'Take one of them out of `cluster.json`, or correct how it is reached.',
    ),
    'other-cluster': stops(
      'The host belongs to another cluster',
      'Its receipt or its processes are of another cluster, which is not ours to change.',
      'The host was in another cluster before.',
      'Take that cluster down and remove its directory there, or name another `home`.',
    ),
    'former-member': either(
      'A host has left the cluster',
      'It is not in `cluster.json` any more. If it still runs, its signal at the barrier would be counted.',
      'The host was taken out of `cluster.json` while it ran.',
      'Take it down with the old `cluster.json`.',
    ),
    'barrier-needs-all': stops(
      'The chosen hosts cannot start alone',
      'The coordinator waits for every host of `cluster.json`.',
      '`--hosts` or `--roles` with a cluster that is down.',
      'Leave `--hosts` and `--roles` away.',
    ),
  },
} satisfies Section
