import { ProblemError } from '../errors.js'
import { componentOfProcess } from '../trueno/components.js'
import { isTelling } from '../trueno/explain.js'
import { type Gate, gateFiles, type Sighting, sight } from '../trueno/gates.js'
import { layoutOf } from '../trueno/layout.js'
import { bareLine, type ReadySignal } from '../trueno/lines.js'
import { ownerOf } from '../trueno/scene.js'
import { askUntilItAnswers } from './ask-port.js'
import { AwaitedComponents } from './awaited-components.js'
import { ComponentLogs } from './component-logs.js'
import { connectionOf } from './engine.js'
import { died, elasticsearchLate, type Failing, givenUp, hasDied, titles } from './failing.js'
import { HostFailure } from './host-failure.js'
import { ReadySignals } from './ready-signals.js'
import { lookBehindSilence, Quiet, type Silence } from './silence.js'
import type { StepRun, WaitStep } from './step-run.js'
import { WaitEnd } from './wait-end.js'
import { failAtLimit } from './wait-limit.js'

/**
 * Waits for a gate: follows the host's logs of the present start, live, and asks its port where no line will tell.
 * Resolves with what proves it. Throws `ProblemError` as soon as it is known that it will never come, and at the
 * latest after the step's limit; `ReadyLineLost` where the step permits a recovery of that.
 */
export async function waitForGate(step: WaitStep, run: StepRun): Promise<string> {
  const end = new WaitEnd()
  try {
    new Watch(step, run, end).begin()
    return await end.result
  } finally {
    end.close()
  }
}

/** Trueno waits for a line that it has missed: nothing but a new start helps. */
export class ReadyLineLost extends ProblemError {
  override readonly name = 'ReadyLineLost'
}

/** One wait while it goes on. */
class Watch {
  readonly #gate: Gate
  readonly #failure: HostFailure
  readonly #logs: ComponentLogs
  readonly #quiet: Quiet
  readonly #components = new AwaitedComponents()
  readonly #signals: ReadySignals
  #passed = false
  #asking = false
  #suspicion: Promise<void> | null = null

