import { ProblemError } from '../errors.js'
import type { HostWork } from '../plan/plan.js'
import type { ScriptResult } from '../ssh/connection.js'
import { type Client, theMirror } from './board.js'
import type { Engine, StepPlace } from './engine.js'
import { createLedger } from './ledger.js'
import { createWays, type FetchStep, type Job, mismatch, peerFailed } from './receiving.js'
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

/** @param work of the phase: who will want what */
export function createTransfers(engine: Engine, cluster: string, work: readonly HostWork[]): Transfers {
  const sources = createSources(engine, cluster, work)
  const ledger = createLedger()
  const ways = createWays(engine, sources, ledger)
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

  return { send, summary: ledger.summary, close: sources.close }
}

function isFaultOfPeer({ code }: ScriptResult): boolean {
  return code === mismatch || code === peerFailed
}
