import { describe, expect, it } from 'vitest'
import { Board, type Client, type Serving, theMirror } from '../../src/engine/board.js'

const everybody: Serving = { unusable: () => null, busy: () => 0 }

describe('where a host gets an artifact from', () => {
  it('is here for the first of each network; the others wait for it, and get it from it', () => {
    const board = new Board(['a1', 'a2', 'b1'])
    expect(board.choose(client('a1'), everybody)).toEqual({ kind: 'here', why: null })
    board.take(client('a1'))
    expect(board.choose(client('a2'), everybody)).toEqual({ kind: 'wait' })
    expect(board.choose(client('b1'), everybody)).toEqual({ kind: 'here', why: null })
    board.hold(client('a1'))
    expect(board.choose(client('a2'), everybody)).toEqual({ kind: 'peer', holder: client('a1'), whole: true })
  })

  it('is the host that serves the fewest, and none that serves enough', () => {
    const board = new Board(['a4'])
    for (const host of ['a1', 'a2', 'a3']) board.hold(client(host))
    const busy = (counts: Record<string, number>): Serving => ({ ...everybody, busy: (host) => counts[host] ?? 0 })
    expect(board.choose(client('a4'), busy({ a1: 2, a2: 1, a3: 3 }))).toMatchObject({ holder: { host: 'a2' } })
    expect(board.choose(client('a4'), busy({ a1: 3, a2: 3, a3: 3 }))).toEqual({ kind: 'wait' })
  })

  it('is a host that is still getting it, the first that began, and none that serves enough', () => {
    const board = new Board(['a3'])
    for (const host of ['a1', 'a2']) {
      board.take(client(host))
      board.pass(client(host))
    }
    expect(board.choose(client('a3'), everybody)).toEqual({ kind: 'peer', holder: client('a1'), whole: false })
    expect(board.choose(client('b1'), everybody)).toEqual({ kind: 'here', why: null })
    const busy: Serving = { ...everybody, busy: (host) => (host === 'a1' ? 3 : 0) }
    expect(board.choose(client('a3'), busy)).toMatchObject({ holder: { host: 'a2' } })
    board.hold(client('a2'))
    expect(board.choose(client('a3'), everybody)).toEqual({ kind: 'peer', holder: client('a2'), whole: true })
  })

  it('is no host that is still getting it when one of these has failed: then it waits for one that has it', () => {
    const board = new Board(['a2'])
    board.take(client('a1'))
    board.pass(client('a1'))
    board.waitForWhole(client('a2'))
    expect(board.choose(client('a2'), everybody)).toEqual({ kind: 'wait' })
    board.hold(client('a1'))
    expect(board.choose(client('a2'), everybody)).toEqual({ kind: 'peer', holder: client('a1'), whole: true })
  })

  it('is no host that has lost its own source', () => {
    const board = new Board(['a2'])
    board.take(client('a1'))
    board.pass(client('a1'))
    board.enter(client('a1'))
    expect(board.choose(client('a2'), everybody)).toEqual({ kind: 'here', why: null })
  })

  it('is no host that gets it from this one, nor is that one waited for', () => {
    const board = new Board(['a4'])
    board.take(client('a1'))
    board.take(client('a2'), 'a1')
    board.take(client('a3'), 'a2')
    for (const host of ['a1', 'a2', 'a3']) board.pass(client(host))
    // The link over which a1 got it is lost.
    board.enter(client('a1'))
    expect(board.choose(client('a1'), everybody)).toEqual({ kind: 'here', why: null })
    expect(board.choose(client('a4'), everybody)).toMatchObject({ holder: { host: 'a2' } })
  })

  it('is here where nobody can serve, and says why', () => {
    const board = new Board(['a2', 'a3'])
    board.hold(client('a1'))
    board.take(client('a3'))
    const serving: Serving = { ...everybody, unusable: (host) => (host === 'a1' ? 'a1 has no Node' : null) }
    expect(board.choose(client('a2'), serving)).toEqual({ kind: 'here', why: 'a1 has no Node' })
  })

  it('is no host again that failed this one, and no host for anybody that lied', () => {
    const board = new Board(['a3', 'a4'])
    for (const host of ['a1', 'a2']) board.hold(client(host))
    board.avoid(client('a3'), 'a1', 'a1 refuses', false)
    expect(board.choose(client('a3'), everybody)).toMatchObject({ holder: { host: 'a2' } })
    expect(board.choose(client('a4'), everybody)).toMatchObject({ holder: { host: 'a1' } })
    board.avoid(client('a3'), 'a2', 'a2 sent something else', true)
    expect(board.choose(client('a3'), everybody)).toEqual({ kind: 'here', why: 'a1 refuses' })
    board.avoid(client('a4'), 'a1', 'a1 ended', false)
    expect(board.choose(client('a4'), everybody)).toMatchObject({ kind: 'here' })
  })

  it('is the mirror first, until that has failed', () => {
    const board = new Board(['a1'])
    const mirrored = { ...client('a1'), mirror: true }
    expect(board.choose(mirrored, everybody)).toEqual({ kind: 'mirror' })
    board.avoid(mirrored, theMirror, 'the mirror has it not', false)
    expect(board.choose(mirrored, everybody)).toEqual({ kind: 'here', why: null })
  })

  it('is here for hosts that get nothing from others', () => {
    const { peers: _, ...alone } = client('a1')
    const board = new Board([])
    board.hold(client('a2'))
    expect(board.choose(alone, everybody)).toEqual({ kind: 'here', why: null })
  })
})

it('a board knows who still wants it', () => {
  const board = new Board(['a1', 'a2'])
  expect(board.isWantedBesides(client('a1'))).toBe(true)
  board.take(client('a2'))
  expect([board.isWantedBesides(client('a1')), board.expects('a2'), board.isWanted()]).toEqual([false, true, true])
  for (const host of ['a1', 'a2']) board.leave(client(host))
  expect(board.isWanted()).toBe(false)
})

/** The first letter is the network. */
function client(host: string): Client {
  const peers = { address: host, network: host[0] ?? '' }
  return { host, home: '/h', artifact: 'x', wire: 'w', name: 'spark', peers, mirror: false }
}
