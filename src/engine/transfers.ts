import type { HostKey } from '../cluster/cluster.js'
import { ProblemError } from '../errors.js'
import type { Mirror } from '../mirror/mirror.js'
import type { HostWork, Step } from '../plan/plan.js'
import type { Hear, ScriptResult } from '../ssh/connection.js'
import { ConnectionError } from '../ssh/errors.js'
import { type Client, theMirror } from './board.js'
import { type ArtifactBytes, connectionOf, type Engine, type StepPlace } from './engine.js'
import { createLedger } from './ledger.js'
import { createProgress } from './progress.js'
import { createRateLimit, inPieces } from './rate-limit.js'
import { said, scriptProblem } from './script-problem.js'
import { createSources, type Source } from './sources.js'

/** All that travels to hosts in one phase. */
export interface Transfers {
  /** Brings an artifact to a host. @throws ProblemError; the signal's reason when it aborts */
  send(step: FetchStep, place: StepPlace, signal: AbortSignal): Promise<void>
  /** Hosts of the phase, and what came from where: `412 MB once from here, 3 hosts from 192.168.1.40`. */
  summary(hosts: string): string
  /** Ends what hosts do for each other. */
  close(): Promise<void>
}

export type FetchStep = Extract<Step, { kind: 'fetch' }>

/** @param work of the phase: who will want what */
export function createTransfers(engine: Engine, cluster: string, work: readonly HostWork[]): Transfers {
  const limit = createRateLimit(engine.uploadLimit, engine.world)
  const sources = createSources(engine, cluster, work)
  const ledger = createLedger()
  /** The same holds for many artifacts, and is said once. */
  const told = new Set<string>()

  const send = async (step: FetchStep, place: StepPlace, signal: AbortSignal): Promise<void> => {
    const { artifact, name, home, peers } = step
    const { host } = place
    const bytes = await engine.artifacts.open(artifact)
    const mirror = step.mirror !== undefined && engine.mirror !== null
    const client: Client = { host, home, artifact, name, mirror, wire: bytes.sha256, ...(peers && { peers }) }
    try {
      await bring({ step, place, bytes, client, signal })
    } finally {
      sources.leave(client)
    }
  }

  /** Until one source has brought it, or there is nobody left to be asked. */
  const bring = async (job: Job): Promise<void> => {
    for (;;) {
      const { client, step, signal } = job
      const source = await sources.next(client, signal)
      const keep = sources.isWantedBesides(client)
      const result = await ways[source.kind](job, source as never, keep)
      // It was told while it went on, to whoever listened then.
      if (/^kept$/m.test(result.stdout)) sources.holds(client)
      if (result.code === 0) return sources.arrived(client)
      if (source.kind === 'here' || !isFaultOfPeer(result))
        throw new ProblemError([scriptProblem(step.title, 'receive', result)])
      blame(job, source, result)
    }
  }

  const blame = ({ client, place }: Job, source: Source, result: ScriptResult): void => {
    const who = source.kind === 'peer' ? source.holder.host : theMirror
    const why = result.code === mismatch ? `${who} sent something else than ${client.name}` : said(result, 'receive')
    // What a mirror has not, it has for nobody.
    const isForAll = result.code === mismatch || /^the mirror has it not/.test(why)
    sources.avoid(client, source, why, isForAll)
    const isPartial = source.kind === 'peer' && !source.whole
    const then = isPartial ? 'it is asked again when it has all of it' : 'another source is taken'
    const message = `${place.host}: ${why}; ${then}.`
    if (!told.has(message)) engine.emit({ kind: 'note', message })
    told.add(message)
  }

  const fromHere = async (job: Job, { why }: { why: string | null }, keep: boolean): Promise<ScriptResult> => {
    const attempt = { began: 0 }
    const input = (hear: Hear): AsyncGenerator<Uint8Array> => upload(job, hear, attempt, why)
    const first = await receive(job, 'here', keep, input)
    // What had arrived earlier was no part of it: it is gone now, and all is sent.
    const isStale = first.code === mismatch && attempt.began > 0
    return isStale ? receive(job, 'here', keep, input) : first
  }

  const upload = async function* (
    { bytes, place, client, signal }: Job,
    hear: Hear,
    attempt: { began: number },
    why: string | null,
  ): AsyncGenerator<Uint8Array> {
    const from = offsetIn(await hear())
    if (from === null) return
    attempt.began = from
    watch(hear, passingOn(client))
    const progress = createProgress(engine, place, bytes.bytes, why === null ? null : `from here: ${why}`)
    progress.begins(from)
    let at = from
    for await (const chunk of bytes.read(from))
      for (const piece of inPieces(chunk, limit.pieceBytes)) {
        await limit.pass(piece.length, signal)
        ledger.sends(place.host, piece.length)
        yield piece
        at += piece.length
        progress.reaches(at)
      }
  }

  /** Words with which a host says what it can do for others. */
  const passingOn = (client: Client) => ({
    passing: () => sources.passes(client),
    kept: () => sources.holds(client),
  })

  const fromPeer = async (job: Job, source: PeerSource, keep: boolean): Promise<ScriptResult> => {
    const { place } = job
    const { holder, done } = source
    try {
      connectionOf(engine, place.host).assertPermitted(holder.peers?.address ?? holder.host)
      return await receive(job, 'peer', keep, (hear) => ask(job, source, hear))
    } catch (error) {
      if (error instanceof ConnectionError && error.fault === 'blocked') return gone(error.problem.cause)
      if (error instanceof NotGranted) return gone(`${holder.host} does not serve any more`)
      throw error
    } finally {
      done()
    }
  }

  /** Hands the grant on, and tells what the host says of its progress. */
  const ask = async function* (job: Job, { holder, relay, done }: PeerSource, hear: Hear): AsyncGenerator<Uint8Array> {
    const { place, client, bytes } = job
    const from = offsetIn(await hear())
    if (from === null) return
    const grant = await relay.grant(client.wire, bytes.bytes, expectedAddress(client, holder))
    if (grant === null) throw new NotGranted()
    yield Buffer.from(`${grant.address} ${grant.port} ${grant.secret}\n`)
    ledger.serves(holder.host, place.host)
    await follow(job, from, `from ${holder.host}`, hear, done)
  }

  /** Tells what a host says of what arrives; `done` when all has. */
  const follow = (
    { place, bytes, client }: Job,
    from: number,
    source: string,
    hear: Hear,
    done: () => void,
  ): Promise<void> => {
    const progress = createProgress(engine, place, bytes.bytes, source)
    const reaches = (offset: string): void => {
      progress.reaches(Number(offset))
      if (Number(offset) >= bytes.bytes) done()
    }
    progress.begins(from)
    return watch(hear, { ...passingOn(client), at: reaches })
  }

  const fromMirror = async (job: Job, _source: unknown, keep: boolean): Promise<ScriptResult> => {
    const { mirror } = engine
    if (mirror === null) return gone('there is no mirror')
    try {
      connectionOf(engine, job.place.host).assertPermitted(mirror.host)
    } catch (error) {
      if (error instanceof ConnectionError) return gone(error.problem.cause)
      throw error
    }
    const attempt = { asked: false }
    const result = await receive(job, 'mirror', keep, (hear) => point(job, mirror, hear, attempt))
    if (attempt.asked && result.code === 0) ledger.serves(mirror.name, job.place.host)
    return result
  }

  /** Hands the address on, which may be secret. */
  const point = async function* (
    job: Job,
    mirror: Mirror,
    hear: Hear,
    attempt: { asked: boolean },
  ): AsyncGenerator<Uint8Array> {
    const { bytes } = job
    const from = offsetIn(await hear())
    if (from === null) return
    yield Buffer.from(`${mirror.address(bytes.sha256, 'GET', engine.world.now())}\n`)
    attempt.asked = true
    await follow(job, from, 'from the mirror', hear, () => undefined)
  }

  const receive = (
    { step, place, bytes, signal }: Job,
    source: Source['kind'],
    keep: boolean,
    input: (hear: Hear) => AsyncGenerator<Uint8Array>,
  ): Promise<ScriptResult> => {
    const { home, artifact, bytes: tree } = step
    const travels = [bytes.encoding, bytes.sha256, bytes.bytes].map(String)
    const args = [String(engine.token), home, artifact, ...travels, String(tree), source, keep ? 'keep' : 'drop']
    return connectionOf(engine, place.host).run('receive', args, { input, signal })
  }

  const ways = { here: fromHere, peer: fromPeer, mirror: fromMirror } satisfies {
    [Kind in Source['kind']]: (
      job: Job,
      source: Extract<Source, { kind: Kind }>,
      keep: boolean,
    ) => Promise<ScriptResult>
  }
  return { send, summary: ledger.summary, close: sources.close }
}

