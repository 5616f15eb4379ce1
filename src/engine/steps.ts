import { ProblemError } from '../errors.js'
import type { Step } from '../plan/plan.js'
import { sha256 } from '../plan/state.js'
import { stepProblems } from './autopsy.js'
import { connectionOf } from './engine.js'
import type { StepRun, WaitStep } from './step-run.js'
import { ReadyLineLost, waitForGate } from './wait.js'

/** Carries out one step; resolves with what proves it, if something does. Throws `ProblemError`. */
export function runStep(step: Step, run: StepRun): Promise<string | undefined> {
  if (step.kind === 'wait') return waits(step, run)
  return run.slots.use(async () => {
    run.signal.throwIfAborted()
    run.begin()
    await working[step.kind](step as never, run)
    return undefined
  })
}

type StepOf<Kind extends Step['kind']> = Extract<Step, { kind: Kind }>

const working = {
  run: runScript,
  fetch: fetchArtifact,
  write: writeFile,
} satisfies { [Kind in Exclude<Step['kind'], 'wait'>]: (step: StepOf<Kind>, run: StepRun) => Promise<void> }

/** Waiting takes no slot: with more hosts than slots the barrier would never be passed. */
async function waits(step: WaitStep, run: StepRun): Promise<string> {
  run.engine.signal.throwIfAborted()
  run.begin()
  try {
    return await waitForGate(step, run)
  } catch (error) {
    if (error instanceof ReadyLineLost) return waitOnceMore(step, error, run)
    throw error
  }
}

/** What the plan permits for this case, once. */
async function waitOnceMore(step: WaitStep, { problems }: ReadyLineLost, run: StepRun): Promise<string> {
  const { engine, place } = run
  for (const problem of problems)
    engine.emit({ kind: 'finding', ...place, problem: { ...problem, severity: 'warning' } })
  for (const { title, script, args } of step.recovery) {
    engine.emit({ kind: 'stepProgress', ...place, message: `${title}, since Trueno missed that a component is ready` })
    await execute(run, title, script, args)
  }
  return waitForGate({ ...step, recovery: [] }, run)
}

async function runScript({ script, args, title }: StepOf<'run'>, run: StepRun): Promise<void> {
  await execute(run, title, script, args)
}

async function writeFile({ path, content, mode, home, title }: StepOf<'write'>, run: StepRun): Promise<void> {
  const input = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from(content)
  }
  // With its hash, so that a cut link never puts half a file in place.
  await execute(run, title, 'write', [home, path, mode.toString(8), sha256(content)], { input })
}

async function fetchArtifact(step: StepOf<'fetch'>, { transfers, place, signal }: StepRun): Promise<void> {
  await transfers.send(step, place, signal)
}

async function execute(
  run: StepRun,
  title: string,
  script: StepOf<'run'>['script'],
  args: readonly string[],
  options = {},
): Promise<void> {
  const { engine, place } = run
  const connection = connectionOf(engine, place.host)
  const result = await connection.run(script, [String(engine.token), ...args], options)
  if (result.code !== 0) throw new ProblemError(await stepProblems({ title, script, args, result }, run))
}
