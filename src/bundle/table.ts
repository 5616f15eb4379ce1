import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Sha256 } from '../cluster/cluster.js'
import type { Platform } from '../trueno/release.js'

/** `inventory/sources.json`: what releases are made of, and where each part can be had. */
export interface SourceTable {
  readonly version: 1
  /** What every flavour needs: Trueno itself, Node and Java. */
  readonly common: Readonly<Record<string, Part>>
  /** Components whose versions belong together, by the branch of Trueno that they belong to. */
  readonly flavours: Readonly<Record<string, Flavour>>
}

interface Flavour {
  readonly title: string
  readonly components: Readonly<Record<string, Part>>
}

/** One part of a release. Paths in it are relative to the part's own root, which is where its launcher is. */
export interface Part {
  readonly title: string
  /** The version that belongs here; empty: it has none. */
  readonly version: string
  /** As SPDX writes it; empty: not known. */
  readonly licence: string
  /** Where it goes in the release; empty: the release itself. */
  readonly to: string
  /** File that tells where the part begins in an archive, however deep; empty: at the top. */
  readonly launcher: string
  /** All that is taken; absent: everything. */
  readonly keep?: readonly string[]
  /** What is not taken: documentation, examples. */
  readonly leaveOut?: readonly string[]
  /** Folders that are emptied, as `trueno setup -p` does. */
  readonly empty?: readonly string[]
  /** Files that are made executable, as `trueno setup -p` does. */
  readonly programs?: readonly string[]
  /** MiB that it takes unpacked, before anything is left out. */
  readonly room: number
  /** In the order they are tried. */
  readonly ways: readonly Way[]
  /** What it costs that a stand-in takes its place when it cannot be had; absent: there is none. */
  readonly standin?: string
  /** What it costs to go without; empty: nothing. */
  readonly without: string
}

export interface Way {
  /** As `--source NAME=…` takes it. */
  readonly from: string
  /** Where it is another version than the one that belongs here. */
  readonly version?: string
  /** What is known of that version. */
  readonly known?: string
  readonly sha256?: Sha256
  /** Absent: for all. */
  readonly platform?: Platform
}

/** The part that holds Trueno itself. */
export const truenoPart = 'trueno'

/** @param packageRoot where trueno-deploy is installed */
export async function readTable(packageRoot: string): Promise<SourceTable> {
  return JSON.parse(await readFile(join(packageRoot, 'inventory', 'sources.json'), 'utf8'))
}
