import { type Problem, ProblemError } from '../errors.js'
import { type ComponentName, componentOfProcess, exitLimitOf } from '../trueno/components.js'
import type { Gate } from '../trueno/gates.js'
import type { Scene, SceneLine } from '../trueno/scene.js'
import { connectionOf } from './engine.js'
import { lookAround } from './evidence.js'
import { type Failing, titles } from './failing.js'
import type { StepRun } from './step-run.js'
import { findingsOf, lostIn, problemsOf } from './verdict.js'

/** How long more may fail on a host after one thing has, so that all of it is told at once. */
const moreMs = 2000
/** Lines kept of those that were seen live. */
const mostSeen = 400

export interface HostFailureOptions {
  readonly gate: Gate
  readonly run: Pick<StepRun, 'engine' | 'place'>
  /** Aborted when the wait is over. */
  readonly over: AbortSignal
  /** Ends the wait. */
  readonly reject: (error: ProblemError) => void
}

/** Finds out on one host why its wait is in vain, or takes so long: the autopsy. Reads only. */
export class HostFailure {
  readonly #exits = new Map<string, number>()
  readonly #seen: SceneLine[] = []
  #isKnown = false

  constructor(private readonly options: HostFailureOptions) {}

  /** The wait will end with it. */
  get isKnown(): boolean {
    return this.#isKnown
  }

  /** A line that was seen live, for a host that cannot be looked at any more. */
  remember(file: string, text: string): void {
    this.#seen.push({ file, text })
    if (this.#seen.length > mostSeen) this.#seen.shift()
  }

  /** Core says nothing of the reason; the component's own log does. So the host is looked at as soon as something ends. */
  async exited(process: string): Promise<void> {
    const count = (this.#exits.get(process) ?? 0) + 1
    this.#exits.set(process, count)
    const failing = this.#didNotStart(process)
    await (count >= exitLimitOf(process) ? this.fail(failing) : this.failIfExplained(failing))
  }

  async failIfExplained(failing: Failing): Promise<void> {
    if (this.#isKnown) return
    const scene = await this.#look(failing)
    if (problemsOf(scene, [], null).length > 0) await this.fail(failing, scene)
  }

  /** What is found is told at once; it ends the wait when it is known what else fails on this host. */
  async fail(failing: Failing, looked?: Scene): Promise<void> {
    if (this.#isKnown) return
    this.#isKnown = true
    const scene = looked ?? (await this.#look(failing))
    const problems = this.#problemsIn(scene, failing)
    const isAll = failing.waited !== undefined || failing.code === 'died' || scene.condition === null
    this.options.reject(new ProblemError(isAll ? problems : await this.#withMore(problems, failing)))
  }

  /** Looks at a host on which nothing has failed yet, and says what it found. */
  async tellFindings(): Promise<void> {
    if (this.#isKnown) return
    const { over, gate } = this.options
    const findings = findingsOf(await this.#look({ title: titles[gate.id] }))
    if (!over.aborted) for (const problem of findings) this.tell(problem, 'warning')
  }

  /** A component that is there without Trueno knowing it. */
  async lostReadyLine(): Promise<Problem | undefined> {
    if (this.#isKnown) return undefined
    return lostIn(await this.#look({ title: titles[this.options.gate.id] }))[0]
  }

  tell(problem: Problem, severity: Problem['severity']): void {
    const { engine, place } = this.options.run
    engine.emit({ kind: 'finding', ...place, problem: { ...problem, severity, host: place.host } })
  }

  async #withMore(problems: readonly Problem[], failing: Failing): Promise<readonly Problem[]> {
    const [first] = problems
    if (first !== undefined) this.tell(first, 'error')
    await this.options.run.engine.world.sleep(moreMs, this.options.over)
    const scene = await this.#look(failing)
    // The host may have become unreachable, or its logs have grown beyond what is looked at.
    return first !== undefined && problemsOf(scene, [], null).length === 0 && isKnownCause(first)
      ? problems
      : this.#problemsIn(scene, failing)
  }

  #problemsIn(scene: Scene, failing: Failing): readonly Problem[] {
    const again = [...this.#exits].filter(([process, count]) => count >= exitLimitOf(process))
    const looping = again.map(([process]) => process).filter((process) => !this.#isEndedByAnother(process))
    return problemsOf(
      scene,
      looping.map((process) => this.#didNotStart(process)),
      failing,
    )
  }

  /** Core takes all its components with it when it ends, and starts the bridge anew with each Elasticsearch. */
  #isEndedByAnother(process: string): boolean {
    const name = componentOfProcess(process)?.name
    if (name === undefined || name === 'core') return false
    return this.#hasEnded('core') || (name === 'bridge' && this.#hasEnded('elasticsearch'))
  }

  #hasEnded(name: ComponentName): boolean {
    return [...this.#exits.keys()].some((process) => componentOfProcess(process)?.name === name)
  }

  #didNotStart(process: string): Required<Pick<Failing, 'title' | 'logs'>> {
    const component = componentOfProcess(process)
    const name = component?.title ?? (this.options.gate.id === 'balancerAnswers' ? 'The balancer' : process)
    return { title: `${name} did not start`, logs: component?.directory ?? process }
  }

  async #look({ title, logs }: Failing): Promise<Scene> {
    const { gate, run } = this.options
    const { engine, place } = run
    const looked = await lookAround(connectionOf(engine, place.host), gate, engine.world)
    return {
      host: place.host,
      title,
      ...(logs !== undefined && { logs }),
      lines: looked?.lines.length ? looked.lines : this.#seen,
      expected: gate.expected,
      awaits: gate.awaits,
      condition: looked?.condition ?? null,
    }
  }
}

/** Not only that it failed. */
function isKnownCause({ code }: Problem): boolean {
  return code !== 'start-failed' && code !== 'keeps-restarting' && code !== 'given-up'
}