interface Job {
  readonly step: FetchStep
  readonly place: StepPlace
  readonly bytes: ArtifactBytes
  readonly client: Client
  readonly signal: AbortSignal
}

type PeerSource = Extract<Source, { kind: 'peer' }>

class NotGranted extends Error {
  override readonly name = 'NotGranted'
}

/** Listens to a host until it has ended: each line is a word, and perhaps more. */
async function watch(hear: Hear, words: Readonly<Partial<Record<string, (rest: string) => void>>>): Promise<void> {
  for (let line = await hear(); line !== undefined; line = await hear()) {
    const [word = '', rest = ''] = line.split(' ')
    words[word]?.(rest)
  }
}

/** Exit codes of `receive`: what arrived is something else; the other host did not do its part. */
const mismatch = 71
const peerFailed = 76

function isFaultOfPeer({ code }: ScriptResult): boolean {
  return code === mismatch || code === peerFailed
}

function gone(why: string): ScriptResult {
  return { code: peerFailed, stdout: '', stderr: why }
}

/** `from 1234`; null: nothing is wanted. */
function offsetIn(line: string | undefined): number | null {
  const [, offset] = /^from (\d+)$/.exec(line ?? '') ?? []
  return offset === undefined ? null : Number(offset)
}

/** Where a host is seen to come from. On the loopback interface the kernel takes its first address. */
function expectedAddress({ host, peers }: Client, holder: Client): HostKey {
  const own = peers?.address ?? host
  if (!/^[\d.]+$|:/.test(own)) return '-'
  return holder.peers?.address.startsWith('127.') ? `${own},127.0.0.1` : own
}
