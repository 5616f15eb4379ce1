import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HostKey } from '../cluster/cluster.js'
import type { ConnectionFault } from './connection.js'
import { assertPermitted } from './dial.js'
import { ConnectionError } from './errors.js'
import type { HostKeyPins } from './known-hosts.js'
import type { Link } from './link.js'
import { openSshLink } from './openssh-link.js'
import { MasterError, startMaster } from './openssh-master.js'
import { ssh2Way } from './ssh2-way.js'
import { describeTarget, type Target } from './target.js'
import { EarlyDropError, type Login, type Way } from './way.js'

/** A login by the ssh of this machine: it can do whatever the user's configuration asks of it. */
export function openSshWay(login: Login): Way {
  const { target, context } = login
  for (const { hostname } of [target, ...target.jumps]) assertPermitted(hostname, context.only)
  const { hostname, port } = target.jumps[0] ?? target
  return { sshd: `${hostname}:${port}`, login: (signal) => logIn(login, signal) }
}

async function logIn(login: Login, signal: AbortSignal): Promise<Link> {
  const { host, target, context } = login
  if (target.sshArguments === null) throw noSsh(host)
  try {
    const master = await startMaster(target.sshArguments, (directory) => optionsFor(login, directory), signal)
    return openSshLink(master, host, { world: context.world, environment: target.environment })
  } catch (error) {
    throw error instanceof MasterError ? await failureOf(error.message, login, signal) : error
  }
}

const authorityOptions: Readonly<Record<Target['strictHostKeyChecking'], string>> = {
  // As with ssh2: what is not known is not asked about here, and never passed over.
  ask: 'yes',
  yes: 'yes',
  'accept-new': 'accept-new',
  no: 'accept-new',
}

function optionsFor({ target, context, limitMs }: Login, directory: string): Readonly<Record<string, string>> {
  const { intervalMs, countMax } = target.keepalive
  return {
    // Passphrases and passwords come from the agent or from SSH_ASKPASS, as ssh has them without a terminal.
    BatchMode: context.variables.SSH_ASKPASS === undefined ? 'yes' : 'no',
    StrictHostKeyChecking: authorityOptions[target.strictHostKeyChecking],
    ConnectTimeout: String(Math.ceil(limitMs / 1000)),
    ServerAliveInterval: String(Math.ceil(intervalMs / 1000)),
    ServerAliveCountMax: String(countMax),
    ...pinOptions(target, context.pins, directory),
  }
}

/** Pins count like lines of the user's files; a new key is still written down in the first of those. */
function pinOptions({ knownHosts }: Target, pins: HostKeyPins, directory: string): Readonly<Record<string, string>> {
  const lines = Object.entries(pins).flatMap(([name, keys]) => keys.map((key) => `${name} ${key}\n`))
  if (lines.length === 0) return {}
  const file = join(directory, 'pins')
  writeFileSync(file, lines.join(''))
  return { UserKnownHostsFile: [...knownHosts.user, file].map((path) => `"${path}"`).join(' ') }
}

async function failureOf(said: string, login: Login, signal: AbortSignal): Promise<Error> {
  const fault = failures.find(({ pattern }) => pattern.test(said))?.fault ?? 'protocol'
  if (fault === 'dropped') return new EarlyDropError(said)
  const failure = new ConnectionError(fault, login.host, {
    cause: `ssh cannot log in to ${describeTarget(login.target)}`,
    evidence: said,
  })
  return fault.startsWith('host-key') ? hostKeyFailure(failure, login, signal) : failure
}

/** ssh does not tell the key that it refuses. Asked once more by ssh2, which never gets further than the key. */
async function hostKeyFailure(failure: ConnectionError, login: Login, signal: AbortSignal): Promise<Error> {
  try {
    const link = await (await ssh2Way(login)).login(signal)
    await link.close()
    return failure
  } catch (error) {
    return error instanceof ConnectionError && error.fault.startsWith('host-key') ? error : failure
  }
}

/** What ssh says, in the order in which to look for it. It has no codes for these. */
const failures: readonly { readonly pattern: RegExp; readonly fault: ConnectionFault | 'dropped' }[] = [
  { pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED/, fault: 'host-key-changed' },
  { pattern: /revoked/i, fault: 'host-key-revoked' },
  { pattern: /Host key verification failed/, fault: 'host-key-unknown' },
  { pattern: /Permission denied|Too many authentication failures/, fault: 'auth-failed' },
  { pattern: /Could not resolve hostname/, fault: 'name-not-found' },
  { pattern: /Connection refused/, fault: 'refused' },
  { pattern: /timed out/, fault: 'timed-out' },
  { pattern: /No route to host|Network is unreachable/, fault: 'no-route' },
  { pattern: /kex_exchange_identification|Connection (?:closed|reset) by/, fault: 'dropped' },
]

function noSsh(host: HostKey): ConnectionError {
  return new ConnectionError('protocol', host, {
    cause: 'The OpenSSH transport was asked for, and there is no ssh on this machine',
    remedy: 'Install the OpenSSH client, or choose the transport ssh2.',
  })
}
