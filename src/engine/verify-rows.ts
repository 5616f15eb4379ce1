import type { HostKey } from '../cluster/cluster.js'
import type { Problem } from '../errors.js'
import type { Emit } from './events.js'

/** What is told of the hosts that do not answer as they should, while they are asked. */
export class VerifyRows {
  /** Of each host, what was said of it last. */
  readonly #said = new Map<HostKey, string>()
  #saidOfAll = ''

  constructor(private readonly emit: Emit) {}

  /** All that is not well now. */
  unanswered(problems: readonly Problem[]): void {
    for (const host of this.#said.keys()) if (!problems.some((problem) => problem.host === host)) this.#answered(host)
    for (const { host, title } of problems.filter(isFirstOfHost)) if (host !== undefined) this.#say(host, title)
    this.#sayOfAll(problems[0]?.cause ?? '')
  }

  /** Why it is not, as far as it is known: it is waited on. */
  found(host: HostKey, problem: Problem): void {
    this.#begin(host)
    this.emit({ kind: 'finding', ...placeOf(host), problem: { ...problem, severity: 'warning', host } })
  }

  #sayOfAll(message: string): void {
    if (message === this.#saidOfAll) return
    this.#saidOfAll = message
    this.emit({ kind: 'phaseProgress', phase: 'verify', message })
  }

  #say(host: HostKey, message: string): void {
    this.#begin(host)
    if (this.#said.get(host) === message) return
    this.#said.set(host, message)
    this.emit({ kind: 'stepProgress', ...placeOf(host), message })
  }

  #begin(host: HostKey): void {
    if (this.#said.has(host)) return
    this.#said.set(host, '')
    this.emit({ kind: 'stepStarted', ...placeOf(host), title: 'Ask its engines' })
  }

  #answered(host: HostKey): void {
    this.#said.delete(host)
    this.emit({ kind: 'stepFinished', ...placeOf(host) })
  }
}

function placeOf(host: HostKey): { readonly phase: 'verify'; readonly host: HostKey; readonly step: 'ask' } {
  return { phase: 'verify', host, step: 'ask' }
}

function isFirstOfHost({ host }: Problem, index: number, all: readonly Problem[]): boolean {
  return all.findIndex((problem) => problem.host === host) === index
}
