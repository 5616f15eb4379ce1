import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import type { HostKey } from '../cluster/cluster.js'
import type { World } from '../world.js'
import { unlessAborted } from './abort.js'
import type { Asker } from './asking.js'
import { type Authentication, createAuthentication } from './authentication.js'
import { TunnelError } from './connection.js'
import { withDeadline } from './deadline.js'
import { assertPermitted, DialError, type DialOptions, dialAddresses, resolveAddresses } from './dial.js'
import { ConnectionError } from './errors.js'
import { EarlyDropError, handshake } from './handshake.js'
import type { HostKeyStore } from './host-key-store.js'
import type { IdentityStore } from './identities.js'
import { watchSilence } from './keepalive.js'
import type { Link } from './link.js'
import type { Networks } from './networks.js'
import type { Passwords } from './passwords.js'
import { runProxyCommand } from './proxy-command.js'
import type { Slots } from './slots.js'
import { ssh2Link } from './ssh2-link.js'
import { describeTarget, type Target } from './target.js'

/** What all links of a run share. */
export interface LinkContext {
  readonly world: World
  readonly only: Networks | null
  readonly asker: Asker
  readonly identities: IdentityStore
  readonly passwords: Passwords
  readonly hostKeys: HostKeyStore
  /** Most a host may take to let us in, milliseconds. A shorter ConnectTimeout of the SSH configuration counts. */
  readonly connectTimeoutMs: number
  /** Logins under way at one sshd. */
  readonly logins: (sshd: string) => Slots
  /** The one link to a jump host, made when first needed. */
  readonly jump: (jump: Target) => Promise<Link>
}

/** Logs in to a host. @throws ConnectionError with what went wrong; the signal's reason when that aborts. */
export async function openLink(
  host: HostKey,
  target: Target,
  context: LinkContext,
  signal?: AbortSignal,
): Promise<Link> {
  const authentication = await createAuthentication(target, { ...context, ask: context.asker.ask })
  const attempt: Attempt = { host, target, context, authentication, signal }
  for (let tries = 1; ; tries++) {
    try {
      return await loginInTurn(attempt)
    } catch (error) {
      if (!(error instanceof EarlyDropError) || tries >= loginTries) throw asConnectionError(host, target, error)
    }
    await context.world.sleep(tries * 200 * (0.5 + context.world.random()), signal)
  }
}

const loginTries = 4

interface Attempt {
  readonly host: HostKey
  readonly target: Target
  readonly context: LinkContext
  readonly authentication: Authentication
  readonly signal: AbortSignal | undefined
}

async function loginInTurn(attempt: Attempt): Promise<Link> {
  const { target, context, signal } = attempt
  const ms = Math.min(context.connectTimeoutMs, target.connectTimeoutMs ?? Number.POSITIVE_INFINITY)
  const route = await findRoute(attempt, ms)
  const late = () => new DialError('timed-out', `${describeTarget(target)} did not let us in within ${ms / 1000} s`)
  return context
    .logins(route.sshd)
    .use(() =>
      withDeadline(
        (over) => login(attempt, route, over),
        { world: context.world, asker: context.asker, ms, signal },
        late,
      ),
    )
}

async function login(attempt: Attempt, route: Route, signal: AbortSignal): Promise<Link> {
  const { host, target, context, authentication } = attempt
  signal.throwIfAborted()
  const stream = await route.open(signal)
  const client = await handshake(stream, host, target, { hostKeys: context.hostKeys, authentication, signal })
  watchSilence(stream, target.keepalive, context.world)
  return ssh2Link(client, host, { world: context.world, environment: target.environment })
}

/** How the bytes get to a host. */
interface Route {
  /** Names the sshd at its end. */
  readonly sshd: string
  open(signal: AbortSignal): Promise<Duplex>
}

async function findRoute({ target, context, signal }: Attempt, ms: number): Promise<Route> {
  const { hostname, port, proxyCommand, jumps } = target
  const sshd = `${jumps.map(describeTarget).join('>')}>${proxyCommand ?? ''}>${hostname}:${port}`
  if (jumps.length > 0 || proxyCommand !== null) assertPermitted(hostname, context.only)
  if (jumps.length > 0) return jumpRoute(sshd, target, context, signal)
  if (proxyCommand !== null) return { sshd, open: async () => runProxyCommand(proxyCommand) }
  return directRoute(target, context, ms, signal)
}

async function directRoute(target: Target, context: LinkContext, ms: number, signal?: AbortSignal): Promise<Route> {
  const { hostname, port, addressFamily, bindAddress } = target
  const { world, only, asker } = context
  const options: DialOptions = { world, only, timeoutMs: ms, family: addressFamily, from: bindAddress }
  const late = () => new DialError('timed-out', `looking up ${hostname} took longer than ${ms / 1000} s`)
  const look = (over: AbortSignal) =>
    unlessAborted(resolveAddresses(hostname, { ...options, signal: over }), over, () => {})
  const addresses =
    isIP(hostname) === 0
      ? await withDeadline(look, { world, asker, ms, signal }, late)
      : await resolveAddresses(hostname, options)
  // Several names of one sshd are one sshd.
  return {
    sshd: `${addresses[0]}:${port}`,
    open: (over) => dialAddresses(addresses, port, { ...options, signal: over }),
  }
}

async function jumpRoute(sshd: string, target: Target, context: LinkContext, signal?: AbortSignal): Promise<Route> {
  const last = target.jumps.at(-1) as Target
  const opening = context.jump({ ...last, jumps: target.jumps.slice(0, -1) })
  const link = await unlessAborted(opening, signal, () => {})
  return { sshd, open: () => forwardThrough(link, last, target) }
}

async function forwardThrough(link: Link, jump: Target, { hostname, port }: Target): Promise<Duplex> {
  try {
    return await link.forward(hostname, port)
  } catch (error) {
    if (!(error instanceof TunnelError)) throw error
    const cause = `the jump host ${describeTarget(jump)} cannot reach ${hostname} port ${port}: ${error.message}`
    throw new DialError('refused', cause)
  }
}

/** Whatever went wrong, as what it means for this host. */
function asConnectionError(host: HostKey, target: Target, error: unknown): unknown {
  if (error instanceof EarlyDropError) return droppedError(host, target, error)
  if (error instanceof DialError) return new ConnectionError(error.fault, host, { cause: error.message })
  if (error instanceof ConnectionError && error.host !== host) return throughJump(host, error)
  return error
}

function droppedError(host: HostKey, target: Target, error: EarlyDropError): ConnectionError {
  return new ConnectionError('protocol', host, {
    cause: `${describeTarget(target)} closes the connection before anything is exchanged: it has too many at once (MaxStartups), keeps this machine out (hosts.deny, fail2ban), or is no SSH server`,
    evidence: error.message,
  })
}

/** A jump host is reached once for many; each of them is told about it under its own name. */
function throughJump(host: HostKey, { fault, problem, hostKey }: ConnectionError): ConnectionError {
  const cause = `Jump host ${problem.host}: ${problem.cause}`
  return new ConnectionError(fault, host, { cause, evidence: problem.evidence, remedy: problem.remedy }, hostKey)
}
