import type { HostKey } from '../../cluster/cluster.js'
import type { Facts } from '../../cluster/facts.js'
import { type LookPlaces, lookArguments } from '../../engine/evidence.js'
import type { World } from '../../world.js'
import type { ReadFleet } from '../context.js'

const limitMs = 15_000

/** Looks at all hosts side by side, read-only and bounded in time. A host that cannot be looked at is missing. */
export async function gatherEvidence(
  facts: ReadonlyMap<HostKey, Facts>,
  { connections }: ReadFleet,
  world: World,
): Promise<ReadonlyMap<HostKey, string>> {
  const over = new AbortController()
  const late = world.sleep(limitMs, over.signal).then(
    () => undefined,
    () => undefined,
  )
  const look = async ([key, { home, data }]: readonly [HostKey, Facts]): Promise<readonly [HostKey, string]> => {
    const places: LookPlaces = { home: home.path, data: data.path }
    const read = connections.get(key)?.read('evidence', lookArguments(places), { signal: over.signal })
    const result = await Promise.race([read?.catch(() => undefined), late])
    return [key, result?.code === 0 ? result.stdout : '']
  }
  const found = await Promise.all([...facts].map(look))
  over.abort(new Error('looked'))
  return new Map(found.filter(([, output]) => output !== ''))
}
