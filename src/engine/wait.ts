import { ProblemError } from '../errors.js'
import type { Step } from '../plan/plan.js'
import { onAbort } from '../ssh/abort.js'
import { explain, isExplained, type Scene, type SceneLine } from '../trueno/causes.js'
import { componentOfProcess, exitLimitOf } from '../trueno/components.js'
import { awaited, type Gate, gateFiles, type Sighting, sight } from '../trueno/gates.js'
import { layoutOf } from '../trueno/layout.js'
import { bareLine } from '../trueno/lines.js'
import { connectionOf } from './engine.js'
import { lookAround } from './evidence.js'
import { died, type Failing, hasDied, keepsRestarting, titles, tooSlow } from './failing.js'
import { lookBehindSilence, type Silence } from './silence.js'
import type { StepRun } from './steps.js'

type WaitStep = Extract<Step, { kind: 'wait' }>

/**
 * Waits for a gate: follows the host's logs of the present start, live, and asks its port where no line will tell.
 * Resolves with what proves it. Throws `ProblemError` as soon as it is known that it will never come, and at the
 * latest after the step's limit.
 */
export async function waitForGate(step: WaitStep, run: StepRun): Promise<string> {
  const watch = new Watch(step, run)
  try {
    return await watch.result()
  } finally {
    watch.close()
  }
}

/** A balancer answers within a moment; an Elasticsearch that came late takes its time. */
const askAfterMs = { first: 100, most: 1000 }

/** Longer than Trueno is usually silent while it starts. */
const silenceMs = 15_000

/** One wait while it goes on. */
class Watch {
  readonly #gate: Gate
  readonly #over = new AbortController()
  readonly #exits = new Map<string, number>()
  readonly #seen: SceneLine[] = []
  #heardAt = 0
  #passed = false
  #asking = false
  #failing = false
  #settle: { resolve: (evidence: string) => void; reject: (error: unknown) => void } | undefined

  constructor(
    private readonly step: WaitStep,
    private readonly run: StepRun,
  ) {
    this.#gate = step.gate
  }

