import { type Section, stops } from './entry.js'

export const usage = {
  title: 'Command line',
  about: 'Nothing was contacted; the exit code is 2.',
  entries: {
    'wrong-use': stops(
      'Wrong use',
      'The command line is not understood, so nothing was done.',
      'A misspelt option, a missing value, or a verb that does not exist.',
      'Run `trueno-deploy --help`, or `trueno-deploy VERB --help`.',
    ),
    'no-such-host': stops(
      'No such host',
      'A pattern given with `--hosts` matches no host of `cluster.json`. It is never taken for "all".',
      'A typing mistake, or another cluster file than the one that was meant.',
      'Write the host as it stands in `cluster.json`; `*` stands for any part of it.',
    ),
    'no-such-role': stops(
      'No such role',
      'A word given with `--roles` is none of the roles of Trueno.',
      'A typing mistake.',
      'The roles are master, compute, backend and index.',
    ),
    'nothing-chosen': stops(
      'No host is chosen',
      '`--hosts` and `--roles` each match something, but no host matches both.',
      'One of the two is too narrow.',
      'Leave one of them away.',
    ),
    'no-such-code': stops(
      'No such code',
      'The code that was to be explained is not in this catalogue.',
      'A typing mistake, or a code of another version of the tool.',
      '`trueno-deploy explain` without a code lists them all.',
    ),
    'networks-invalid': stops(
      'TRUENO_DEPLOY_ONLY cannot be understood',
      'The list of networks that may be reached has a part that is no network, so nothing is reached at all.',
      'A name instead of an address, or a typing mistake.',
      'Write networks such as 127.0.0.0/8 or single addresses, separated by commas.',
    ),
    'plan-unusable': stops(
      'The plan file cannot be used',
      'It is not there, cannot be read, is no plan, or was written by another version.',
      'The wrong file, or an update of the tool since it was written.',
      'Make it anew with `trueno-deploy plan --out FILE`.',
    ),
    'plan-stale': stops(
      'The plan no longer holds',
      'The hosts or the files are not as the plan saw them; to carry it out now could do harm.',
      'Somebody changed something since the plan was made.',
      'Make it anew with `trueno-deploy plan --out FILE`, look at it, and apply that.',
    ),
    'lock-file-unusable': stops(
      'The lock file cannot be used',
      '`trueno-deploy.lock.json` holds the pinned host keys; without understanding it no host key can be checked.',
      'A merge conflict in it, or an edit by hand.',
      'Restore it from your version control, or remove it and run `trueno-deploy trust` again.',
    ),
    'bundle-not-written': stops(
      'The diagnostic bundle cannot be written',
      'Nothing was gathered, or it could not be kept.',
      'The directory is not there, is not writable, or the disk of this machine is full.',
      'Name another file with `-o FILE.tgz`.',
    ),
    internal: stops(
      'trueno-deploy itself failed',
      'Something happened that should not be possible.',
      'A mistake in trueno-deploy.',
      'Please report it, with the output of the same command and `--verbose`.',
    ),
  },
} satisfies Section
