import { parseArgs } from 'node:util'
import { engineOf } from '../src/commands/changing.js'
import type { Io } from '../src/commands/io.js'
import { planUp } from '../src/commands/planning.js'
import { openSession, releaseOf } from '../src/commands/session.js'
import { connectAll, visit } from '../src/commands/visit.js'
import { apply } from '../src/engine/apply.js'
import type { EventBody } from '../src/engine/events.js'
import { stage } from '../src/phases/stage.js'
import type { Plan } from '../src/plan/plan.js'

// What the first phase of `up` does first: artifacts are brought to hosts, verified, unpacked and in place in their stores.
//
// usage: stage.js --cluster FILE --inventory FILE --release FOLDER [--no-relay]    prints what it did

const { values } = parseArgs({
  options: {
    cluster: { type: 'string', default: '' },
    inventory: { type: 'string', default: '' },
    release: { type: 'string', default: '' },
    'no-relay': { type: 'boolean', default: false },
  },
})

/** What the phase came to. */
async function bring(): Promise<string> {
  const summaries: string[] = []
  const emit = (event: EventBody): void => {
    if (event.kind === 'phaseFinished' && event.phase === 'stage') summaries.push(event.summary)
  }
  const { cluster, inventory, release: path } = values
  const relay = !values['no-relay']
  const typed = { verb: 'up', file: cluster, options: { color: false, inventory, release: path, relay } } as const
  const { signal } = new AbortController()
  await using session = await openSession({ io, typed, clusterFile: cluster, emit, events: [], ask: null, signal })
  await using release = await releaseOf(session, io)
  const { context } = session
  await using fleet = await connectAll(session.cluster, context)
  const found = await visit(session.cluster, fleet, context)
  const request = { release, chosen: null, parallel: 64, relay, freshId: 'b'.repeat(32), phases: [stage] }
  const plan = onlyFetching(planUp(found, request))
  const { failed } = await apply(plan, { ...engineOf(fleet, context, null, release), token: 1 })
  for (const [problem] of failed.values()) throw new Error(JSON.stringify(problem))
  return summaries[0] ?? 'nothing to do'
}

function onlyFetching(plan: Plan): Plan {
  const phases = plan.phases.map((phase) => ({
    ...phase,
    work: phase.work.map(({ host, steps }) => ({ host, steps: steps.filter(({ kind }) => kind === 'fetch') })),
  }))
  return { ...plan, phases }
}

const io: Io = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  workingDirectory: process.cwd(),
  homeDirectory: process.env.HOME ?? '/',
  who: 'bench@here',
  onInterrupt: () => () => undefined,
  exit: (code) => process.exit(code),
}
process.stdout.write(`${await bring()}\n`)
