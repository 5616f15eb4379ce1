import { onAbort } from '../ssh/abort.js'

/** How a wait ends: once, by whoever comes first. */
export class WaitEnd {
  /** What proves that it was not in vain; rejects with what ended it otherwise. */
  readonly result: Promise<string>
  readonly #over = new AbortController()
  #settle: { resolve: (evidence: string) => void; reject: (error: unknown) => void } | undefined

  constructor() {
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
  }

  /** Aborted when the wait is over: all that goes on for it ends. */
  get over(): AbortSignal {
    return this.#over.signal
  }

  resolve(evidence: string): void {
    this.#settle?.resolve(evidence)
    this.close()
  }

  reject(error: unknown): void {
    this.#settle?.reject(error)
  }

  /** Listens as long as the wait goes on. */
  when(signal: AbortSignal, act: () => void): void {
    this.over.addEventListener('abort', onAbort(signal, act), { once: true })
  }

  /** What goes wrong beside the wait must end it too, but not after it is over. */
  meanwhile(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!this.over.aborted) this.reject(error)
    })
  }

  close(): void {
    this.#over.abort(new Error('the wait is over'))
  }
}
