import { describe, expect, it } from 'vitest'
import { type Lease, type OwnRuns, takeLease } from '../../src/engine/lease.js'
import { LeaseHeldError, ProblemError } from '../../src/errors.js'
import { unlessAborted } from '../../src/ssh/abort.js'
import type { ScriptResult } from '../../src/ssh/connection.js'
import { ConnectionError } from '../../src/ssh/errors.js'
import { createChance } from '../sim/chance.js'
import { type Clock, createClock } from '../sim/clock.js'
import { type FakeHost, failed, fakeHost, ok, said } from './fake-host.js'

interface Taking {
  readonly host: FakeHost
  readonly clock: Clock
  /** Takes the lease. */
  take(): Promise<Lease>
}

/** A host whose lease script gives these answers, one after the other; the last one for ever. */
function taking(...answers: readonly ScriptResult[]): Taking {
  const left = [...answers]
  const lease = (): ScriptResult => (left.length > 1 ? left.shift() : left[0]) ?? ok
  const host = fakeHost('a', { run: { lease } })
  const clock = createClock(createChance(1))
  const request = { connection: host, home: '/h', who: 'me@laptop', purpose: 'up', seen: 4, world: clock.world }
  return { host, clock, take: () => clock.run(takeLease(request), 1000) }
}

/** Verbs of the lease script that were sent, each with its token. */
function verbs({ calls }: FakeHost): readonly string[] {
  return calls.map((call) => call.split(' ')).map(([, token, , verb]) => `${token} ${verb}`)
}

const taken = said('token\t5\n')
const lost = failed(75, 'the lease with token 5 was taken over')

describe('a lease', () => {
  it('is asked for with the highest token that was seen, and by whom and for what', async () => {
    const { host, take } = taking(taken, ok)
    expect((await take()).token).toBe(5)
    expect(host.calls).toEqual([expect.stringMatching(/^lease 4 \/h take me@laptop up [0-9a-f]+$/)])
  })

  it('shows a sign of life every 15 s until it is given back, and none after', async () => {
    const { host, clock, take } = taking(taken, ok)
    const lease = await take()
    await clock.run(clock.world.sleep(40_000), 50_000)
    await clock.run(lease.release(), 1000)
    await clock.run(clock.world.sleep(40_000), 50_000)
    expect(verbs(host)).toEqual(['4 take', '5 beat', '5 beat', '5 release'])
    expect(lease.lost.aborted).toBe(false)
  })

  it('that was taken over is lost: whoever works with it is told why', async () => {
    const { host, clock, take } = taking(taken, ok, lost)
    const lease = await take()
    await clock.run(clock.world.sleep(29_000), 30_000)
    expect(lease.lost.aborted).toBe(false)
    await clock.run(clock.world.sleep(31_000), 40_000)
    expect(lease.lost.reason).toBeInstanceOf(ProblemError)
    expect(lease.lost.reason.problems).toMatchObject([
      { code: 'stale-lease', title: 'Keep the lease failed', host: 'a' },
    ])
    await clock.run(lease.release(), 1000)
    expect(verbs(host)).toEqual(['4 take', '5 beat', '5 beat', '5 release'])
  })

  describe('where its host falls silent', () => {
    const silent = async () => {
      const { host, clock } = taking(taken, ok)
      const connection: FakeHost = {
        ...host,
        run: (script, args, options = {}) =>
          args[2] === 'beat'
            ? unlessAborted(new Promise<never>(() => {}), options.signal, () => {})
            : host.run(script, args, options),
      }
      const request = { connection, home: '/h', who: 'me@laptop', purpose: 'up', seen: 4, world: clock.world }
      return { clock, lease: await clock.run(takeLease(request), 1000) }
    }

    it('is lost before anybody else may take it over', async () => {
      const { clock, lease } = await silent()
      await clock.run(clock.world.sleep(54_000), 54_000)
      expect(lease.lost.aborted).toBe(false)
      await clock.run(clock.world.sleep(2000), 2000)
      expect(lease.lost.reason.problems).toMatchObject([{ code: 'lease-not-kept', host: 'a' }])
    })

    it('is given up without waiting for an answer', async () => {
      const { clock, lease } = await silent()
      await clock.run(clock.world.sleep(20_000), 20_000)
      await clock.run(lease.release(), 1000)
      expect(lease.lost.aborted).toBe(false)
    })
  })

  it('that somebody else holds is refused, with who it is', async () => {
    const owner = '{"token":5,"who":"eve@desk","purpose":"down","since":1700000000}'
    const { take } = taking(failed(74, 'the lease is held', `held\t${owner}\t12\n`))
    const error = await take().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(LeaseHeldError)
    expect(error).toMatchObject({
      exitCode: 4,
      problems: [
        {
          code: 'lease-held',
          cause: 'eve@desk runs `down` since 2023-11-14T22:13:20.000Z',
          evidence: 'its last sign of life was 12 s ago',
          host: 'a',
        },
      ],
    })
  })

  it('whose owner cannot be read is held all the same', async () => {
    const { take } = taking(failed(74, 'the lease is held', 'held\t{"who\t3\n'))
    await expect(take()).rejects.toMatchObject({ exitCode: 4, problems: [{ cause: 'somebody runs `a command`' }] })
  })

  it('that cannot be taken is told like any script that failed', async () => {
    const { take } = taking(failed(73, 'cannot make the directory /h'))
    await expect(take()).rejects.toMatchObject({
      exitCode: 1,
      problems: [{ code: 'home-not-writable', title: 'Take the lease failed', cause: 'cannot make the directory /h' }],
    })
  })
})

