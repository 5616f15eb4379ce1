import { ProblemError } from '../errors.js'
import type { Step } from '../plan/plan.js'
import { onAbort } from '../ssh/abort.js'
import { components } from '../trueno/components.js'
import { isTelling } from '../trueno/explain.js'
import { awaited, type Gate, gateFiles, type Sighting, sight } from '../trueno/gates.js'
import { layoutOf } from '../trueno/layout.js'
import { bareLine, type ReadySignal } from '../trueno/lines.js'
import { ownerOf } from '../trueno/scene.js'
import { askUntilItAnswers } from './ask-port.js'
import { ComponentLogs } from './component-logs.js'
import { connectionOf } from './engine.js'
import { died, elasticsearchLate, type Failing, givenUp, hasDied, titles, tooSlow } from './failing.js'
import { HostFailure } from './host-failure.js'
import { lookBehindSilence, Quiet, type Silence } from './silence.js'
import type { StepRun } from './steps.js'

export type WaitStep = Extract<Step, { kind: 'wait' }>

/**
 * Waits for a gate: follows the host's logs of the present start, live, and asks its port where no line will tell.
 * Resolves with what proves it. Throws `ProblemError` as soon as it is known that it will never come, and at the
 * latest after the step's limit; `ReadyLineLost` where the step permits a recovery of that.
 */
export async function waitForGate(step: WaitStep, run: StepRun): Promise<string> {
  const watch = new Watch(step, run)
  try {
    return await watch.result()
  } finally {
    watch.close()
  }
}

/** Trueno waits for a line that it has missed: nothing but a new start helps. */
export class ReadyLineLost extends ProblemError {
  override readonly name = 'ReadyLineLost'
}

/** Hosts that are named while they are waited for. */
const mostNamed = 3

/** One wait while it goes on. */
class Watch {
  readonly #gate: Gate
  readonly #over = new AbortController()
  readonly #failure: HostFailure
  readonly #logs: ComponentLogs
  readonly #quiet: Quiet
  /** Titles of the components that core waits for, with the last line that each logged. */
  readonly #awaited = new Map<string, string>()
  #passed = false
  #asking = false
  readonly #signalled = new Set<string>()
  #haveAllCome = false
  /** A signal was counted that is not of the cluster: a host of it will never be let through. */
  #foreign = false
  #suspicion: Promise<void> | null = null
  #settle: { resolve: (evidence: string) => void; reject: (error: unknown) => void } | undefined

