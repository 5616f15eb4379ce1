import type { HostKey, Transport } from '../cluster/cluster.js'
import { BeyondSsh2Error } from './beyond-ssh2.js'
import { withDeadline } from './deadline.js'
import { DialError } from './dial.js'
import { ConnectionError } from './errors.js'
import type { Link } from './link.js'
import { ssh2Way } from './ssh2-way.js'
import { describeTarget, type Target } from './target.js'
import { chooseTransport } from './transport.js'
import { EarlyDropError, type LinkContext, type Login, type Way } from './way.js'

export interface OpenLinkOptions {
  /** Default: what the inventory wants for the target. */
  readonly transport?: Transport
  readonly signal?: AbortSignal | undefined
}

/** Logs in to a host. @throws ConnectionError with what went wrong; the signal's reason when that aborts. */
export async function openLink(
  host: HostKey,
  target: Target,
  context: LinkContext,
  { transport = target.transport, signal }: OpenLinkOptions = {},
): Promise<Link> {
  const limitMs = Math.min(context.connectTimeoutMs, target.connectTimeoutMs ?? Number.POSITIVE_INFINITY)
  const answerLimitMs = Math.min(context.answerTimeoutMs, limitMs)
  const login: Login = { host, target, context, limitMs, answerLimitMs, signal }
  for (let tries = 1; ; tries++) {
    try {
      return await loginInTurn(login, transport)
    } catch (error) {
      if (!(error instanceof EarlyDropError) || tries >= loginTries) throw asConnectionError(host, target, error)
    }
    await context.world.sleep(tries * 200 * (0.5 + context.world.random()), signal)
  }
}

const loginTries = 6

async function loginInTurn(login: Login, wanted: Transport): Promise<Link> {
  const { target, context } = login
  if (chooseTransport(target, wanted, context).name === 'openssh') return byOpenSsh(login)
  try {
    return await inTurn(await ssh2Way(login), login)
  } catch (error) {
    if (!(error instanceof BeyondSsh2Error)) throw error
    if (wanted !== 'auto' || target.sshArguments === null) throw error.failure
    return takenOver(login, error)
  }
}

/** OpenSSH may be able to do it. When it is not, what ssh2 was told says more. */
async function takenOver(login: Login, { message, failure }: BeyondSsh2Error): Promise<Link> {
  login.context.onBeyond(login.host, message)
  try {
    return await byOpenSsh(login)
  } catch (error) {
    throw error instanceof ConnectionError && error.fault === failure.fault ? failure : error
  }
}

/** Seldom needed, and then loaded. */
async function byOpenSsh(login: Login): Promise<Link> {
  const { openSshWay } = await import('./openssh-way.js')
  return inTurn(await openSshWay(login), login)
}

async function inTurn(way: Way, { target, context, limitMs, answerLimitMs, signal }: Login): Promise<Link> {
  const { world, asker } = context
  const ms = () => (way.answered() ? limitMs : answerLimitMs)
  const late = () =>
    new DialError('timed-out', `${describeTarget(target)} did not let us in within ${ms() / 1000} s${way.stuck()}`)
  const slots = context.logins(way.sshd)
  try {
    return await slots.use(() => withDeadline(way.login, { world, asker, ms, signal }, late))
  } catch (error) {
    // It takes fewer at once than is usual.
    if (error instanceof EarlyDropError) slots.narrow()
    throw error
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
