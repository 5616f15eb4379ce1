import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Duplex, PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSsh } from '../../src/ssh/connect.js'
import { followFiles } from '../../src/ssh/follow.js'
import { createIdentityStore } from '../../src/ssh/identities.js'
import type { Link, Session } from '../../src/ssh/link.js'
import { runScript } from '../../src/ssh/run-script.js'
import { ssh2Way } from '../../src/ssh/ssh2-way.js'
import type { LinkContext } from '../../src/ssh/way.js'
import { systemWorld } from '../../src/system-world.js'
import { startSshd } from '../helpers/sshd.js'
import { errorOf } from './observe.js'
import { loopbackOnly, type Rig, startRig } from './rig.js'

const directory = mkdtempSync(join(tmpdir(), 'aborts-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** A server that takes connections and says nothing. `met` resolves with the first of them. */
async function startSilent(where: { path: string } | { host: string; port: number }) {
  const sockets: Socket[] = []
  let meet = () => {}
  const met = new Promise<void>((resolve) => {
    meet = resolve
  })
  const server = createServer((socket) => {
    sockets.push(socket)
    meet()
  })
  await new Promise<void>((resolve) => server.listen(where, resolve))
  return {
    met,
    port: (server.address() as { port?: number }).port ?? 0,
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

describe('an agent that does not answer', () => {
  let rig: Rig
  beforeAll(async () => {
    rig = await startRig(startSshd)
  })
  afterAll(() => rig?.[Symbol.asyncDispose]())

  test('a login is given up in time', async () => {
    const path = join(directory, 'agent-1')
    using _agent = await startSilent({ path })
    await using ssh = rig.ssh('true', { connectTimeoutMs: 3000 })
    const target = { ...(await ssh.resolve({ ssh: 'host' })), identityAgent: path }
    const { fault, problem } = await errorOf(ssh.connect('host', target))
    expect([fault, problem.cause]).toEqual([
      'timed-out',
      expect.stringContaining(`the agent at ${path} does not answer`),
    ])
  })

  test('a login is given up when that is wanted', async () => {
    const path = join(directory, 'agent-2')
    using agent = await startSilent({ path })
    await using ssh = rig.ssh('true', { connectTimeoutMs: 3_600_000 })
    const target = { ...(await ssh.resolve({ ssh: 'host' })), identityAgent: path }
    const stop = new AbortController()
    const connecting = ssh.connect('host', target, { signal: stop.signal })
    await agent.met
    stop.abort(new Error('enough'))
    await expect(connecting).rejects.toThrow('enough')
  })
})

describe.each(['ssh2', 'openssh'] as const)('%s', (transport) => {
  let rig: Rig
  beforeAll(async () => {
    rig = await startRig(startSshd, { transport })
  })
  afterAll(() => rig?.[Symbol.asyncDispose]())

  test('a connection that is there outlives the signal that it was made under', async () => {
    const lost: string[] = []
    await using ssh = rig.ssh('echo in', { onLost: (_, message) => lost.push(message) })
    const stop = new AbortController()
    const target = await ssh.resolve({ ssh: 'host' })
    await using connection = await ssh.connect('host', target, { signal: stop.signal })
    stop.abort(new Error('enough'))
    expect((await connection.read('facts', [])).stdout).toBe('in\n')
    expect((await connection.read('facts', [])).stdout).toBe('in\n')
    expect(lost).toEqual([])
  })
})

describe('a session that is not opened yet', () => {
  /** A link that opens the one session when it is told to. */
  const slowLink = () => {
    let open = (_session: Session) => {}
    const opened = new Promise<Session>((resolve) => {
      open = resolve
    })
    let isClosed = false
    const session = { ended: new Promise(() => {}), close: () => (isClosed = true) } as unknown as Session
    const link = { exec: () => opened } as unknown as Link
    return { link, open: () => open(session), isClosed: () => isClosed }
  }

  test.each([
    [
      'of a script',
      (link: Link, signal: AbortSignal) =>
        runScript(link, 'host', { command: '', input: '' }, { signal }, { world: systemWorld, ms: 3_600_000 }),
    ],
    ['of logs', (link: Link, signal: AbortSignal) => followFiles(link, 'host', ['/log'], { signal, onLine: () => {} })],
  ])('is not waited for once that is not wanted, and closed when it comes: %s', async (_what, begin) => {
    const { link, open, isClosed } = slowLink()
    const stop = new AbortController()
    const outcome = begin(link, stop.signal).catch((error) => error)
    stop.abort(new Error('enough'))
    await outcome
    open()
    await new Promise(setImmediate)
    expect(isClosed()).toBe(true)
  })
})

test('a host that a jump host gets no answer from is not waited for beyond the limit, and closed when it comes', async () => {
  await using ssh = createSsh({ world: systemWorld, only: loopbackOnly })
  const jump = await ssh.resolve({ ssh: '127.0.0.1' })
  const target = { ...jump, jumps: [jump], identityAgent: null, identityFiles: [] }
  let answer = (_stream: Duplex) => {}
  const link = { forward: () => new Promise((resolve) => (answer = resolve)) } as unknown as Link
  const context = {
    only: null,
    asker: { ask: null },
    identities: createIdentityStore(null),
    passwords: { available: false },
    jump: async () => link,
  } as unknown as LinkContext
  const way = await ssh2Way({ host: 'host', target, context, limitMs: 1, answerLimitMs: 1, signal: undefined })
  const stop = new AbortController()
  const login = way.login(stop.signal)
  await new Promise(setImmediate)
  stop.abort(new Error('late'))
  await expect(login).rejects.toThrow('late')
  const stream = new PassThrough()
  answer(stream)
  await new Promise(setImmediate)
  expect(stream.destroyed).toBe(true)
})

test('a login to a jump host that does not answer ends with the run', async () => {
  using gate = await startSilent({ host: '127.0.0.1', port: 0 })
  const ssh = createSsh({ world: systemWorld, only: loopbackOnly, connectTimeoutMs: 3_600_000 })
  const jump = await ssh.resolve({ ssh: '127.0.0.1', port: gate.port, transport: 'ssh2' })
  const target = { ...jump, jumps: [jump] }
  const stop = new AbortController()
  const connecting = ssh.connect('host', target, { signal: stop.signal })
  await gate.met
  stop.abort(new Error('enough'))
  await expect(connecting).rejects.toThrow('enough')
  await ssh[Symbol.asyncDispose]()
})
