import { resolve } from 'node:path'
import type { TypedOptions, Verb } from '../cli/typed.js'
import type { Status } from '../cluster/status.js'
import { exitCodes } from '../errors.js'
import type { Plan } from '../plan/plan.js'
import { short } from '../plan/state.js'
import type { OpenRelease } from '../release/open.js'
import { renderCheck } from '../report/check-table.js'
import { renderPlan } from '../report/plan-table.js'
import { renderStatus } from '../report/status-table.js'
import { createWatchScreen } from '../report/watch.js'
import { check } from './check.js'
import type { Outcome } from './context.js'
import { diagnose } from './diagnosis/diagnose.js'
import { down } from './down.js'
import { explain } from './explain.js'
import { agreement } from './mending/agreement.js'
import { checkAndFix } from './mending/check-and-fix.js'
import { plan } from './plan.js'
import { readContext } from './read-context.js'
import { loadPlan, type SavedPlan, savePlan } from './saved-plan.js'
import { openSession, parallelOf, releaseOf, type Session } from './session.js'
import { status } from './status.js'
import { shellWord } from './suggest.js'
import { trust } from './trust.js'
import { up } from './up.js'
import type { VerbRun } from './verb-run.js'

/** Each verb: from what was typed to how it ended. */
export const verbs = {
  up: runUp,
  plan: runPlan,
  apply: runApply,
  status: runStatus,
  down: runDown,
  check: runCheck,
  trust: runTrust,
  bundle: runBundle,
  diagnose: runDiagnose,
  explain: async (run) => explain(run),
  rehearse: runRehearse,
} satisfies Record<Verb, (run: VerbRun) => Promise<Outcome>>

async function runUp(run: VerbRun): Promise<Outcome> {
  await using session = await open(run, run.typed.file)
  await using release = await releaseOf(session, run.io)
  begin(run, session, release)
  return await up({ ...hostOptions(session, run), release, wait: run.typed.options.wait === true }, session.context)
}

async function runPlan(run: VerbRun): Promise<Outcome> {
  const { options, file } = run.typed
  await using session = await open(run, file)
  await using release = await releaseOf(session, run.io)
  begin(run, session, release)
  const told = await plan(
    { ...hostOptions(session, run), release, exitCode: options.exitCode === true },
    readContext(session.context),
  )
  run.print(options.json ? `${JSON.stringify(told.plan)}\n` : renderPlan(told.plan, run))
  if (options.out !== undefined) await keepPlan(options.out, run, session, told.plan)
  return told
}

async function keepPlan(out: string, run: VerbRun, session: Session, plan: Plan): Promise<void> {
  await savePlan(resolve(run.io.workingDirectory, out), savedPlan(run, session, plan))
  if (!run.typed.options.json) run.print(`\n Kept in ${out}. Next: trueno-deploy apply ${shellWord(out)}\n`)
}

function savedPlan({ typed, io }: VerbRun, { clusterFile, cluster, chosen }: Session, plan: Plan): SavedPlan {
  const { inventory, timeoutStart } = typed.options
  const from = {
    clusterFile,
    inventory: inventory === undefined ? null : resolve(io.workingDirectory, inventory),
    release: cluster.release ?? null,
    timeoutStart: timeoutStart ?? null,
  }
  return { version: 1, from, chosen, parallel: parallelOf(typed), relay: typed.options.relay !== false, plan }
}

async function runApply(run: VerbRun): Promise<Outcome> {
  const saved = await loadPlan(resolve(run.io.workingDirectory, run.typed.file))
  const applied = { ...run, typed: { ...run.typed, options: { ...optionsOf(saved), ...run.typed.options } } }
  await using session = await open(applied, saved.from.clusterFile)
  await using release = await releaseOf(session, run.io)
  begin(run, session, release)
  const options = hostOptions({ ...session, chosen: saved.chosen }, applied)
  return await up({ ...options, release, wait: run.typed.options.wait === true, saved: saved.plan }, session.context)
}

/** As they were typed for the plan. */
function optionsOf({
  from: { inventory, release, timeoutStart },
  parallel,
  relay = true,
}: SavedPlan): Partial<TypedOptions> {
  return {
    parallel,
    relay,
    ...(inventory !== null && { inventory }),
    ...(release !== null && { release }),
    ...(timeoutStart !== null && { timeoutStart }),
  }
}

