import type { Sha256 } from '../cluster/cluster.js'
import type { Emit } from '../engine/events.js'
import type { World } from '../world.js'
import type { ChooseOptions } from './choose.js'
import type { Clients } from './clients.js'
import type { SourceTable } from './table.js'

/** A bundle to be made. */
export interface MakeOptions extends ChooseOptions {
  readonly table: SourceTable
  /** The folder to make; absolute. One that is a bundle is replaced, any other is left alone. */
  readonly out: string
  /** sha256 of what was fetched earlier, by source. */
  readonly locked: Readonly<Record<string, Sha256>>
  /** npm's lock of an earlier bundle; null: none. */
  readonly npmLock: string | null
  /** Version of trueno-deploy. */
  readonly tool: string
  /** Where trueno-deploy is installed: the stand-in is in it. */
  readonly packageRoot: string
}

/** What it is made with: all that reaches beyond files. */
export interface MakeTools {
  readonly clients: Clients
  readonly world: World
  readonly emit: Emit
  readonly signal: AbortSignal
  readonly cacheDirectory: string
  /** Is told at once what is to be remembered: sha256 of what was taken, by source. */
  readonly onFetched: (sources: Readonly<Record<string, Sha256>>) => Promise<void>
  /** Is told of sources whose files cannot be unpacked: they were cut short when they were recorded, and are to be forgotten. */
  readonly onUnusable: (sources: readonly string[]) => Promise<void>
  readonly onNpmLock: (lock: string) => Promise<void>
}
