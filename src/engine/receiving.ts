import type { HostKey } from '../cluster/cluster.js'
import type { Mirror } from '../mirror/mirror.js'
import type { Step } from '../plan/plan.js'
import type { Hear, ScriptResult } from '../ssh/connection.js'
import { ConnectionError } from '../ssh/errors.js'
import type { Client } from './board.js'
import { type ArtifactBytes, connectionOf, type Engine, type StepPlace } from './engine.js'
import type { Ledger } from './ledger.js'
import { createProgress } from './progress.js'
import { createRateLimit, inPieces } from './rate-limit.js'
import type { Source, Sources } from './sources.js'

export type FetchStep = Extract<Step, { kind: 'fetch' }>

/** One artifact on its way to one host. */
export interface Job {
  readonly step: FetchStep
  readonly place: StepPlace
  readonly bytes: ArtifactBytes
  readonly client: Client
  readonly signal: AbortSignal
}

/** Exit codes of `receive`: what arrived is something else; the other host, or the mirror, did not do its part. */
export const mismatch = 71
export const peerFailed = 76

/** How a host receives from each kind of source. */
export type Ways = {
  readonly [Kind in Source['kind']]: (
    job: Job,
    source: Extract<Source, { kind: Kind }>,
    keep: boolean,
  ) => Promise<ScriptResult>
}

/** All of them with one limit for what leaves this machine. `keep`: the host is to hold what travels, for others. */
export function createWays(engine: Engine, sources: Sources, ledger: Ledger): Ways {
  const limit = createRateLimit(engine.uploadLimit, engine.world)

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

  return { here: fromHere, peer: fromPeer, mirror: fromMirror }
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
