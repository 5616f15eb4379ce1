import { describe, expect, test, vi } from 'vitest'
import type { Facts } from '../../src/cluster/facts.js'
import { workflows } from '../../src/phases/workflows.js'
import type { PhaseDefinition } from '../../src/plan/context.js'
import type { PhaseId, Step } from '../../src/plan/plan.js'
import type { Connection, FollowOptions } from '../../src/ssh/connection.js'
import type { Bugs } from './laptop.js'
import { tell } from './scenario.js'
import { longestMs, seeds } from './seeds.js'

vi.setConfig({ testTimeout: longestMs })

/** What the first story with these bugs finds. */
async function found(bugs: Bugs): Promise<string> {
  for (const seed of seeds) {
    const failure = await tell(seed, bugs).then(
      () => undefined,
      (error: Error) => error.message,
    )
    if (failure !== undefined) return failure.split('\n')[0] ?? ''
  }
  return 'nothing'
}

type Steps = PhaseDefinition['steps']

/** The same workflow in which these phases plan other steps. */
function withSteps(ids: readonly PhaseId[], change: (right: Steps) => Steps): Bugs {
  const changed = (phase: PhaseDefinition): PhaseDefinition => ({ ...phase, steps: change(phase.steps) })
  return { phases: workflows.up.map((phase) => (ids.includes(phase.id) ? changed(phase) : phase)) }
}

function without(isLeftOut: (step: Step) => boolean): (right: Steps) => Steps {
  return (right) => (host, facts, context) => right(host, facts, context).filter((step) => !isLeftOut(step))
}

/** The same workflow in which these phases look at other facts than they are given. */
function withFacts(ids: readonly PhaseId[], change: (facts: Facts) => Facts): Bugs {
  return withSteps(ids, (right) => (host, facts, context) => {
    const all = new Map([...context.facts].map(([key, value]) => [key, change(value)]))
    return right(host, change(facts), { ...context, facts: all })
  })
}

const starting: readonly PhaseId[] = ['stopOthers', 'stopCoordinator', 'startCoordinator', 'startOthers', 'awaitReady']
const isWait = ({ kind }: Step): boolean => kind === 'wait'

const awaiting = '>> CLUSTER: Awaiting for cluster hosts ready signal'

/** As if what an earlier start has logged had not been moved aside. */
function followingAlso(line: string): Bugs {
  return following((files, options) => {
    options.onLine(files[0] ?? '', line)
    return options
  })
}

/** As if every line were this one. */
function followingOnly(line: string): Bugs {
  return following((_files, { onLine, ...options }) => ({ ...options, onLine: (file) => onLine(file, line) }))
}

function following(change: (files: readonly string[], options: FollowOptions) => FollowOptions): Bugs {
  const connection = (right: Connection): Connection => ({
    ...right,
    follow: (files, options) => right.follow(files, change(files, options)),
  })
  return { connection }
}

const tooEarly = /is started before the coordinator awaits it/
const notDone = /up should be done/
const notWanted = / instead of /
const notIdempotent = /a second up had something to do/

describe('a bug in the gates is found:', () => {
  test('a line of an earlier start counts', async () => {
    expect(await found(followingAlso(awaiting))).toMatch(tooEarly)
  })

  test('any line counts', async () => {
    expect(await found(followingOnly(awaiting))).toMatch(tooEarly)
  })

  test('nobody waits for the coordinator', async () => {
    expect(await found(withSteps(['startCoordinator'], without(isWait)))).toMatch(tooEarly)
  })
})

describe('a bug in the order is found:', () => {
  const inOrder = (ids: readonly PhaseId[]): Bugs => ({
    phases: [...workflows.up].sort((left, right) => ids.indexOf(left.id) - ids.indexOf(right.id)),
  })

  test('the others before the coordinator', async () => {
    expect(await found(inOrder(['startOthers', 'startCoordinator', 'awaitReady', 'balance']))).toMatch(tooEarly)
  })

  test('the coordinator stopped only after it was started', async () => {
    const order: PhaseId[] = ['startCoordinator', 'stopCoordinator', 'startOthers', 'awaitReady', 'balance']
    expect(await found(inOrder(order))).toMatch(notDone)
  })

  test('started before it is configured', async () => {
    expect(await found(inOrder(['startCoordinator', 'startOthers', 'configure', 'awaitReady', 'balance']))).toMatch(
      notDone,
    )
  })
})

describe('a bug in the convergence is found:', () => {
  test('the release is not activated', async () => {
    expect(
      await found(
        withSteps(
          ['configure'],
          without(({ id }) => id === 'activate'),
        ),
      ),
    ).toMatch(notDone)
  })

  test('what runs counts as what is wanted', async () => {
    const running =
      (right: Steps): Steps =>
      (host, facts, context) =>
        facts.processes.length > 0 ? [] : right(host, facts, context)
    expect(await found(withSteps(starting, running))).toMatch(notWanted)
  })

  test('nobody sees that pm2 gave up', async () => {
    const blind = (facts: Facts): Facts => ({
      ...facts,
      exits: {},
      processes: facts.processes.map((process) => ({ ...process, restarts: 0, upSeconds: 0 })),
    })
    expect(await found(withFacts(starting, blind))).toMatch(notDone)
  })

  test('a file is written although it is there', async () => {
    const forgetful = (facts: Facts): Facts => ({ ...facts, files: { ...facts.files, environment: null } })
    expect(await found(withFacts(['configure'], forgetful))).toMatch(notIdempotent)
  })
})