  constructor(
    private readonly step: WaitStep,
    private readonly run: StepRun,
    private readonly end: WaitEnd,
  ) {
    const { gate } = step
    const { over } = end
    this.#gate = gate
    this.#failure = new HostFailure({ gate, run, over, reject: (error) => end.reject(error) })
    this.#signals = new ReadySignals(gate.awaits)
    this.#quiet = new Quiet(run.engine.world)
    this.#logs = new ComponentLogs({
      connection: connectionOf(run.engine, run.place.host),
      world: run.engine.world,
      data: gate.data,
      signal: over,
      onLine: (file, text) => this.#seeComponent(file, text),
      onError: (error) => end.meanwhile(Promise.reject(error)),
    })
  }

  begin(): void {
    const { step, run, end } = this
    this.#listen()
    this.#follow().catch((error: unknown) => end.reject(error))
    end.meanwhile(failAtLimit(step, run, this.#failure, end))
    end.meanwhile(this.#watchSilence())
    if (this.#gate.id === 'balancerAnswers') this.#ask('the balancer')
  }

  /** Ends the wait when the user stops us, or when the barrier cannot be passed any more. */
  #listen(): void {
    const { engine, barrier } = this.run
    this.end.when(engine.signal, () => this.end.reject(engine.signal.reason))
    this.end.when(barrier.signal, () => {
      if (!this.#passed && !this.#failure.isKnown) this.end.reject(barrier.signal.reason)
    })
  }

  #follow(): Promise<void> {
    const connection = connectionOf(this.run.engine, this.run.place.host)
    return connection.follow(gateFiles(this.#gate), {
      signal: this.end.over,
      onLine: (file, line) => this.#see(file, line),
    })
  }

  /** Logs that have fallen silent need not mean that nothing happens. */
  async #watchSilence(): Promise<void> {
    const { engine, place } = this.run
    for (let found: Silence = 'waiting'; found === 'waiting'; ) {
      await this.#quiet.hasFallen(this.end.over)
      found = await lookBehindSilence(connectionOf(engine, place.host), this.#gate)
      if (found === 'passed') this.ready('its port is open, its log is silent')
      if (found === 'died') await this.#failure.fail({ ...died, title: hasDied[this.#gate.id] })
      if (found === 'waiting') await this.#tellAwaited()
    }
  }

  /** What core waits for and does not say; it may be there already. */
  async #tellAwaited(): Promise<void> {
    if (this.#components.text() === undefined) return
    await this.#failure.failIfExplained({ title: titles[this.#gate.id] })
    const lost = await this.#failure.lostReadyLine()
    if (lost !== undefined && this.step.recovery.length > 0) this.end.reject(new ReadyLineLost([lost]))
    this.#tell(`waits for ${this.#components.text()}`)
  }

  #see(file: string, text: string): void {
    if (text.trim() === '' || this.end.over.aborted) return
    this.#quiet.heard()
    const sighting = sight(this.#gate, text)
    this.#failure.remember(file, text)
    if (sighting.kind === 'exit' || file !== layoutOf(this.#gate.home).pm2Log) this.#tell(bareLine(text))
    reactions[sighting.kind](this, sighting as never)
  }

  /** Core does not say why a component does not come up; the component does, often long before it ends. */
  #seeComponent(file: string, text: string): void {
    if (text.trim() === '' || this.end.over.aborted) return
    const owner = ownerOf(file)
    this.#components.logged(owner, bareLine(text))
    this.#failure.remember(file, text)
    if (isTelling({ file, text })) this.#suspect({ title: titles[this.#gate.id], logs: owner })
  }

  /** Core's own lines say what it waits for; of pm2's only the exits do. */
  #tell(message: string): void {
    this.run.engine.emit({ kind: 'stepProgress', ...this.run.place, message })
  }

  /** Not before what was suspected meanwhile is looked into. */
  ready(line: string): void {
    const pass = (): void => {
      if (!this.#failure.isKnown && !this.#signals.hasForeign) this.end.resolve(line)
    }
    if (this.#suspicion === null) pass()
    else this.end.meanwhile(this.#suspicion.then(pass))
  }

  #suspect(failing: Failing): void {
    this.#suspicion = this.#failure.failIfExplained(failing)
    this.end.meanwhile(this.#suspicion)
  }

  doomed(line: string): void {
    this.end.meanwhile(this.#failure.fail(givenUp(line) ?? { title: titles[this.#gate.id] }))
  }

  arrived(): void {
    this.run.barrier.stands(this.run.place.host, 'at')
  }

  passed(): void {
    this.#passed = true
    this.run.barrier.stands(this.run.place.host, 'past')
  }

  started(process: string, id: number): void {
    if (this.#gate.id !== 'balancerAnswers') this.#logs.started(process, id)
  }

  component(title: string, isReady: boolean): void {
    this.#components.told(title, isReady)
  }

  signalled(signal: ReadySignal): void {
    const isForeign = this.#signals.received(signal)
    this.run.barrier.tell(this.#signals.text(signal))
    if (isForeign) this.#suspect({ title: titles[this.#gate.id] })
  }

  exited(process: string): void {
    // Trueno itself comes to the barrier once more; of anything else it may be found out why it ends.
    if (!this.#passed || componentOfProcess(process)?.name === 'core')
      this.run.barrier.stands(this.run.place.host, 'before')
    this.end.meanwhile(this.#failure.exited(process))
  }

  ask(line: string): void {
    if (!this.#asking) this.#failure.tell({ ...elasticsearchLate, evidence: line }, 'warning')
    this.#ask(line)
  }

  #ask(why: string): void {
    if (this.#asking) return
    this.#asking = true
    const { engine, place } = this.run
    const asking = askUntilItAnswers(why, {
      gate: this.#gate,
      probes: engine.probes(place.host),
      world: engine.world,
      signal: this.end.over,
      tell: (message) => this.#tell(message),
    })
    this.end.meanwhile(asking.then((evidence) => this.ready(evidence)))
  }
}

const reactions = {
  nothing: () => undefined,
  ready: (watch, { line }) => watch.ready(line),
  doomed: (watch, { line }) => watch.doomed(line),
  ask: (watch, { line }) => watch.ask(line),
  exit: (watch, { process }) => watch.exited(process),
  started: (watch, { process, id }) => watch.started(process, id),
  component: (watch, { title, isReady }) => watch.component(title, isReady),
  signal: (watch, { signal }) => watch.signalled(signal),
  arrived: (watch) => watch.arrived(),
  passed: (watch) => watch.passed(),
} satisfies { [Kind in Sighting['kind']]: (watch: Watch, sighting: Extract<Sighting, { kind: Kind }>) => void }
