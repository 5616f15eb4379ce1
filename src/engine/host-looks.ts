import type { Problem } from '../errors.js'
import { type Component, exitLimitOf, logsOf } from '../trueno/components.js'
import { explains, failuresIn } from '../trueno/explain.js'
import { exitsIn, type Scene, type SceneProcess } from '../trueno/scene.js'

/** What repeated looks at one host have shown, and what follows from it. */
export class HostLooks {
  #scene: Scene | undefined
  /** By pm2's name: the processes that were seen, one after the other; null: none. */
  readonly #lives = new Map<string, (number | null)[]>()

  /** What was seen last; undefined: the host could not be looked at. */
  get scene(): Scene | undefined {
    return this.#scene
  }

  /** @param watched the components that are not well */
  saw(scene: Scene, watched: readonly Component[]): void {
    this.#scene = scene
    for (const { process } of watched) {
      const lives = this.#lives.get(process) ?? []
      const pid = processIn(scene, process)?.pid ?? null
      if (lives.at(-1) !== pid || pid === null) lives.push(pid)
      this.#lives.set(process, lives)
    }
  }

  /** What is known to keep these from being well. */
  causes(watched: readonly Component[]): readonly Problem[] {
    const scene = this.#scene
    return scene !== undefined && watched.some((component) => explains(scene, logsOf(component)))
      ? failuresIn(scene)
      : []
  }

  /**
   * Whether it is certain that a component will not come to be well. Its logs must tell a known cause: in its only
   * life, or it has gone for good, or ends again and again while it is watched. What ended long ago may have told
   * the same.
   */
  isDoomed(component: Component): boolean {
    const scene = this.#scene
    if (scene === undefined || scene.condition === null) return false
    const lives = this.#lives.get(component.process) ?? []
    const isGone = lives.slice(-2).filter((pid) => pid === null).length === 2
    if (isGone && scene.condition.processes.length === 0) return true
    if (!explains(scene, logsOf(component))) return false
    const ended = new Set(lives.filter((pid) => pid !== null)).size - (lives.at(-1) === null ? 0 : 1)
    return isGone || ended >= exitLimitOf(component.process) || isInFirstLife(component, scene)
  }
}

function isInFirstLife({ process }: Component, scene: Scene): boolean {
  const restarts = processIn(scene, process)?.restarts ?? 0
  return restarts === 0 && !exitsIn(scene).some((exit) => exit.process === process)
}

function processIn({ condition }: Scene, name: string): SceneProcess | undefined {
  return condition?.processes.find((process) => process.name === name)
}
