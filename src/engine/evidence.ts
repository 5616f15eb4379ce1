import type { ReadConnection } from '../ssh/connection.js'
import { components } from '../trueno/components.js'
import { type Looked, readScene } from '../trueno/read-scene.js'
import type { World } from '../world.js'

/** Last lines of each log that are looked at after a failure: an uncaught exception prints over 100 below the line that tells. */
const linesOfEachLog = 400
const limitMs = 10_000

/** Where to look on a host; absolute paths. */
export interface LookPlaces {
  readonly home: string
  readonly data: string
  /** A port besides those of Trueno. */
  readonly port?: number
}

/** Looks at a host's logs since its start and at how it is, read-only and bounded in time; undefined when it cannot be looked at. */
export async function lookAround(
  connection: ReadConnection,
  places: LookPlaces,
  world: World,
  signal?: AbortSignal,
): Promise<Looked | undefined> {
  const over = new AbortController()
  const until = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal])
  const late = world.sleep(limitMs, until).then(() => undefined)
  const look = connection
    .read('evidence', lookArguments(places), { signal: until })
    .then(({ stdout }) => readScene(stdout))
  try {
    return await Promise.race([look, late]).catch(() => undefined)
  } finally {
    over.abort(new Error('looked'))
    late.catch(() => undefined)
    look.catch(() => undefined)
  }
}

export function lookArguments({ home, data, port }: LookPlaces): readonly string[] {
  const ports = new Set([...truenoPorts, ...(port === undefined ? [] : [port])])
  return [home, data, String(linesOfEachLog), ...[...ports].map(String)]
}

const truenoPorts = [...components.flatMap(({ ports }) => ports.map(({ port }) => port)), 8088]
