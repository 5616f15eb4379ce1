import type { Sha256 } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import type { Step } from '../plan/plan.js'
import { sha256, short } from '../plan/state.js'

/** A file of ours on a host. */
export interface OwnFile {
  /** Of the step: `write-<id>`. */
  readonly id: string
  /** For people. */
  readonly name: string
  /** Absolute. */
  readonly path: string
  readonly content: string
  /** Hash of the one that lies there; null: none. */
  readonly found: Sha256 | null
  readonly secret?: true
}

/** Writes a file, readable for nobody else; nothing where it lies there already. */
export function writeStep(facts: Facts, { id, name, path, content, found, secret }: OwnFile): readonly Step[] {
  const wanted = sha256(content)
  if (found === wanted) return []
  return [
    {
      id: `write-${id}`,
      title: `Write ${name}`,
      reason: found === null ? `${name} is not there yet` : `${name} differs: ${short(found)} → ${short(wanted)}`,
      kind: 'write',
      path,
      content,
      mode: 0o600,
      home: facts.home.path,
      ...(secret && { secret }),
    },
  ]
}
