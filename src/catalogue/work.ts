import { type Section, stops } from './entry.js'

export const work = {
  title: 'Carrying out',
  about: 'Steps that failed on a host. The others go on, and what runs is left running.',
  entries: {
    'hash-mismatch': stops(
      'What arrived is not what was sent',
      'The hash of a file differs; it was thrown away.',
      'A disk or memory that is failing.',
      'Run `trueno-deploy up` again. If it fails again, check disk and memory of both machines.',
    ),
    precondition: stops(
      'The host is not as the step expects',
      'Something changed since the host was looked at.',
      'Somebody else worked there.',
      'Run `trueno-deploy up` again: it looks at the host anew.',
    ),
    'script-failed': stops(
      'A script failed',
      'It ended in a way that it has no name for.',
      'Something unusual about the host.',
      'Run `trueno-deploy up` again; if it fails again, report the lines that are shown.',
    ),
    'stale-lease': stops(
      'The lease was taken over',
      'Somebody else holds the lease of this cluster now, so our steps are refused.',
      'This laptop slept or lost its network for longer than 60 s.',
      'Let them finish, look with `trueno-deploy status`, then begin again.',
    ),
    'lease-held': stops(
      'Somebody else changes this cluster now',
      'One `up` or `down` at a time; the exit code is 4.',
      'A colleague, or another window.',
      'Run it again when that is done, or give `--wait`.',
    ),
    'lease-not-kept': stops(
      'The lease cannot be kept',
      'The host where it lies does not answer, and somebody else may take it over.',
      'The coordinator is overloaded or gone.',
      'When it answers again, run `trueno-deploy up` again.',
    ),
    'processes-left': stops(
      'Processes of ours are left',
      'After everything was stopped, something still runs.',
      'A process that hangs in the kernel, on a disk that does not answer.',
      'Run `trueno-deploy down` again.',
    ),
    'no-rehearsal-hosts': stops(
      'The hosts of the rehearsal cannot be had',
      'Their addresses or ports on this machine are taken.',
      'Another rehearsal is running.',
      'Run `trueno-deploy rehearse --stop`.',
    ),
    'no-answer': stops(
      'The balancer does not answer',
      'The rehearsal asked through it and got no answer.',
      'It has just been stopped.',
      'See `trueno-deploy status`.',
    ),
  },
} satisfies Section