  result(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
      this.#listen()
      this.#follow().catch(reject)
      this.#failed(this.#limit())
      this.#failed(this.#watchSilence())
      if (this.#gate.id === 'balancerAnswers') this.#ask('the balancer')
    })
  }

  close(): void {
    this.#over.abort(new Error('the wait is over'))
  }

  /** Ends the wait when the user stops us, or when the barrier cannot be passed any more. */
  #listen(): void {
    const { engine, barrier } = this.run
    const giveUp = (): void => {
      if (!this.#passed) this.#settle?.reject(barrier.signal.reason)
    }
    const interrupt = (): void => this.#settle?.reject(engine.signal.reason)
    listen(engine.signal, interrupt, this.#over.signal)
    listen(barrier.signal, giveUp, this.#over.signal)
  }

  #follow(): Promise<void> {
    const connection = connectionOf(this.run.engine, this.run.place.host)
    return connection.follow(gateFiles(this.#gate), {
      signal: this.#over.signal,
      onLine: (file, line) => this.#see(file, line),
    })
  }

  async #limit(): Promise<void> {
    await this.run.engine.world.sleep(this.step.timeoutMs, this.#over.signal)
    const waited = `waited ${Math.round(this.step.timeoutMs / 1000)} s for ${awaited[this.#gate.id]}`
    await this.#fail({
      title: titles[this.#gate.id],
      code: 'not-ready-in-time',
      cause: `${waited}, and nothing known explains why it did not come`,
      remedy: tooSlow,
    })
  }

  /** Logs that have fallen silent need not mean that nothing happens. */
  async #watchSilence(): Promise<void> {
    const { engine, place } = this.run
    for (let found: Silence = 'waiting'; found === 'waiting'; ) {
      await this.#silence()
      found = await lookBehindSilence(connectionOf(engine, place.host), this.#gate)
      if (found === 'passed') this.ready('its port is open, its log is silent')
      if (found === 'died') await this.#fail({ ...died, title: hasDied[this.#gate.id] })
    }
  }

  /** Resolves when no line has come for a while. */
  async #silence(): Promise<void> {
    const { world } = this.run.engine
    this.#heardAt = world.now()
    for (let left = silenceMs; left > 0; left = this.#heardAt + silenceMs - world.now())
      await world.sleep(left, this.#over.signal)
  }

  #see(file: string, text: string): void {
    if (text.trim() === '' || this.#over.signal.aborted) return
    this.#heardAt = this.run.engine.world.now()
    const sighting = sight(this.#gate, text)
    this.#remember(file, text)
    if (sighting.kind === 'exit' || file !== layoutOf(this.#gate.home).pm2Log) this.#tell(text)
    reactions[sighting.kind](this, sighting as never)
  }

  #remember(file: string, text: string): void {
    this.#seen.push({ file, text })
    if (this.#seen.length > 200) this.#seen.shift()
  }

  /** Core's own lines say what it waits for; of pm2's only the exits do. */
  #tell(text: string): void {
    this.run.engine.emit({ kind: 'stepProgress', ...this.run.place, message: bareLine(text) })
  }

  ready(line: string): void {
    this.#settle?.resolve(line)
    this.close()
  }

  doomed(): void {
    this.#failed(this.#fail({ title: titles[this.#gate.id] }))
  }

  passed(): void {
    this.#passed = true
  }

  signalled(count: number, of: number): void {
    const { engine, place } = this.run
    engine.emit({ kind: 'phaseProgress', phase: place.phase, message: `${count} of ${of} ready signals` })
  }

  /** Core says nothing of the reason; the component's own log does. So the host is looked at as soon as something ends. */
  exited(process: string): void {
    const count = (this.#exits.get(process) ?? 0) + 1
    this.#exits.set(process, count)
    const component = componentOfProcess(process)
    const name = component?.title ?? (this.#gate.id === 'balancerAnswers' ? 'The balancer' : process)
    const failing = { title: `${name} did not start`, logs: component?.directory ?? process }
    if (count >= exitLimitOf(process)) this.#failed(this.#fail({ ...failing, ...keepsRestarting }))
    else this.#failed(this.#failIfExplained(failing))
  }

  ask(line: string): void {
    this.#ask(line)
  }

  #ask(why: string): void {
    if (this.#asking) return
    this.#asking = true
    this.#failed(this.#askUntilItAnswers(why))
  }

  async #askUntilItAnswers(why: string): Promise<void> {
    const { engine, place } = this.run
    const probes = engine.probes(place.host)
    for (let pause = askAfterMs.first; !this.#over.signal.aborted; pause = Math.min(pause * 2, askAfterMs.most)) {
      const answer = await probes.http(this.#gate.key, this.#gate.port, this.#over.signal)
      if (answer.ok) return this.ready(`port ${this.#gate.port} answers (${why})`)
      engine.emit({ kind: 'stepProgress', ...place, message: `port ${this.#gate.port}: ${answer.detail}` })
      await engine.world.sleep(pause, this.#over.signal)
    }
  }

  async #failIfExplained(failing: Failing): Promise<void> {
    if (this.#failing) return
    const scene = await this.#scene(failing)
    if (isExplained(scene)) this.#settle?.reject(new ProblemError([explain(scene)]))
  }

  /** What is told first counts: the lines that follow it say the same once more. */
  async #fail(failing: Failing): Promise<void> {
    if (this.#failing) return
    this.#failing = true
    const scene = await this.#scene(failing)
    const { logs: _, ...told } = failing
    const problem = explain(scene)
    this.#settle?.reject(new ProblemError([isExplained(scene) ? problem : { ...problem, ...told }]))
  }

  async #scene({ title, logs }: Failing): Promise<Scene> {
    const { engine, place } = this.run
    const lines = await lookAround(connectionOf(engine, place.host), this.#gate, engine.world)
    return { host: place.host, title, ...(logs !== undefined && { logs }), lines: lines?.length ? lines : this.#seen }
  }

  /** What goes wrong while we look must end the wait too, but not after it is over. */
  #failed(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!this.#over.signal.aborted) this.#settle?.reject(error)
    })
  }
}

const reactions = {
  nothing: () => undefined,
  ready: (watch, { line }) => watch.ready(line),
  doomed: (watch) => watch.doomed(),
  ask: (watch, { line }) => watch.ask(line),
  exit: (watch, { process }) => watch.exited(process),
  signal: (watch, { signal }) => watch.signalled(signal.count, signal.of),
  passed: (watch) => watch.passed(),
} satisfies { [Kind in Sighting['kind']]: (watch: Watch, sighting: Extract<Sighting, { kind: Kind }>) => void }

function listen(signal: AbortSignal, listener: () => void, until: AbortSignal): void {
  until.addEventListener('abort', onAbort(signal, listener), { once: true })
}
