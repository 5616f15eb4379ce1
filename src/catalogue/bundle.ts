import { type Section, stops, warns } from './entry.js'

export const bundle = {
  title: 'Bundles',
  about: 'What keeps `bundle` from making a release, or is to be known of one. No host is contacted.',
  entries: {
    'source-option': stops(
      'A source cannot be understood',
      'Nothing was fetched.',
      'A wrong name, a wrong form, or one that is given twice.',
      'See `trueno-deploy bundle --help`.',
    ),
    'source-missing': stops(
      'A source is not there',
      'The part cannot be bundled.',
      'A path that was moved or misspelt.',
      'Give a folder or an archive that is there, with `--source NAME=PATH`.',
    ),
    'source-unavailable': stops(
      'A source cannot be had',
      'None of the ways in the table leads to it.',
      'No network, a proxy that the client does not know, a mirror that lacks it, or a client that is not installed.',
      'Give it with `--source NAME=PATH`, or go without with `--source NAME=none`.',
    ),
    'source-mismatch': stops(
      'A source is not what it was',
      'What arrived has another sha256 than the one recorded, and is not used.',
      'A file that was replaced at its source, or somebody in between who changes it.',
      'Find out which is right; remove the line from `trueno-deploy.lock.json` only when the new one is.',
    ),
    'source-archive': stops(
      'A source cannot be unpacked',
      'Nothing of it is used.',
      'A download that broke off, a web page in its place, another kind of archive, or one that reaches outside of itself.',
      'Give a whole `.zip`, `.tgz` or `.tar.gz`, or the folder.',
    ),
    'source-launcher': stops(
      'A source is something else',
      'The file that starts the component is not in it.',
      'The archive of the sources instead of the build, or of another component.',
      'Give the distribution of the component.',
    ),
    'source-platform': stops(
      'A runtime is for other machines',
      'The hosts cannot run it.',
      'A build for macOS, Windows or another processor.',
      'Give one for the hosts, or say what they are with `--platform`.',
    ),
    'source-node-version': stops(
      'Trueno does not run well on this Node',
      'Its process manager dies when a component crashes.',
      'A newer Node than Trueno knows.',
      'Give Node 8 or 12.',
    ),
    'source-nearest': warns(
      'Another version is taken',
      'What belongs to this Trueno cannot be had; the nearest that can is in the bundle, and what is known of it is told.',
      'A distribution that its registry does not have.',
      'Give the right one with `--source NAME=PATH` if you have it.',
    ),
    'source-standin': warns(
      'A component is a stand-in',
      'Trueno starts and works; what this component itself would do is missing, and is told.',
      'Cerebro and the bridge are in no registry.',
      'Give it with `--source NAME=PATH` if you have it.',
    ),
    'source-left-out': warns(
      'A part is left out',
      'What that costs is told.',
      'The part is in no registry.',
      'Give it with `--source NAME=PATH` if you have it.',
    ),
    'bundle-dependencies': stops(
      "Trueno's dependencies cannot be installed",
      'npm did not bring what the package.json of Trueno names.',
      'No network, or a registry that npm does not reach.',
      'See that `npm ping` works; npm uses your own settings.',
    ),
    'bundle-flavour': stops(
      'The components do not belong to this Trueno',
      'The package is of another branch than the components.',
      'A checkout of another branch.',
      'Give `--flavour`, or another package.',
    ),
    'bundle-room': stops(
      'There is no room for the bundle on this machine',
      'Nothing is left of it.',
      'A full disk, or a quota.',
      'Make room, or give another place with `--out`.',
    ),
    'bundle-unwritable': stops(
      'The bundle cannot be written',
      'Nothing is left of it.',
      'A folder of another user, or a read-only disk.',
      'Give another place with `--out`.',
    ),
    'bundle-out': stops(
      'The bundle cannot be put there',
      'The folder is there and is no bundle, so it is left alone.',
      '`--out` names a folder of something else.',
      'Name a folder that does not exist yet.',
    ),
    'bundle-none': stops(
      'There is no bundle',
      'Nothing can be told of it.',
      'A wrong path, or a release that was not made with `bundle`.',
      'Make one with `trueno-deploy bundle`.',
    ),
    'bundle-changed': stops(
      'The bundle is not what it was',
      'Files differ from what was written down when it was made.',
      'A Trueno that was started inside of it, an edit, or a damaged disk.',
      'Make it again: from the same sources and lock it is the same.',
    ),
    'bundle-part-unknown': stops(
      'There is no such part',
      'The bundle has no part or package of that name.',
      'A misspelt name.',
      'See `trueno-deploy bundle ls`.',
    ),
  },
} as const satisfies Section
