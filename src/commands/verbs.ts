import { resolve } from 'node:path'
import type { TypedOptions, Verb } from '../cli/typed.js'
import type { Status } from '../cluster/status.js'
import { exitCodes } from '../errors.js'
import type { Plan } from '../plan/plan.js'
import { short } from '../plan/state.js'
import type { OpenRelease } from '../release/open.js'
import type { StatusOptions } from '../report/status-table.js'
import { createWatchScreen } from '../report/watch.js'
import type { CheckOptions, check } from './check.js'
import type { Outcome } from './context.js'
import { readContext } from './read-context.js'
import type { SavedPlan } from './saved-plan.js'
import { openSession, parallelOf, releaseOf, type Session } from './session.js'
import { shellWord } from './suggest.js'
import type { VerbRun } from './verb-run.js'

/** Each verb: from what was typed to how it ended. Each loads what it alone needs when it is run: no other waits for that. */
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
  explain: runExplain,
  rehearse: runRehearse,
} satisfies Record<Verb, (run: VerbRun) => Promise<Outcome>>

async function runUp(run: VerbRun): Promise<Outcome> {
  const { up } = await import('./up.js')
  await using session = await open(run, run.typed.file)
  await using release = await releaseOf(session, run.io)
  begin(run, session, release)
  return await up({ ...hostOptions(session, run), release, wait: run.typed.options.wait === true }, session.context)
}

async function runPlan(run: VerbRun): Promise<Outcome> {
  const { plan } = await import('./plan.js')
  const { options, file } = run.typed
  await using session = await open(run, file)
  await using release = await releaseOf(session, run.io)
  begin(run, session, release)
  const told = await plan(
    { ...hostOptions(session, run), release, exitCode: options.exitCode === true },
    readContext(session.context),
  )
  run.print(options.json ? `${JSON.stringify(told.plan)}\n` : await planText(told.plan, run))
  if (options.out !== undefined) await keepPlan(options.out, run, session, told.plan)
  return told
}

async function planText(plan: Plan, run: VerbRun): Promise<string> {
  const { renderPlan } = await import('../report/plan-table.js')
  return renderPlan(plan, run)
}

async function keepPlan(out: string, run: VerbRun, session: Session, plan: Plan): Promise<void> {
  const { savePlan } = await import('./saved-plan.js')
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
  const [{ loadPlan }, { up }] = await Promise.all([import('./saved-plan.js'), import('./up.js')])
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
  const [{ status }, { renderStatus }] = await Promise.all([import('./status.js'), import('../report/status-table.js')])
  await using session = await open(run, run.typed.file)
  const options = { ...hostOptions(session, run), deep: run.typed.options.deep === true }
  const look: Look = async (room) => {
    const told = await status(options, readContext(session.context))
    const text = run.typed.options.json
      ? JSON.stringify(told.status)
      : renderStatus(told.status, { ...run, ...room(told.status) })
    return { ...told, text }
  }
  if (run.typed.options.watch === true) return await watch(run, session, look)
  const told = await look((status) => room(run, status))
  run.print(run.typed.options.json ? `${told.text}\n` : told.text)
  return told
}

/** Looks how all is, and says it in what room there is by then. */
type Look = (room: (status: Status) => Partial<Room>) => Promise<Outcome & { readonly text: string }>

type Room = Pick<StatusOptions, 'columns' | 'rows'>

/** Of more hosts than can be taken in at a glance a terminal shows those that are not well, and as many as it has lines for. */
const mostHostsAtOnce = 50

function room({ io, typed }: VerbRun, { hosts }: Status): Partial<Room> {
  const isFolded = io.stdout.isTTY === true && typed.options.verbose !== true && hosts.length > mostHostsAtOnce
  return isFolded && io.stdout.rows !== undefined ? { rows: io.stdout.rows } : {}
}

const watchEveryMs = 2000

/** Until Ctrl-C, which is the way it ends. */
async function watch({ io, signal, columns }: VerbRun, { context }: Session, look: Look): Promise<Outcome> {
  const screen = createWatchScreen(io.stdout)
  for (;;) {
    const { text } = await look(() => ({ columns: io.stdout.columns ?? columns, rows: io.stdout.rows }))
    screen.draw(`${text}\n`)
    const stopped = await context.world.sleep(watchEveryMs, signal).then(
      () => false,
      () => true,
    )
    if (stopped) return { exitCode: exitCodes.done, closing: [] }
  }
}

async function runDown(run: VerbRun): Promise<Outcome> {
  const { down } = await import('./down.js')
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
  const told = fix ? await fixed(options, run, session) : await checked(options, session)
  const page = { ...run, verbose, scripts: fix, mend: session.context.suggest('check') }
  const { renderCheck } = await import('../report/check-table.js')
  run.print(json ? `${JSON.stringify(told.report)}\n` : renderCheck(told.report, page))
  return told
}

async function checked(options: CheckOptions, { context }: Session): ReturnType<typeof check> {
  const { check } = await import('./check.js')
  return check(options, readContext(context))
}

async function fixed(options: CheckOptions, run: VerbRun, { context }: Session): ReturnType<typeof check> {
  const { agreement } = await import('./mending/agreement.js')
  const { checkAndFix } = await import('./mending/check-and-fix.js')
  return checkAndFix({ ...options, wait: run.typed.options.wait === true, agree: agreement(run) }, context)
}

async function runTrust(run: VerbRun): Promise<Outcome> {
  const { trust } = await import('./trust.js')
  await using session = await open(run, run.typed.file)
  return await trust(session, run)
}

async function runBundle(run: VerbRun): Promise<Outcome> {
  const { bundle } = await import('./bundle.js')
  return bundle(run)
}

async function runExplain(run: VerbRun): Promise<Outcome> {
  const { explain } = await import('./explain.js')
  return explain(run)
}

async function runDiagnose(run: VerbRun): Promise<Outcome> {
  const { diagnose } = await import('./diagnosis/diagnose.js')
  await using session = await open(run, run.typed.file)
  await using release = await releaseOf(session, run.io)
  begin(run, session, null)
  const options = { ...hostOptions(session, run), release }
  return await diagnose(options, run, readContext(session.context))
}

async function runRehearse(run: VerbRun): Promise<Outcome> {
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
