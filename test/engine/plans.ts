import { type Applied, apply } from '../../src/engine/apply.js'
import { errorProblem } from '../../src/errors.js'
import type { Phase, Plan, Step } from '../../src/plan/plan.js'
import { sendsOf } from '../../src/plan/sends.js'
import type { FakeEngine } from './fake-engine.js'

/** A phase in which each of these hosts has these steps. */
export function phase(work: Record<string, readonly Step[]>, more: Partial<Phase> = {}): Phase {
  const hosts = Object.entries(work).map(([host, steps]) => ({ host, steps }))
  return { id: 'startOthers', title: 'Start others', parallel: 64, needs: 'each', work: hosts, ...more }
}

export function planOf(phases: readonly Phase[], unreachable: readonly string[] = []): Plan {
  return {
    version: 1,
    workflow: 'up',
    cluster: { id: 'c'.repeat(32), name: 'lab', coordinator: 'a', hosts: ['a', 'b', 'c'] },
    release: null,
    inputs: '',
    facts: '',
    phases,
    sends: sendsOf(phases, []),
    unreachable: unreachable.map((host) =>
      errorProblem({ code: 'no-route', title: 'Gone', cause: 'gone', remedy: 'look', host }),
    ),
    problems: [],
  }
}

export function carryOut(fake: FakeEngine, plan: Plan): Promise<Applied> {
  return fake.clock.run(apply(plan, fake.engine), 600_000)
}
