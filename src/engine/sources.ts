import type { HostKey, Sha256 } from '../cluster/cluster.js'
import type { HostWork, Step } from '../plan/plan.js'
import { unlessAborted } from '../ssh/abort.js'
import { bringsNode } from '../trueno/release.js'
import { Board, type Client, theMirror } from './board.js'
import type { Engine } from './engine.js'
import { createServers, type Used } from './servers.js'

/** Who serves whom: where each host gets each artifact from. */
export interface Sources {
  /** Resolves when there is a source for it, which it then uses. */
  next(client: Client, signal: AbortSignal): Promise<Source>
  /** Whether others will want it of whoever gets it now. */
  isWantedBesides(client: Client): boolean
  /** It passes on what arrives. */
  passes(client: Client): void
  /** It has kept all that travelled, verified, and can pass it on. */
  holds(client: Client): void
  /** It has it in place. */
  arrived(client: Client): void
  /** That source is not asked again by this client, by nobody where it lied; but once it has all where it had not. */
  avoid(client: Client, source: Source, why: string, lied: boolean): void
  /** It wants it no more, whether it has it or not. */
  leave(client: Client): void
  /** Ends all relays. */
  close(): Promise<void>
}

export type Source =
  /** `why`: what keeps others from serving it, for people; null: it is its turn to get it from here. */
  | { readonly kind: 'here'; readonly why: string | null }
  | ({ readonly kind: 'peer'; readonly holder: Client; readonly whole: boolean } & Used)
  | { readonly kind: 'mirror' }

/** @param work of the phase: who will want what */
export function createSources(engine: Engine, cluster: string, work: readonly HostWork[]): Sources {
  const boards = boardsOf(work)
  let change = createChange()
  const changed = (): void => {
    change.happens()
    change = createChange()
  }
  const nodes = [...new Set(work.flatMap(({ steps }) => steps.flatMap(runtimeOf)))]
  const awaitsNode = (host: HostKey): boolean => nodes.some((node) => boards.get(node)?.expects(host))
  const servers = createServers(engine, { cluster, changed, awaitsNode })
  const boardOf = ({ artifact }: Client): Board => {
    const board = boards.get(artifact) ?? new Board([])
    boards.set(artifact, board)
    return board
  }
  const tell =
    <Rest extends readonly unknown[]>(act: (board: Board, client: Client, ...rest: Rest) => void) =>
    (client: Client, ...rest: Rest): void => {
      act(boardOf(client), client, ...rest)
      changed()
    }

  const tryOnce = async (client: Client, signal: AbortSignal): Promise<Source | null> => {
    const { happened } = change
    const choice = boardOf(client).choose(client, servers)
    if (choice.kind === 'wait') {
      await unlessAborted(happened, signal, () => undefined)
      return null
    }
    boardOf(client).take(client, choice.kind === 'peer' ? choice.holder.host : undefined)
    if (choice.kind !== 'peer') return choice
    const used = await servers.use(choice.holder)
    if (used !== null) return { ...choice, ...used }
    boardOf(client).enter(client)
    return null
  }
  return {
    next: async (client, signal) => {
      boardOf(client).enter(client)
      for (;;) {
        signal.throwIfAborted()
        const source = await tryOnce(client, signal)
        if (source !== null) return source
      }
    },
    isWantedBesides: (client) => client.peers !== undefined && boardOf(client).isWantedBesides(client),
    passes: tell((board, client) => board.pass(client)),
    holds: tell((board, client) => {
      servers.kept(client)
      board.hold(client)
    }),
    arrived: (client) => {
      if (bringsNode(client.name)) servers.tryAgain(client.host)
    },
    avoid: tell((board, client, source: Source, why: string, lied: boolean) => {
      if (source.kind === 'peer' && !source.whole) board.waitForWhole(client)
      else if (source.kind === 'peer') board.avoid(client, source.holder.host, why, lied)
      if (source.kind === 'mirror') board.avoid(client, theMirror, why, lied)
    }),
    leave: tell((board, client) => {
      board.leave(client)
      if (!board.isWanted()) for (const holder of board.holders) servers.drop(holder)
    }),
    close: servers.close,
  }
}

/** The artifact that brings Node. */
function runtimeOf(step: Step): readonly Sha256[] {
  return step.kind === 'fetch' && bringsNode(step.name) ? [step.artifact] : []
}

function boardsOf(work: readonly HostWork[]): Map<Sha256, Board> {
  const wanting = new Map<Sha256, string[]>()
  for (const { host, steps } of work)
    for (const step of steps)
      if (step.kind === 'fetch') wanting.set(step.artifact, [...(wanting.get(step.artifact) ?? []), host])
  return new Map([...wanting].map(([artifact, hosts]) => [artifact, new Board(hosts)]))
}

interface Change {
  readonly happened: Promise<void>
  happens(): void
}

function createChange(): Change {
  let happens: () => void = () => undefined
  const happened = new Promise<void>((resolve) => {
    happens = resolve
  })
  return { happened, happens: () => happens() }
}
