import { components } from '../trueno/components.js'

/** The components that core waits for on one host, each with the last line that it logged. */
export class AwaitedComponents {
  /** By title. */
  readonly #lastLines = new Map<string, string>()

  /** Core begins to wait for a component, or has seen that it is ready. */
  told(title: string, isReady: boolean): void {
    if (isReady) this.#lastLines.delete(title)
    else this.#lastLines.set(title, '')
  }

  /** @param owner what the log belongs to, see `ownerOf` */
  logged(owner: string, line: string): void {
    for (const title of this.#lastLines.keys()) if (directoryOf(title) === owner) this.#lastLines.set(title, line)
  }

  /** For people; undefined: it waits for none. */
  text(): string | undefined {
    if (this.#lastLines.size === 0) return undefined
    return [...this.#lastLines].map(([title, last]) => (last === '' ? title : `${title}: ${last}`)).join(', ')
  }
}

function directoryOf(title: string): string | undefined {
  return components.find((component) => component.title === title)?.directory ?? undefined
}
