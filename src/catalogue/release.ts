import { type Section, stops } from './entry.js'

export const release = {
  title: 'Releases',
  about: 'What is wrong with the Trueno package that was given. Told before any host is contacted.',
  entries: {
    'release-missing': stops(
      'There is no such release',
      'The path that was given does not exist.',
      'A path relative to another directory.',
      'Give the folder of a Trueno package, a .tgz of one, or the word `standin`.',
    ),
    'release-not-trueno': stops(
      'This is not a Trueno package',
      'What lies there has no package.json named trueno.',
      'The folder above or below it was given.',
      'Give the folder that holds the package.json of Trueno.',
    ),
    'release-corrupt': stops(
      'The release cannot be unpacked',
      'The archive is cut off, damaged, or of another kind. Nothing of it was used.',
      'A download that broke off.',
      'Download or pack it again.',
    ),
    'release-incomplete': stops(
      'The Trueno package is not complete',
      'lib/trueno.js, the command that starts Trueno, is not in it.',
      'Only a part of the package was copied.',
      'Give the folders conf and lib of Trueno, with its dependencies in node_modules.',
    ),
    'release-launcher': stops(
      'A component cannot be started',
      'A component has files, but not the launcher that Trueno insists on.',
      'The archive was unpacked one folder too deep.',
      'Lay it out so that the launcher is where the message says.',
    ),
    'release-setup': stops(
      'The components are not set up for Trueno',
      'The Gremlin server has no Trueno graph without files that `trueno setup` copies.',
      'The components were unpacked by hand.',
      'Run `node lib/trueno.js setup -p` in the package.',
    ),
    'release-dependencies': stops(
      "Trueno's dependencies are not installed",
      'Hosts install nothing by themselves, so the package must bring its node_modules.',
      'A fresh git checkout.',
      'Run the npm command of the message in the package.',
    ),
    'release-pm2': stops(
      'With this pm2 Trueno never becomes ready',
      'pm2 2.9 and later write to another stream than the one Trueno reads, so every host with Spark waits for ever.',
      'npm resolves a newer pm2 than Trueno was made for.',
      'Pin pm2 to 2.8.0 or older in the package.',
    ),
    'release-runtime': stops(
      'The Node of the release cannot be used',
      'The runtime in the package is not for these hosts, or not a Node that Trueno runs on.',
      'The build of another system or version.',
      'Put the Linux build of Node 8 or 12 at runtime/node, or remove the folder.',
    ),
    'release-declaration': stops(
      'The package says something of itself that is not understood',
      'truenoDeploy in its package.json has a fault.',
      'An edit by hand.',
      'Correct it, or take it out: then the package is taken for real Trueno.',
    ),
    'release-links': stops(
      'The package is not complete in itself',
      'Links in it lead to files that the hosts do not have.',
      '`npm link`, or a store of packages outside of it.',
      'Copy what the links lead to into the package.',
    ),
    'release-special-files': stops(
      'The package has files that cannot be sent',
      'Sockets, pipes or devices are in it, or names that are no UTF-8.',
      'A Trueno runs in this folder, or an archive with names of another encoding was unpacked there.',
      'Stop it, and remove or rename them.',
    ),
    'release-unreadable': stops(
      'The release cannot be read',
      'Files of it must not be read by you.',
      'It was installed by root.',
      'Make it readable for you.',
    ),
    'release-changed': stops(
      'The release changed while it was read',
      'What would be deployed is not what was looked at.',
      'npm install, or a running Trueno, writes there.',
      'Wait until that is done, and try again.',
    ),
    'release-cache': stops(
      'The release cannot be prepared',
      'The copies that the tool keeps on this machine cannot be made, or are damaged.',
      'A full disk on this machine.',
      'Make room, or delete the cache: everything in it is made again.',
    ),
    'mirror-keys': stops(
      'There are no keys for the mirror',
      'Addresses at an `s3://` mirror are signed on this machine, and it has no keys.',
      'A shell without the AWS_… variables, or another profile.',
      'Set them, or AWS_PROFILE; or take `mirror` out of the inventory.',
    ),
    'mirror-refused': stops(
      'The mirror takes nothing',
      'What hosts will want could not be put there.',
      'A wrong address, a server that takes no PUT, keys without the right to write.',
      'Look at what it answers; put the files there by another way, each under its sha256.',
    ),
    'release-not-at-hand': stops(
      'The release is not on this host',
      'The cluster runs a release that this host lacks and that this laptop was not given.',
      'A new host in `cluster.json`, and a laptop without the release.',
      'Give it with `--release PATH`.',
    ),
    'component-missing': stops(
      'The release lacks a component',
      'A role of the host starts an engine that the release does not contain: Trueno would wait for it for ever.',
      'Only some of the engines were laid out.',
      'Lay it out in the release.',
    ),
  },
} satisfies Section
