import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { unlessAborted } from './abort.js'
import { type Authentication, createAuthentication } from './authentication.js'
import { BeyondSsh2Error, untriedMethod } from './beyond-ssh2.js'
import { TunnelError } from './connection.js'
import { withDeadline } from './deadline.js'
import { assertPermitted, DialError, type DialOptions, dialAddresses, resolveAddresses } from './dial.js'
import { ConnectionError } from './errors.js'
import { handshake } from './handshake.js'
import { watchSilence } from './keepalive.js'
import type { Link } from './link.js'
import { runProxyCommand } from './proxy-command.js'
import { ssh2Link } from './ssh2-link.js'
import { describeTarget, type Target } from './target.js'
import type { LinkContext, Login, Way } from './way.js'

/** A login by ssh2, in this process. Names are looked up and jump hosts reached before its turn comes. */
export async function ssh2Way(login: Login): Promise<Way> {
  const route = await findRoute(login)
  return { sshd: route.sshd, login: (signal) => loginOver(route, login, signal) }
}

async function loginOver(route: Route, { host, target, context }: Login, signal: AbortSignal): Promise<Link> {
  const { world, hostKeys, asker } = context
  const authentication = await createAuthentication(target, { ...context, ask: asker.ask })
  signal.throwIfAborted()
  const stream = await route.open(signal)
  const client = await handshake(stream, host, target, { hostKeys, authentication, signal }).catch(async (error) => {
    throw await orBeyond(error, target, authentication, context.identities)
  })
  watchSilence(stream, target.keepalive, world)
  return ssh2Link(client, host, { world, environment: target.environment })
}

async function orBeyond(
  error: unknown,
  target: Target,
  authentication: Authentication,
  identities: LinkContext['identities'],
): Promise<unknown> {
  if (!(error instanceof ConnectionError) || error.fault !== 'auth-failed') return error
  const untried = await untriedMethod(target, authentication.offers(), identities)
  return untried === null ? error : new BeyondSsh2Error(untried, error)
}

/** How the bytes get to a host. */
interface Route {
  /** Names the sshd at its end. */
  readonly sshd: string
  open(signal: AbortSignal): Promise<Duplex>
}

async function findRoute(login: Login): Promise<Route> {
  const { hostname, proxyCommand, jumps } = login.target
  const sshd = sshdOf(login.target)
  if (jumps.length === 0 && proxyCommand === null) return directRoute(login)
  assertPermitted(hostname, login.context.only)
  if (proxyCommand !== null) return { sshd, open: async () => runProxyCommand(proxyCommand) }
  return { sshd, open: await throughJumps(login) }
}

/** Names the sshd of a target, by the way that leads to it. */
export function sshdOf({ hostname, port, proxyCommand, jumps }: Target): string {
  return `${jumps.map(describeTarget).join('>')}>${proxyCommand ?? ''}>${hostname}:${port}`
}

async function directRoute({ target, context, limitMs, signal }: Login): Promise<Route> {
  const { hostname, port, addressFamily, bindAddress } = target
  const { world, only, asker } = context
  const options: DialOptions = { world, only, timeoutMs: limitMs, family: addressFamily, from: bindAddress }
  const late = () => new DialError('timed-out', `looking up ${hostname} took longer than ${limitMs / 1000} s`)
  const look = (over: AbortSignal) =>
    unlessAborted(resolveAddresses(hostname, { ...options, signal: over }), over, () => {})
  const addresses =
    isIP(hostname) === 0
      ? await withDeadline(look, { world, asker, ms: limitMs, signal }, late)
      : await resolveAddresses(hostname, options)
  // Several names of one sshd are one sshd.
  return {
    sshd: `${addresses[0]}:${port}`,
    open: (over) => dialAddresses(addresses, port, { ...options, signal: over }),
  }
}

async function throughJumps({ target, context, signal }: Login): Promise<Route['open']> {
  const last = target.jumps.at(-1) as Target
  const link = await jumpLink(target, { context, signal })
  return () => forwardThrough(link, last, target)
}

/** The link to the last jump host before a target. */
export function jumpLink({ jumps }: Target, { context, signal }: Pick<Login, 'context' | 'signal'>): Promise<Link> {
  const last = jumps.at(-1) as Target
  return unlessAborted(context.jump({ ...last, jumps: jumps.slice(0, -1) }), signal, () => {})
}

export async function forwardThrough(link: Link, jump: Target, { hostname, port }: Target): Promise<Duplex> {
  try {
    return await link.forward(hostname, port)
  } catch (error) {
    if (!(error instanceof TunnelError)) throw error
    const cause = `the jump host ${describeTarget(jump)} cannot reach ${hostname} port ${port}: ${error.message}`
    throw new DialError('refused', cause)
  }
}
