import { errorProblem, LeaseHeldError, ProblemError } from '../errors.js'
import type { Connection } from '../ssh/connection.js'
import type { World } from '../world.js'
import { scriptProblem } from './script-problem.js'

/** The right to change a cluster, as long as it is held. */
export interface Lease {
  /** Rises with each holder; hosts refuse scripts with an older one. */
  readonly token: number
  /** Aborts when the lease was lost to somebody else. */
  readonly lost: AbortSignal
  release(): Promise<void>
}

export interface LeaseRequest {
  /** The host that keeps it: the coordinator, or where that cannot be reached the first host that can. */
  readonly connection: Connection
  /** Absolute home directory on that host. */
  readonly home: string
  /** `user@laptop`. */
  readonly who: string
  readonly purpose: string
  /** Highest token that any host of the cluster has seen: the keeper may not have been one of its last holders'. */
  readonly seen: number
  readonly world: World
  /** Default: nothing is known of earlier runs, and a lease that one of them kept is waited for. */
  readonly runs?: OwnRuns
}

/** What this laptop knows of its own runs, by the names under which they take leases. */
export interface OwnRuns {
  /** A run is about to take a lease. */
  begin(run: string): Promise<void>
  /** It holds none any more. */
  forget(run: string): Promise<void>
  /** It has ended, and could not give its lease back. */
  leave(run: string): Promise<void>
  /** Whether it was begun here and has ended, however that was, without giving its lease back. */
  hasEnded(run: string): Promise<boolean>
}

const beatEveryMs = 15_000
/** Exit code of the script when somebody else has it by now. */
const takenOver = 75

/**
 * Takes the lease of a cluster and keeps it alive until it is released.
 * @throws LeaseHeldError when somebody else holds it
 */
export async function takeLease(request: LeaseRequest): Promise<Lease> {
  const { runs = noRuns, world } = request
  // Names this attempt, so that what it got is not taken for somebody else's when the answer was lost on its way.
  const run = Math.floor(world.random() * 2 ** 48).toString(16)
  await runs.begin(run)
  const token = await take(request, run, runs)
  const over = new AbortController()
  const lost = new AbortController()
  const beating = beat(token, request, over.signal).catch((error: unknown) => {
    if (!over.signal.aborted) lost.abort(error)
  })
  const release = async (): Promise<void> => {
    over.abort(new Error('released'))
    await beating
    const giving = request.connection.run('lease', [String(token), request.home, 'release'])
    const isOurs = await giving.then(
      ({ code }) => code !== 0 && code !== takenOver,
      () => true,
    )
    await (isOurs ? runs.leave(run) : runs.forget(run))
  }
  return { token, lost: lost.signal, release }
}

async function take(request: LeaseRequest, run: string, runs: OwnRuns): Promise<number> {
  try {
    return await ask(request, run)
  } catch (error) {
    const former = error instanceof LeaseHeld ? error.run : ''
    if (former !== '' && (await runs.hasEnded(former))) {
      const token = await ask(request, run, former)
      await runs.forget(former)
      return token
    }
    // Where the answer is not known the lease may be ours.
    await (error instanceof LeaseHeld ? runs.forget(run) : runs.leave(run))
    throw error
  }
}

/** @param former run whose lease is as good as given back */
async function ask({ connection, home, who, purpose, seen }: LeaseRequest, run: string, former = ''): Promise<number> {
  const more = former === '' ? [] : [former]
  const result = await connection.run('lease', [String(seen), home, 'take', who, purpose, run, ...more])
  const [word, first = '', second = ''] = result.stdout.trim().split('\t')
  if (result.code === 0 && word === 'token') return Number(first)
  if (word === 'held') throw new LeaseHeld(connection.host, ownerOf(first), second)
  throw new ProblemError([{ ...scriptProblem('Take the lease', 'lease', result), host: connection.host }])
}

const noRuns: OwnRuns = {
  begin: async () => undefined,
  forget: async () => undefined,
  leave: async () => undefined,
  hasEnded: async () => false,
}

class LeaseHeld extends LeaseHeldError {
  /** Name of the run that holds it; empty where that is not known. */
  readonly run: string
  constructor(host: string, owner: Owner, silent: string) {
    super(heldProblem(host, owner, silent))
    this.run = owner.run
  }
}

function heldProblem(host: string, { who, purpose, since }: Owner, silent: string): ReturnType<typeof errorProblem> {
  const time = since === undefined ? '' : ` since ${new Date(since * 1000).toISOString()}`
  return errorProblem({
    code: 'lease-held',
    title: 'somebody else changes this cluster now',
    cause: `${who} runs \`${purpose}\`${time}`,
    evidence: `its last sign of life was ${silent} s ago`,
    remedy:
      'run it again when that is done, or give --wait; a lease that gives no sign of life for 60 s is taken over by itself',
    host,
  })
}

interface Owner {
  readonly who: string
  readonly purpose: string
  readonly run: string
  readonly since?: number
}

function ownerOf(text: string): Owner {
  try {
    const owner: unknown = JSON.parse(text)
    if (typeof owner === 'object' && owner !== null && 'who' in owner && 'purpose' in owner) {
      const since = 'since' in owner && typeof owner.since === 'number' ? { since: owner.since } : {}
      const run = 'run' in owner ? String(owner.run) : ''
      return { who: String(owner.who), purpose: String(owner.purpose), run, ...since }
    }
  } catch {
    // an owner file that cannot be read is still an owner
  }
  return { who: 'somebody', purpose: 'a command', run: '' }
}

async function beat(token: number, request: LeaseRequest, signal: AbortSignal): Promise<void> {
  const { connection, home, world } = request
  while (!signal.aborted) {
    await world.sleep(beatEveryMs, signal)
    const result = await inTime(request, signal, (until) =>
      connection.run('lease', [String(token), home, 'beat'], { signal: until }),
    )
    if (result.code !== 0)
      throw new ProblemError([{ ...scriptProblem('Keep the lease', 'lease', result), host: connection.host }])
  }
}

/** Together with the time between two: less than the 60 s after which others may take it over. */
const answerWithinMs = 40_000

/** Who cannot show that he lives must have stopped before others believe it. */
async function inTime<T>(
  { connection, world }: LeaseRequest,
  signal: AbortSignal,
  ask: (until: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController()
  const done = new AbortController()
  world.sleep(answerWithinMs, AbortSignal.any([signal, done.signal])).then(
    () => late.abort(new ProblemError([unkept(connection.host)])),
    () => undefined,
  )
  try {
    return await ask(AbortSignal.any([signal, late.signal]))
  } finally {
    done.abort()
  }
}

function unkept(host: string): ReturnType<typeof errorProblem> {
  return errorProblem({
    code: 'lease-not-kept',
    title: 'The lease cannot be kept',
    cause: `${host}, where it lies, has not answered for ${answerWithinMs / 1000} s, and somebody else may take it over soon`,
    remedy: 'when the host answers again, run `trueno-deploy up` again: it goes on where this run stopped',
    host,
  })
}
