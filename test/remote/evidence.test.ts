import { readFileSync, symlinkSync, utimesSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import path from 'node:path'
import { expect, test } from 'vitest'
import { readScene } from '../../src/trueno/read-scene.js'
import type { SceneLine } from '../../src/trueno/scene.js'
import { sleeper } from './sleepers.js'
import { inEachShell } from './test-host.js'

inEachShell((host) => {
  const evidence = (lines: number | string = 3) => host().run('evidence', [host().home, host().data, lines])
  const parts = async (lines?: number) => {
    const { code, stdout, stderr } = await evidence(lines)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const found = new Map<string, SceneLine[]>()
    for (const line of readScene(stdout).lines) found.set(line.file, [...(found.get(line.file) ?? []), line])
    return found
  }

  test('evidence is the last lines of each log of this start, and how the host is', async () => {
    const { home, data, put } = host()
    const logs = [
      `${home}/run/start.out`,
      `${home}/run/pm2/logs/Trueno-Core-error-0.log`,
      `${home}/run/pm2/logs/Trueno-Core-out-0.log`,
      `${home}/run/pm2/pm2.log`,
      `${data}/logs/elasticsearch-out-2.log`,
      `${data}/logs/elasticsearch-err-2.log`,
      `${home}/run/balancer-start.out`,
      `${home}/run/balancer/loadbalancer.out`,
    ]
    for (const log of logs) put(path.relative(home, log), '1\n2\n3\n4\nlast without end')
    put('logs/1-1/pm2/Trueno-Core-out-0.log', 'of an earlier start')
    put('run/pm2/logs/empty.log', '')
    const found = await parts()
    expect([...found.keys()]).toEqual(logs)
    for (const log of logs) expect(found.get(log)?.map(({ text }) => text)).toEqual(['3', '4', 'last without end'])
  })

  test('evidence has the beginning of what a JVM left behind when it crashed in this start', async () => {
    const { home, put } = host()
    const directory = 'lib/core/binaries/elasticsearch'
    put('run/start.json', '{}')
    put(`releases/x/${directory}/hs_err_pid1.log`, 'of an earlier start\n')
    utimesSync(path.join(home, `releases/x/${directory}/hs_err_pid1.log`), 1, 1)
    utimesSync(path.join(home, 'run/start.json'), 2, 2)
    put(`releases/x/${directory}/hs_err_pid2.log`, '# There is insufficient memory\n2\n3\n4\n')
    symlinkSync('releases/x', path.join(home, 'current'))
    const found = await parts()
    const report = `${home}/current/${directory}/hs_err_pid2.log`
    expect([...found.keys()]).toEqual([report])
    expect(found.get(report)?.map(({ text }) => text)).toEqual(['# There is insufficient memory', '2', '3'])
  })

  test('evidence is bounded, whatever is in the logs', async () => {
    const { home, put } = host()
    put('run/start.out', 'x'.repeat(1_000_000))
    put('run/pm2/pm2.log', `${'\u0000\u001b[31m\ufffd'.repeat(1000)}\n`.repeat(100))
    for (let at = 0; at < 60; at += 1) put(`run/pm2/logs/${at}.log`, 'x\n')
    const { stdout } = await evidence(1000)
    expect(Math.max(...stdout.split('\n').map((line) => Buffer.byteLength(line)))).toBeLessThanOrEqual(3000)
    expect(stdout.match(/^==> /gm)).toHaveLength(51)
    expect(stdout).toContain(`==> ${home}/run/start.out <==\n${'x'.repeat(1000)}\n==> `)
  })

  test('evidence of a host that has nothing is how it is', async () => {
    const { code, stdout, stderr } = await evidence()
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const { lines, condition } = readScene(stdout)
    expect(lines).toEqual([])
    expect(condition).toMatchObject({ start: null, limits: [], processes: [], listeners: [], pm2: null })
    expect(condition?.memory?.totalKiB).toBeGreaterThan(condition?.memory?.availableKiB ?? 0)
    expect(condition?.disks.map(({ name, path }) => [name, path])).toEqual([
      ['home', host().home],
      ['data', host().data],
      ['tmp', '/tmp'],
    ])
    for (const disk of condition?.disks ?? [])
      expect(disk).toMatchObject({ filesystem: /./, options: expect.arrayContaining(['rw']) })
  })

  test('evidence tells of the present start: what runs with which limits, who listens, what the kernel killed', async () => {
    const { home, put, fakeTool } = host()
    put('run/start.json', `{"id":"${Math.floor(Date.now() / 1000) - 5}-71","time":1}`)
    put('releases/x/node_modules/pm2/package.json', '{\n  "name": "pm2",\n  "version": "2.6.1"\n}\n')
    symlinkSync('releases/x', path.join(home, 'current'))
    const [uptime] = readFileSync('/proc/uptime', 'utf8').split('.')
    const said = (ago: number, text: string): string => `[${Number(uptime) - ago}.000000] ${text}`
    fakeTool(
      'dmesg',
      `#!/bin/sh\ncat <<'EOF'\n${said(900, 'Killed process 1 (old)')}\n${said(1, 'Killed process 2 (java)')}\n${said(1, 'usb')}\nEOF\n`,
    )
    const listener = createServer().listen(0, '127.0.0.1')
    const foreign = await new Promise<number>((resolve) => {
      listener.once('listening', () => resolve((listener.address() as AddressInfo).port))
    })
    const pid = sleeper(host(), { name: 'Elasticsearch' })
    const { stdout } = await host().run('evidence', [home, host().data, 3, foreign])
    listener.close()
    const { condition } = readScene(stdout)
    expect(condition).toMatchObject({ kernel: ['Killed process 2 (java)'], pm2: '2.6.1' })
    expect((condition?.now ?? 0) - (condition?.start ?? 0)).toBeGreaterThanOrEqual(5)
    expect(condition?.processes).toContainEqual(expect.objectContaining({ pid, name: 'Elasticsearch' }))
    expect(condition?.limits).toContainEqual(
      expect.objectContaining({ pid, name: 'Elasticsearch', openFiles: expect.stringMatching(/^(\d+|unlimited)$/) }),
    )
    expect(condition?.listeners).toMatchObject([{ port: foreign, address: '127.0.0.1', pid: process.pid, ours: false }])
  })

  test('evidence of logs that look like it: their lines are no headings', async () => {
    const { home, put } = host()
    put('run/start.out', '==> state <==\nmemory\t1\t1\t1\n')
    const { lines, condition } = readScene((await evidence()).stdout)
    expect(lines.map(({ file }) => file)).toEqual([`${home}/run/start.out`, `${home}/run/start.out`])
    expect(condition?.memory?.totalKiB).not.toBe(1)
  })

  test.each(['', '0', 'x', '-1', '1001', '99999999999'])('evidence of %j lines is refused', async (lines) => {
    expect(await evidence(lines)).toMatchObject({ code: 74, stdout: '' })
  })
})
