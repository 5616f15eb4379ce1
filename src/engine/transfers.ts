import { ProblemError } from '../errors.js'
import type { Step } from '../plan/plan.js'
import type { Hear, ScriptResult } from '../ssh/connection.js'
import { type ArtifactBytes, connectionOf, type Engine, type StepPlace } from './engine.js'
import { createProgress } from './progress.js'
import { createRateLimit, inPieces } from './rate-limit.js'
import { scriptProblem } from './script-problem.js'

/** All that travels to hosts in one phase. */
export interface Transfers {
  /** Brings an artifact to a host. @throws ProblemError; the signal's reason when it aborts */
  send(step: FetchStep, place: StepPlace, signal: AbortSignal): Promise<void>
  /** What came from where, for people: `412 MB`; null: nothing travelled. */
  summary(): string | null
}

export type FetchStep = Extract<Step, { kind: 'fetch' }>

export function createTransfers(engine: Engine): Transfers {
  const limit = createRateLimit(engine.uploadLimit, engine.world)
  let sentFromHere = 0

  const fromHere = async (step: FetchStep, place: StepPlace, signal: AbortSignal): Promise<void> => {
    const bytes = await engine.artifacts.open(step.artifact)
    const attempt = { step, place, bytes, began: 0 }
    const first = await receive(attempt, signal)
    // What had arrived earlier was no part of it: it is gone now, and all is sent.
    const isStale = first.code === mismatch && attempt.began > 0
    const result = isStale ? await receive(attempt, signal) : first
    if (result.code !== 0) throw new ProblemError([scriptProblem(step.title, 'receive', result)])
  }

  const receive = (attempt: Attempt, signal: AbortSignal): Promise<ScriptResult> => {
    const { step, place, bytes } = attempt
    const { home, artifact, bytes: tree } = step
    const args = [home, artifact, bytes.encoding, bytes.sha256, bytes.bytes, tree, 'here', 'drop'].map(String)
    const input = (hear: Hear): AsyncGenerator<Uint8Array> => upload(attempt, hear, signal)
    return connectionOf(engine, place.host).run('receive', [String(engine.token), ...args], { input, signal })
  }

  const upload = async function* (attempt: Attempt, hear: Hear, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const { bytes, place } = attempt
    const from = offsetIn(await hear())
    if (from === null) return
    attempt.began = from
    const progress = createProgress(engine, place, bytes.bytes)
    progress.begins(from)
    let at = from
    for await (const chunk of bytes.read(from))
      for (const piece of inPieces(chunk, limit.pieceBytes)) {
        await limit.pass(piece.length, signal)
        sentFromHere += piece.length
        yield piece
        at += piece.length
        progress.reaches(at)
      }
  }

  return {
    send: fromHere,
    summary: () => (sentFromHere === 0 ? null : megabytes(sentFromHere)),
  }
}

interface Attempt {
  readonly step: FetchStep
  readonly place: StepPlace
  readonly bytes: ArtifactBytes
  /** Offset at which the last attempt began. */
  began: number
}

/** Exit code of `receive` when what arrived is something else. */
const mismatch = 71

/** `from 1234`; null: nothing is wanted. */
function offsetIn(line: string | undefined): number | null {
  const [, offset] = /^from (\d+)$/.exec(line ?? '') ?? []
  return offset === undefined ? null : Number(offset)
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`
}
