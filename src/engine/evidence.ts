import type { Connection } from '../ssh/connection.js'
import type { SceneLine } from '../trueno/causes.js'
import type { Gate } from '../trueno/gates.js'
import type { World } from '../world.js'

/** Last lines of each log that are looked at after a failure: an uncaught exception prints over 100 below the line that tells. */
const linesOfEachLog = 400
const limitMs = 10_000

/** Looks at a host's logs since its start, read-only and bounded in time; undefined when it cannot be looked at. */
export async function lookAround(
  connection: Connection,
  gate: Gate,
  world: World,
): Promise<readonly SceneLine[] | undefined> {
  const over = new AbortController()
  const late = world.sleep(limitMs, over.signal).then(() => undefined)
  const look = connection
    .read('evidence', [gate.home, gate.data, String(linesOfEachLog)], { signal: over.signal })
    .then(({ stdout }) => sceneLines(stdout))
  try {
    return await Promise.race([look, late]).catch(() => undefined)
  } finally {
    over.abort(new Error('looked'))
    late.catch(() => undefined)
    look.catch(() => undefined)
  }
}

/** Reads the output of `evidence.sh`: logs one after the other, each headed `==> path <==`. */
export function sceneLines(output: string): readonly SceneLine[] {
  let file = ''
  return output.split('\n').flatMap((text) => {
    const heading = /^==> (.+) <==$/.exec(text)
    if (heading !== null) file = heading[1] ?? ''
    return heading !== null || text.trim() === '' ? [] : [{ file, text }]
  })
}
