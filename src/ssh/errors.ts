import type { ProblemCode } from '../catalogue/catalogue.js'
import type { HostKey } from '../cluster/cluster.js'
import { errorProblem, type Problem, ProblemError } from '../errors.js'
import type { ConnectionFault, MissingRight } from './connection.js'
import type { HostKeyBlob } from './known-hosts.js'

/** A host cannot be talked to. `problem` tells it to people; `fault` is what a program decides by. */
export class ConnectionError extends ProblemError {
  override readonly name = 'ConnectionError'
  readonly fault: ConnectionFault
  readonly host: HostKey
  readonly problem: Problem
  /** The key that was presented, where the fault is about it: the host's own, or that of a jump host on the way. */
  readonly hostKey: PresentedKey | undefined
  constructor(fault: ConnectionFault, host: HostKey, told: Told, hostKey?: PresentedKey) {
    const problem = { ...errorProblem({ ...faults[fault], ...told }), host }
    super([problem])
    this.fault = fault
    this.host = host
    this.problem = problem
    this.hostKey = hostKey
  }
}

/** A host key with the name to know it by. */
export interface PresentedKey extends HostKeyBlob {
  /** As known_hosts and the pins write it: `host`, `[host]:port`, or the alias. */
  readonly name: string
}

/** What is particular about a fault; the rest is said by the table below. */
export interface Told {
  readonly cause: string
  readonly evidence?: string
  readonly remedy?: string
}

/** The link may be made again and the same step tried again. */
export function isLost(error: unknown): error is ConnectionError {
  return error instanceof ConnectionError && error.fault === 'lost'
}

/** It is not the host that cannot be reached, but the user that it is all to be done as. */
export function isMissingRight({ code }: Problem): boolean {
  return code in missingRights
}

/** Worth another try when a link is made *again*: a host that was there a moment ago may be back in another. */
export function isPassing(error: unknown): error is ConnectionError {
  return error instanceof ConnectionError && passing.has(error.fault)
}
const passing: ReadonlySet<ConnectionFault> = new Set(['lost', 'refused', 'timed-out', 'no-route', 'name-not-found'])

const reachable = 'Try `ssh HOST` from here. Is the host up, and the address, port and network right?'

const tryByHand = 'Try it on the host: sudo -u USER -- /bin/sh -c id (or doas -u USER /bin/sh -c id).'

const faults = {
  'name-not-found': {
    code: 'name-not-found',
    title: 'The host name is not known',
    remedy: 'Give the address in the inventory (`ssh:`), in ~/.ssh/config (HostName) or in /etc/hosts.',
  },
  refused: {
    code: 'connection-refused',
    title: 'Nobody listens at the SSH port',
    remedy:
      'Is sshd running there? Does it listen at another port? Give it with `port:` in the inventory or in ~/.ssh/config.',
  },
  'timed-out': { code: 'connection-timed-out', title: 'The host does not answer', remedy: reachable },
  'no-route': { code: 'no-route', title: 'The host cannot be reached', remedy: reachable },
  'host-key-unknown': {
    code: 'host-key-unknown',
    title: 'The host key is not known',
    remedy:
      'Compare the fingerprint with the host’s own (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` there), then run `trueno-deploy trust`.',
  },
  'host-key-changed': {
    code: 'host-key-changed',
    title: 'THE HOST KEY HAS CHANGED: somebody may be listening in',
    remedy:
      'Ask whoever runs the host whether it was set up anew. Only then remove the old key and run `trueno-deploy trust`.',
  },
  'host-key-revoked': {
    code: 'host-key-revoked',
    title: 'THE HOST KEY IS REVOKED: somebody may be listening in',
    remedy: 'The key is marked @revoked. The host needs a new one; ask whoever runs it.',
  },
  'auth-failed': {
    code: 'auth-failed',
    title: 'The host does not let us in',
    remedy: 'Try `ssh HOST` from here. Is the user right, and is the public key in ~/.ssh/authorized_keys there?',
  },
  'no-shell': {
    code: 'no-shell',
    title: 'The login has no shell that runs scripts',
    remedy: 'Use a login with an ordinary shell (sh, bash, dash, busybox, zsh, fish, csh), without a forced command.',
  },
  protocol: {
    code: 'ssh-protocol',
    title: 'The SSH connection cannot be made',
    remedy: 'Try `ssh -v HOST` from here; it says what the two ends cannot agree on.',
  },
  'run-as-no-tool': {
    code: 'run-as-no-tool',
    title: 'There is nothing to become the run user with',
    remedy: 'Install sudo on the host, or log in as that user itself.',
  },
  'run-as-no-user': {
    code: 'run-as-no-user',
    title: 'The run user does not exist',
    remedy: 'Make that user on the host, or name another with `runAs` in the inventory.',
  },
  'run-as-refused': { code: 'run-as-refused', title: 'The login may not act as the run user', remedy: tryByHand },
  'run-as-terminal': {
    code: 'run-as-terminal',
    title: 'The login may act as the run user at a terminal only',
    remedy: tryByHand,
  },
  'run-as-password': {
    code: 'run-as-password',
    title: 'A password is needed to act as the run user',
    remedy: 'Run it at a terminal, or let sudo ask for none.',
  },
  'run-as-wrong-password': {
    code: 'run-as-wrong-password',
    title: 'The password is wrong',
    remedy: 'Run it again with the right one: it is the one that `sudo true` asks for on the host.',
  },
  'run-as-failed': { code: 'run-as-failed', title: 'The login cannot act as the run user', remedy: tryByHand },
  blocked: {
    code: 'blocked',
    title: 'The address is outside of TRUENO_DEPLOY_ONLY',
    remedy: 'Add its network to TRUENO_DEPLOY_ONLY, or unset it.',
  },
  lost: {
    code: 'connection-lost',
    title: 'The connection was lost',
    remedy: 'Run the same command again: it goes on where this one stopped.',
  },
} satisfies Record<ConnectionFault, { code: ProblemCode; title: string; remedy: string }>

const missingRights = {
  'run-as-no-tool': true,
  'run-as-no-user': true,
  'run-as-refused': true,
  'run-as-terminal': true,
  'run-as-password': true,
  'run-as-wrong-password': true,
  'run-as-failed': true,
} satisfies Record<MissingRight, true>