  constructor(
    private readonly step: WaitStep,
    private readonly run: StepRun,
  ) {
    const { gate } = step
    const over = this.#over.signal
    this.#gate = gate
    this.#failure = new HostFailure({ gate, run, over, reject: (error) => this.#settle?.reject(error) })
    this.#quiet = new Quiet(run.engine.world)
    this.#logs = new ComponentLogs({
      connection: connectionOf(run.engine, run.place.host),
      world: run.engine.world,
      data: gate.data,
      signal: over,
      onLine: (file, text) => this.#seeComponent(file, text),
      onError: (error) => this.#meanwhile(Promise.reject(error)),
    })
  }

  result(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
      this.#listen()
      this.#follow().catch(reject)
      this.#meanwhile(this.#limit())
      this.#meanwhile(this.#watchSilence())
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
      if (!this.#passed && !this.#failure.isKnown) this.#settle?.reject(barrier.signal.reason)
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

  /** At half of the limit it looks by itself, and says what it found. */
  async #limit(): Promise<void> {
    const { timeoutMs } = this.step
    const { world } = this.run.engine
    await world.sleep(timeoutMs / 2, this.#over.signal)
    this.#meanwhile(this.#failure.tellFindings())
    await world.sleep(timeoutMs - timeoutMs / 2, this.#over.signal)
    const waited = `waited ${Math.round(timeoutMs / 1000)} s for ${awaited[this.#gate.id]}`
    await this.#failure.fail({
      title: titles[this.#gate.id],
      code: 'not-ready-in-time',
      cause: `${waited}, and nothing known explains why it did not come`,
      remedy: tooSlow,
      waited,
    })
  }

  /** Logs that have fallen silent need not mean that nothing happens. */
  async #watchSilence(): Promise<void> {
    const { engine, place } = this.run
    for (let found: Silence = 'waiting'; found === 'waiting'; ) {
      await this.#quiet.hasFallen(this.#over.signal)
      found = await lookBehindSilence(connectionOf(engine, place.host), this.#gate)
      if (found === 'passed') this.ready('its port is open, its log is silent')
      if (found === 'died') await this.#failure.fail({ ...died, title: hasDied[this.#gate.id] })
      if (found === 'waiting' && this.#awaited.size > 0) await this.#tellAwaited()
    }
  }

  /** What core waits for and does not say; it may be there already. */
  async #tellAwaited(): Promise<void> {
    await this.#failure.failIfExplained({ title: titles[this.#gate.id] })
    const lost = await this.#failure.lostReadyLine()
    if (lost !== undefined && this.step.recovery.length > 0) this.#settle?.reject(new ReadyLineLost([lost]))
    const components = [...this.#awaited].map(([title, last]) => (last === '' ? title : `${title}: ${last}`))
    this.#tell(`waits for ${components.join(', ')}`)
  }

  #see(file: string, text: string): void {
    if (text.trim() === '' || this.#over.signal.aborted) return
    this.#quiet.heard()
    const sighting = sight(this.#gate, text)
    this.#failure.remember(file, text)
    if (sighting.kind === 'exit' || file !== layoutOf(this.#gate.home).pm2Log) this.#tell(bareLine(text))
    reactions[sighting.kind](this, sighting as never)
  }

  /** Core does not say why a component does not come up; the component does, often long before it ends. */
  #seeComponent(file: string, text: string): void {
    if (text.trim() === '' || this.#over.signal.aborted) return
    const owner = ownerOf(file)
    for (const title of this.#awaited.keys()) if (directoryOf(title) === owner) this.#awaited.set(title, bareLine(text))
    if (!isTelling({ file, text })) return
    this.#failure.remember(file, text)
    this.#suspect({ title: titles[this.#gate.id], logs: owner })
  }

  /** Core's own lines say what it waits for; of pm2's only the exits do. */
  #tell(message: string): void {
    this.run.engine.emit({ kind: 'stepProgress', ...this.run.place, message })
  }

  /** Not before what was suspected meanwhile is looked into. */
  ready(line: string): void {
    const end = (): void => {
      if (this.#failure.isKnown || this.#foreign) return
      this.#settle?.resolve(line)
      this.close()
    }
    if (this.#suspicion === null) end()
    else this.#meanwhile(this.#suspicion.then(end))
  }

  #suspect(failing: Failing): void {
    this.#suspicion = this.#failure.failIfExplained(failing)
    this.#meanwhile(this.#suspicion)
  }

  doomed(line: string): void {
    this.#meanwhile(this.#failure.fail(givenUp(line) ?? { title: titles[this.#gate.id] }))
  }

  passed(): void {
    this.#passed = true
  }

  started(process: string, id: number): void {
    if (this.#gate.id !== 'balancerAnswers') this.#logs.started(process, id)
  }

  component(title: string, isReady: boolean): void {
    if (isReady) this.#awaited.delete(title)
    else this.#awaited.set(title, '')
  }

  /** A name that is not of the cluster is counted all the same (contract, 7.1). */
  signalled({ count, of, host }: ReadySignal): void {
    const { engine, place } = this.run
    const { awaits, id } = this.#gate
    this.#signalled.add(host)
    const missing = awaits.filter((one) => !this.#signalled.has(one))
    const names = missing.length === 0 || missing.length > mostNamed ? '' : `; not yet: ${missing.join(', ')}`
    engine.emit({ kind: 'phaseProgress', phase: place.phase, message: `${count} of ${of} ready signals${names}` })
    const isForeign = awaits.length > 0 && !awaits.includes(host) && !this.#haveAllCome
    this.#haveAllCome ||= count === of
    if (!isForeign) return
    this.#foreign = true
    this.#suspect({ title: titles[id] })
  }

  exited(process: string): void {
    this.#meanwhile(this.#failure.exited(process))
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
      signal: this.#over.signal,
      tell: (message) => this.#tell(message),
    })
    this.#meanwhile(asking.then((evidence) => this.ready(evidence)))
  }

  /** What goes wrong beside the wait must end it too, but not after it is over. */
  #meanwhile(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!this.#over.signal.aborted) this.#settle?.reject(error)
    })
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
  passed: (watch) => watch.passed(),
} satisfies { [Kind in Sighting['kind']]: (watch: Watch, sighting: Extract<Sighting, { kind: Kind }>) => void }

function directoryOf(title: string): string | undefined {
  return components.find((component) => component.title === title)?.directory ?? undefined
}

function listen(signal: AbortSignal, listener: () => void, until: AbortSignal): void {
  until.addEventListener('abort', onAbort(signal, listener), { once: true })
}