async function runStatus(run: VerbRun): Promise<Outcome> {
  await using session = await open(run, run.typed.file)
  const options = { ...hostOptions(session, run), deep: run.typed.options.deep === true }
  const look = (): ReturnType<typeof status> => status(options, readContext(session.context))
  if (run.typed.options.watch === true) return await watch(run, session, look)
  const told = await look()
  run.print(
    run.typed.options.json
      ? `${JSON.stringify(told.status)}\n`
      : renderStatus(told.status, { ...run, ...room(run, told.status) }),
  )
  return told
}

/** Of more hosts than can be taken in at a glance a terminal shows those that are not well, and as many as it has lines for. */
const mostHostsAtOnce = 50

function room({ io, typed }: VerbRun, { hosts }: Status): { readonly rows?: number } {
  const isFolded = io.stdout.isTTY === true && typed.options.verbose !== true && hosts.length > mostHostsAtOnce
  return isFolded && io.stdout.rows !== undefined ? { rows: io.stdout.rows } : {}
}

const watchEveryMs = 2000

/** Until Ctrl-C, which is the way it ends. */
async function watch(run: VerbRun, { context }: Session, look: () => ReturnType<typeof status>): Promise<Outcome> {
  const screen = createWatchScreen(run.io.stdout)
  for (;;) {
    const told = await look()
    const { columns = run.columns, rows } = run.io.stdout
    const text = run.typed.options.json
      ? JSON.stringify(told.status)
      : renderStatus(told.status, { ...run, columns, rows })
    screen.draw(`${text}\n`)
    const stopped = await context.world.sleep(watchEveryMs, run.signal).then(
      () => false,
      () => true,
    )
    if (stopped) return { exitCode: exitCodes.done, closing: [] }
  }
}

async function runDown(run: VerbRun): Promise<Outcome> {
  await using session = await open(run, run.typed.file)
  begin(run, session, null)
  return await down({ ...hostOptions(session, run), wait: run.typed.options.wait === true }, session.context)
}

async function runCheck(run: VerbRun): Promise<Outcome> {
  const { json, verbose = false, fix = false } = run.typed.options
  await using session = await open(run, run.typed.file)
  await using release = await releaseOf(session, run.io)
  begin(run, session, release)
  const options = { ...hostOptions(session, run), release, reaches: session.reaches }
  const told = fix
    ? await checkAndFix({ ...options, wait: run.typed.options.wait === true, agree: agreement(run) }, session.context)
    : await check(options, readContext(session.context))
  const page = { ...run, verbose, scripts: fix, mend: session.context.suggest('check') }
  run.print(json ? `${JSON.stringify(told.report)}\n` : renderCheck(told.report, page))
  return told
}

async function runTrust(run: VerbRun): Promise<Outcome> {
  await using session = await open(run, run.typed.file)
  return await trust(session, run)
}

async function runBundle(run: VerbRun): Promise<Outcome> {
  // No other verb needs what makes one.
  const { bundle } = await import('./bundle.js')
  return bundle(run)
}

async function runDiagnose(run: VerbRun): Promise<Outcome> {
  await using session = await open(run, run.typed.file)
  await using release = await releaseOf(session, run.io)
  begin(run, session, null)
  const options = { ...hostOptions(session, run), release }
  return await diagnose(options, run, readContext(session.context))
}

async function runRehearse(run: VerbRun): Promise<Outcome> {
  // No other verb needs an SSH server.
  const { rehearse } = await import('./rehearse.js')
  return rehearse(run)
}

function open({ io, typed, emit, events, loginAsk, signal }: VerbRun, clusterFile: string): Promise<Session> {
  return openSession({ io, typed, clusterFile, emit, events, ask: loginAsk, signal })
}

function begin({ typed, emit }: VerbRun, { cluster }: Session, open: OpenRelease | null): void {
  const release = open === null ? null : `${short(open.release.id)} (${open.release.label})`
  emit({ kind: 'runStarted', verb: typed.verb, cluster: cluster.name, hosts: cluster.hosts.length, release })
}

function hostOptions(
  { cluster, chosen }: Session,
  { typed }: VerbRun,
): { cluster: Session['cluster']; chosen: Session['chosen']; parallel: number; relay: boolean } {
  return { cluster, chosen, parallel: parallelOf(typed), relay: typed.options.relay !== false }
}
