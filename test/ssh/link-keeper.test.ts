import { describe, expect, test } from 'vitest'
import type { ConnectionFault } from '../../src/ssh/connection.js'
import { ConnectionError } from '../../src/ssh/errors.js'
import type { Link } from '../../src/ssh/link.js'
import { keepLink } from '../../src/ssh/link-keeper.js'
import { errorOf } from './observe.js'

interface FakeLink extends Link {
  readonly name: string
  break(): void
}

function fakeLink(name: string, log: string[] = []): FakeLink {
  let open = true
  const unexpected = () => Promise.reject(new Error('not expected'))
  return {
    name,
    isOpen: () => open,
    break: () => {
      open = false
    },
    close: async () => void log.push(`closed ${name}`),
    exec: unexpected,
    forward: unexpected,
  }
}

function fault(kind: ConnectionFault): ConnectionError {
  return new ConnectionError(kind, 'host', { cause: `it is ${kind}` })
}

/** A keeper whose new links are the given ones, or faults in their place. Time passes at once. */
function keeperOf(...next: readonly (FakeLink | ConnectionError)[]) {
  const log: string[] = []
  const left = [...next]
  const first = fakeLink('first', log)
  const world = {
    now: () => 0,
    random: () => 0,
    secret: () => '',
    sleep: async (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted()
      log.push(`waited ${ms}`)
    },
  }
  const open = async (): Promise<Link> => {
    const link = left.shift() ?? fault('refused')
    log.push(link instanceof Error ? `tried: ${link.fault}` : `opened ${link.name}`)
    if (link instanceof Error) throw link
    return link
  }
  const keeper = keepLink(first, { host: 'host', world, open, onLost: (message) => log.push(`lost: ${message}`) })
  return { keeper, log, first }
}

/** Breaks the link it gets, the first so many times. */
function breaking(times: number) {
  let used = 0
  return async (link: Link): Promise<string> => {
    used += 1
    if (used > times) return (link as FakeLink).name
    ;(link as FakeLink).break()
    throw fault('lost')
  }
}

describe('a link that is lost', () => {
  test('is made again, and what was being done is done again', async () => {
    const { keeper, log } = keeperOf(fakeLink('second'))
    expect(await keeper.use(breaking(1))).toBe('second')
    expect(log).toEqual(['lost: it is lost', 'waited 250', 'opened second'])
  })

  test('is made again once for all that used it', async () => {
    const { keeper, log } = keeperOf(fakeLink('second'))
    expect(await Promise.all([keeper.use(breaking(1)), keeper.use(breaking(1)), keeper.use(breaking(1))])).toEqual([
      'second',
      'second',
      'second',
    ])
    expect(log.filter((line) => line.startsWith('opened'))).toEqual(['opened second'])
  })

  test('is waited for longer each time, while the host cannot be reached', async () => {
    const { keeper, log } = keeperOf(fault('refused'), fault('timed-out'), fakeLink('third'))
    expect(await keeper.use(breaking(1))).toBe('third')
    expect(log.filter((line) => line.startsWith('waited'))).toEqual(['waited 250', 'waited 500', 'waited 1000'])
  })

  test('is given up after three of them', async () => {
    const { keeper } = keeperOf(fakeLink('second'), fakeLink('third'), fakeLink('fourth'), fakeLink('fifth'))
    expect((await errorOf(keeper.use(breaking(99)))).fault).toBe('lost')
  })

  test('can be tried again after it could not be made', async () => {
    const { keeper, log } = keeperOf(fault('refused'), fault('refused'), fault('refused'), fakeLink('later'))
    expect((await errorOf(keeper.use(breaking(1)))).fault).toBe('refused')
    expect(await keeper.use(breaking(0))).toBe('later')
    expect(log.filter((line) => line.startsWith('lost'))).toEqual(['lost: it is lost'])
  })

  test('is noticed before it is used', async () => {
    const { keeper, first } = keeperOf(fakeLink('second'))
    first.break()
    expect(await keeper.use(breaking(0))).toBe('second')
  })
})

test.each(['auth-failed', 'host-key-changed', 'host-key-unknown', 'blocked'] as const)(
  '%s is never tried again',
  async (kind) => {
    const { keeper, log } = keeperOf(fault(kind), fakeLink('never'))
    expect((await errorOf(keeper.use(breaking(1)))).fault).toBe(kind)
    expect(log.filter((line) => line.startsWith('opened'))).toEqual([])
  },
)

test('what fails for another reason is not done again', async () => {
  const { keeper } = keeperOf()
  let used = 0
  const failing = async () => {
    used += 1
    throw new Error('the file is gone')
  }
  await expect(keeper.use(failing)).rejects.toThrow('the file is gone')
  expect(used).toBe(1)
})

test('one command that is lost on a link that is not is done again on it', async () => {
  const { keeper, log } = keeperOf()
  let used = 0
  const name = await keeper.use(async (link) => {
    used += 1
    if (used === 1) throw fault('lost')
    return (link as FakeLink).name
  })
  expect([name, log]).toEqual(['first', ['waited 250']])
})

test('closing closes the link and ends what waits for another', async () => {
  const { keeper, log } = keeperOf()
  await keeper.close()
  expect(log).toEqual(['closed first'])
  expect((await errorOf(keeper.use(breaking(0)))).problem.cause).toBe('The connection was closed by this program')
})