describe('a lease that an earlier run of this laptop has kept', () => {
  const held = failed(74, 'the lease is held', 'held\t{"token":5,"who":"me@laptop","purpose":"up","run":"abc"}\t3\n')
  const lostHost = new ConnectionError('lost', 'a', { cause: 'gone' })

  /** Takes and gives back; all that was noted of runs, their own names left out. */
  async function remembering(ended: readonly string[], ...answers: readonly (ScriptResult | Error)[]) {
    const left = [...answers]
    const answer = (): ScriptResult => {
      const next = left.shift() ?? ok
      if (next instanceof Error) throw next
      return next
    }
    const host = fakeHost('a', { run: { lease: answer } })
    const noted: string[] = []
    const note = (what: string) => async (run: string) => void noted.push(run === 'abc' ? `${what} abc` : what)
    const runs: OwnRuns = {
      begin: note('begin'),
      forget: note('forget'),
      leave: note('leave'),
      hasEnded: async (run) => ended.includes(run),
    }
    const { world, run } = createClock(createChance(1))
    const request = { connection: host, home: '/h', who: 'me@laptop', purpose: 'up', seen: 4, world, runs }
    const outcome = await run(
      takeLease(request).then(
        (lease) => lease.release(),
        (error: Error) => error,
      ),
      1000,
    )
    return { host, noted, outcome }
  }

  it('is taken over at once when that run has ended', async () => {
    const { host, noted, outcome } = await remembering(['abc'], held, taken)
    expect(outcome).toBeUndefined()
    expect(host.calls[1]).toMatch(/ take me@laptop up [0-9a-f]+ abc$/)
    expect(noted).toEqual(['begin', 'forget abc', 'forget'])
  })

  it('is respected while that run goes on', async () => {
    const { host, noted, outcome } = await remembering([], held)
    expect(outcome).toBeInstanceOf(LeaseHeldError)
    expect(host.calls).toHaveLength(1)
    expect(noted).toEqual(['begin', 'forget'])
  })

  it('is noted as left where it could not be given back, or nobody knows whether it was taken', async () => {
    expect((await remembering([], taken, lostHost)).noted).toEqual(['begin', 'leave'])
    expect((await remembering([], lostHost)).noted).toEqual(['begin', 'leave'])
    expect((await remembering([], taken, failed(70, 'a signal'))).noted).toEqual(['begin', 'leave'])
    expect((await remembering([], taken, lost)).noted).toEqual(['begin', 'forget'])
  })
})
