import { awaited } from '../trueno/gates.js'
import { titles, tooSlow } from './failing.js'
import type { HostFailure } from './host-failure.js'
import type { StepRun, WaitStep } from './step-run.js'
import type { WaitEnd } from './wait-end.js'

/** Lets a wait fail at its limit. At half of that it looks by itself, and says what it found. */
export async function failAtLimit(
  { gate, timeoutMs }: WaitStep,
  { engine: { world } }: StepRun,
  failure: HostFailure,
  end: WaitEnd,
): Promise<void> {
  await world.sleep(timeoutMs / 2, end.over)
  end.meanwhile(failure.tellFindings())
  await world.sleep(timeoutMs - timeoutMs / 2, end.over)
  const waited = `waited ${Math.round(timeoutMs / 1000)} s for ${awaited[gate.id]}`
  await failure.fail({
    title: titles[gate.id],
    code: 'not-ready-in-time',
    cause: `${waited}, and nothing known explains why it did not come`,
    remedy: tooSlow,
    waited,
  })
}
