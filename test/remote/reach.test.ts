import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { expect, it, onTestFinished } from 'vitest'
import { parseReach, type TriedWay } from '../../src/cluster/ways.js'
import { freePort } from '../helpers/loopback.js'
import { gone, processesWith } from '../ssh/observe.js'
import { inEachShell, minimalPath, type RunOptions, type TestHost } from './test-host.js'

inEachShell((host) => {
  it('tells ways apart that are open, refused, filtered or not there, and starts nothing that stays', async () => {
    const open = await listening()
    const filtered = await deafListener()
    const ways = [
      ['127.0.0.1', open],
      ['127.0.0.2', await freePort('127.0.0.2')],
      ['127.0.0.1', filtered],
      // Nobody has a way to broadcast, so no packet leaves.
      ['255.255.255.255', 80],
    ] as const
    const tried = await reach(host(), ways)
    expect(tried.map(({ outcome, ms }) => [outcome, ms !== null])).toEqual([
      ['open', true],
      ['refused', true],
      ['silent', false],
      ['no-route', false],
    ])
    expect(tried[3]?.said).toBe('Network is unreachable')
    // It was killed, and nobody waited for its end.
    await gone(() => processesWith(`\u0000${filtered}\u0000`).length > 0)
  })

  it('tries many at once', async () => {
    const open = await listening()
    const ways = Array.from({ length: 70 }, (_, index) => [`127.0.1.${index}`, open] as const)
    const tried = await reach(host(), ways)
    expect(tried.map(({ to, outcome }) => [to, outcome])).toEqual(ways.map(([to]) => [to, 'open']))
  })

  it('says that it is blind without bash, or with one that makes no connections', async () => {
    const ways = [['127.0.0.1', await listening()]] as const
    expect(await reach(host(), ways, { env: { PATH: minimalPath(host()) } })).toMatchObject([
      { outcome: 'untried', said: 'there is no bash' },
    ])
    host().fakeTool('bash', '#!/bin/sh\nexit 1\n')
    expect(await reach(host(), ways)).toMatchObject([{ outcome: 'untried', said: 'the host said nothing of it' }])
  })

  it('refuses what it does not understand', async () => {
    expect(await host().run('reach', ['soon'])).toMatchObject({ code: 74, stdout: '' })
  })
})

async function reach(
  host: TestHost,
  ways: readonly (readonly [string, number])[],
  options: RunOptions = {},
): Promise<readonly TriedWay[]> {
  const { code, stdout, stderr } = await host.run('reach', [2, ...ways.flat()], options)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return parseReach(
    ways.map(([to, port]) => ({ from: 'here', to, port })),
    stdout,
  )
}

/** A port at which all of this machine's loopback addresses take connections. */
async function listening(): Promise<number> {
  const server = createServer((socket) => socket.destroy()).listen(0, '0.0.0.0')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** A port whose queue is full: the kernel drops what else comes, as a firewall would. */
async function deafListener(): Promise<number> {
  const child: ChildProcess = spawn('perl', ['-e', deaf], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill())
  const [line] = await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line')
  const port = Number(line)
  const waiting = Array.from({ length: 2 }, () => connect(port, '127.0.0.1').on('error', () => undefined))
  onTestFinished(() => {
    for (const socket of waiting) socket.destroy()
  })
  await once(waiting[0] as NodeJS.EventEmitter, 'connect')
  return port
}

const deaf = `use Socket; $| = 1; my $s;
socket($s, PF_INET, SOCK_STREAM, 0) and bind($s, sockaddr_in(0, inet_aton('127.0.0.1'))) and listen($s, 0) or die $!;
print +(sockaddr_in(getsockname($s)))[0], "\\n";
<STDIN>;`
