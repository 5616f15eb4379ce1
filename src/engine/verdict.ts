import type { Problem } from '../errors.js'
import { delaysIn, explains, failuresIn, unknownCause } from '../trueno/explain.js'
import type { Scene } from '../trueno/scene.js'
import { type Failing, keepsRestarting } from './failing.js'

/** A component that ends whenever it is started. */
type Looping = Required<Pick<Failing, 'title' | 'logs'>>

/**
 * What is to be told of a host that failed: every known cause; of each component that keeps ending without one, what it
 * said; else what it waits for; else what is most telling.
 * @param failing how it failed; null: only what is known counts
 */
export function problemsOf(scene: Scene, looping: readonly Looping[], failing: Failing | null): readonly Problem[] {
  const known = failuresIn(scene)
  const unknown = looping
    .filter(({ logs }) => !explains(scene, logs))
    .map(({ title, logs }) => ({ ...unknownCause({ ...scene, title, logs }), ...keepsRestarting, title }))
  if (known.length + unknown.length > 0 || failing === null) return [...known, ...unknown]
  const { logs: _, waited, ...told } = failing
  const delays = delaysIn(scene)
  if (waited !== undefined && delays.length > 0)
    return delays.map((delay) => ({ ...delay, cause: `${delay.cause} (${waited})` }))
  return [{ ...unknownCause(scene), ...told }]
}

/** What is to be told of a host on which nothing has failed yet. */
export function findingsOf(scene: Scene): readonly Problem[] {
  return [...failuresIn(scene), ...delaysIn(scene)]
}

/** Components that are there without Trueno knowing it. */
export function lostIn(scene: Scene): readonly Problem[] {
  return failuresIn(scene).length > 0 ? [] : delaysIn(scene).filter(({ code }) => code === 'ready-line-lost')
}
