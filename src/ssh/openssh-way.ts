import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HostKey } from '../cluster/cluster.js'
import { unlessAborted } from './abort.js'
import { startAskpassRelay } from './askpass-relay.js'
import { type Bridge, createBridge } from './bridge.js'
import { assertPermitted } from './dial.js'
import { ConnectionError } from './errors.js'
import { findIdentities } from './identity-order.js'
import type { HostKeyPins } from './known-hosts.js'
import type { Link } from './link.js'
import { openSshAnswers } from './openssh-answers.js'
import { faultOf } from './openssh-faults.js'
import { openSshLink } from './openssh-link.js'
import { MasterError, startMaster } from './openssh-master.js'
import { tellingRefusals } from './openssh-words.js'
import { refusalBySsh } from './refusal.js'
import { forwardThrough, jumpLink, ssh2Way, sshdOf } from './ssh2-way.js'
import { describeTarget, type Target } from './target.js'
import { EarlyDropError, type Login, type Way } from './way.js'

/**
 * A login by the ssh of this machine: it can do whatever the user's configuration asks of it. Jump hosts are reached by
 * us, each once for all that lie behind it, and ssh is led through them.
 */
export async function openSshWay(login: Login): Promise<Way> {
  const { target, context } = login
  assertPermitted(target.hostname, context.only)
  if (target.sshArguments === null) throw noSsh(login.host)
  const jump = target.jumps.length === 0 ? null : await jumpLink(target, login)
  return {
    sshd: await sshdOf(login),
    login: (signal) => logIn(login, target.sshArguments ?? [], jump, signal),
    // ssh itself gives up what does not answer in time (ConnectTimeout).
    answered: () => true,
    stuck: () => '',
  }
}

async function logIn(login: Login, args: readonly string[], jump: Link | null, signal: AbortSignal): Promise<Link> {
  const { host, target, context } = login
  const bridge = createOwnBridge(target, jump)
  const held: Disposable[] = []
  try {
    const options = async (directory: string) => {
      held.push(...(await startRelay(directory, login)))
      return { ...optionsFor(login, directory), ...(await bridge.options(directory)) }
    }
    const master = await startMaster(args, options, signal)
    const { environment, forwardAgent } = target
    return openSshLink(master, host, { world: context.world, environment, forwardAgent: forwardAgent !== null })
  } catch (error) {
    if (bridge.failure() !== undefined) throw bridge.failure()
    throw error instanceof MasterError ? await failureOf(error.message, login, signal) : error
  } finally {
    bridge.close()
    for (const one of held) one[Symbol.dispose]()
  }
}

/** The bridge of one login: there is none where no jump host is. It is crossed once, and then taken away. */
function createOwnBridge(target: Target, jump: Link | null) {
  let bridge: Bridge | undefined
  let failure: unknown
  const open = (link: Link) => forwardThrough(link, target.jumps.at(-1) as Target, target)
  return {
    options: async (directory: string): Promise<Readonly<Record<string, string>>> => {
      if (jump === null) return {}
      bridge = await createBridge(
        directory,
        () => open(jump),
        (error) => {
          failure = error
        },
      )
      return { ProxyCommand: bridge.command, ProxyUseFdpass: 'no' }
    },
    failure: () => failure,
    close: () => bridge?.close(),
  }
}

/** What ssh asks is answered here until it is logged in, where somebody can. */
async function startRelay(directory: string, login: Login): Promise<readonly Disposable[]> {
  return login.context.passwords.available ? [await startAskpassRelay(directory, openSshAnswers(login))] : []
}

const authorityOptions: Readonly<Record<Target['strictHostKeyChecking'], string>> = {
  // As with ssh2: what is not known is not asked about here, and never passed over.
  ask: 'yes',
  yes: 'yes',
  'accept-new': 'accept-new',
  no: 'accept-new',
}

function optionsFor({ target, context, answerLimitMs }: Login, directory: string): Readonly<Record<string, string>> {
  const { intervalMs, countMax } = target.keepalive
  return {
    BatchMode: context.passwords.available ? 'no' : 'yes',
    StrictHostKeyChecking: authorityOptions[target.strictHostKeyChecking],
    ConnectTimeout: String(Math.ceil(answerLimitMs / 1000)),
    ServerAliveInterval: String(Math.ceil(intervalMs / 1000)),
    ServerAliveCountMax: String(countMax),
    // Fingerprints in the DNS are asked of whatever resolver there is.
    ...(context.only !== null && { VerifyHostKeyDNS: 'no' }),
    ...(target.logVerbose && { LogVerbose: tellingRefusals }),
    ...pinOptions(target, context.hostKeys.pins(), directory),
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
  const { host, target, context } = login
  const fault = faultOf(said)
  if (fault === 'dropped') return new EarlyDropError(said)
  if (fault === 'auth-failed') {
    const found = await unlessAborted(findIdentities(target, context.identities), signal, () => {})
    return refusalBySsh(host, target, { said, found, canAsk: context.passwords.available })
  }
  const cause = `ssh cannot log in to ${describeTarget(target)}`
  const failure = new ConnectionError(fault, host, { cause, evidence: said })
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

function noSsh(host: HostKey): ConnectionError {
  return new ConnectionError('protocol', host, {
    cause: 'The OpenSSH transport was asked for, and there is no ssh on this machine',
    remedy: 'Install the OpenSSH client, or choose the transport ssh2.',
  })
}
