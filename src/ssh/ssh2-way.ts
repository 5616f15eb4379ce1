import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { unlessAborted } from './abort.js'
import { type Authentication, createAuthentication } from './authentication.js'
import { BeyondSsh2Error, untriedMethod } from './beyond-ssh2.js'
import { TunnelError } from './connection.js'
import { withDeadline } from './deadline.js'
import { assertPermitted, DialError, type DialOptions, dialAddresses, resolveAddresses } from './dial.js'
import { ConnectionError } from './errors.js'
import { createGreeting, type Greeting } from './greeting.js'
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
  const greeting = createGreeting()
  let hasKeys = false
  const authenticate = async (signal: AbortSignal): Promise<Authentication> => {
    const authentication = await findKeys(login, signal)
    hasKeys = true
    return authentication
  }
  return {
    sshd: route.sshd,
    login: async (signal) => loginOver(route, login, { greeting, signal, authentication: await authenticate(signal) }),
    // How long a ProxyCommand takes to begin is no matter of the host.
    answered: () => greeting.answered() || login.target.proxyCommand !== null,
    stuck: () => (hasKeys ? greeting.stuck() : silentAgent(login.target)),
  }
}

/** An agent may never answer: one in a container, or at the other end of a connection that has gone. */
function findKeys({ target, context }: Login, signal: AbortSignal): Promise<Authentication> {
  return unlessAborted(createAuthentication(target, { ...context, ask: context.asker.ask }), signal, () => {})
}

function silentAgent({ identityAgent }: Target): string {
  return identityAgent === null ? '' : `: the agent at ${identityAgent} does not answer`
}

interface LoginParts {
  readonly authentication: Authentication
  readonly greeting: Greeting
  readonly signal: AbortSignal
}

async function loginOver(
  route: Route,
  { host, target, context }: Login,
  { authentication, greeting, signal }: LoginParts,
): Promise<Link> {
  const { world, hostKeys } = context
  const stream = await route.open(signal)
  const options = { hostKeys, authentication, greeting, signal }
  const client = await handshake(stream, host, target, options).catch(async (error) => {
    throw await unlessAborted(orBeyond(error, target, authentication, context), signal, () => {})
  })
  watchSilence(stream, target.keepalive, world)
  return ssh2Link(client, host, { world, environment: target.environment })
}

async function orBeyond(
  error: unknown,
  target: Target,
  authentication: Authentication,
  { identities, hostKeys }: LinkContext,
): Promise<unknown> {
  if (!(error instanceof ConnectionError)) return error
  // The plain key that is known may be an old one: ssh asks for the certificate first.
  if (error.fault === 'host-key-changed' && hostKeys.isKnownByAuthority(target))
    return new BeyondSsh2Error('a certificate authority may vouch for the new key of the host', error)
  if (error.fault !== 'auth-failed') return error
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
  const { target, context } = login
  if (isDirect(target)) return directRoute(login)
  const sshd = wayTo(target)
  assertPermitted(target.hostname, context.only)
  const { proxyCommand } = target
  if (proxyCommand !== null) return { sshd, open: async () => runProxyCommand(proxyCommand) }
  return { sshd, open: await throughJumps(login) }
}

function isDirect({ jumps, proxyCommand }: Target): boolean {
  return jumps.length === 0 && proxyCommand === null
}

/** Names the sshd of a target: by its address, where that can be known, since several names of one sshd are one. */
export async function sshdOf(login: Login): Promise<string> {
  if (!isDirect(login.target)) return wayTo(login.target)
  return addressesOf(login).then(
    (addresses) => named(addresses, login.target),
    // Whoever connects will say why it is not known.
    () => wayTo(login.target),
  )
}

function wayTo({ hostname, port, proxyCommand, jumps }: Target): string {
  return `${jumps.map(describeTarget).join('>')}>${proxyCommand ?? ''}>${hostname}:${port}`
}

function named(addresses: readonly string[], { port }: Target): string {
  return `${addresses[0]}:${port}`
}

async function directRoute(login: Login): Promise<Route> {
  const { target } = login
  const addresses = await addressesOf(login)
  return {
    sshd: named(addresses, target),
    open: (signal) => dialAddresses(addresses, target.port, { ...dialOptions(login), signal }),
  }
}

async function addressesOf(login: Login): Promise<readonly string[]> {
  const { context, limitMs: ms, signal } = login
  const { hostname } = login.target
  const options = dialOptions(login)
  if (isIP(hostname) !== 0) return resolveAddresses(hostname, options)
  const late = () => new DialError('timed-out', `looking up ${hostname} took longer than ${ms / 1000} s`)
  const look = (over: AbortSignal) =>
    unlessAborted(resolveAddresses(hostname, { ...options, signal: over }), over, () => {})
  return withDeadline(look, { world: context.world, asker: context.asker, ms: () => ms, signal }, late)
}

function dialOptions({ target, context, limitMs }: Login): DialOptions {
  const { addressFamily: family, bindAddress: from } = target
  return { world: context.world, only: context.only, timeoutMs: limitMs, family, from }
}

async function throughJumps({ target, context, signal }: Login): Promise<Route['open']> {
  const last = target.jumps.at(-1) as Target
  const link = await jumpLink(target, { context, signal })
  return (over) => {
    const opening = forwardThrough(link, last, target)
    // What nothing answers is given up there much later.
    return unlessAborted(opening, over, () => {
      opening.then(
        (stream) => stream.destroy(),
        () => {},
      )
    })
  }
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
    if (error.isForbidden) throw new DialError('no-route', forbidden(jump))
    const cause = `the jump host ${describeTarget(jump)} cannot reach ${hostname} port ${port}: ${error.message}`
    throw new DialError('refused', cause)
  }
}

function forbidden(jump: Target): string {
  return `the jump host ${describeTarget(jump)} forbids forwarding (AllowTcpForwarding of its sshd_config)`
}
