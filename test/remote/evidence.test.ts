import { symlinkSync, utimesSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { sceneLines } from '../../src/engine/evidence.js'
import type { SceneLine } from '../../src/trueno/causes.js'
import { inEachShell } from './test-host.js'

inEachShell((host) => {
  const evidence = (lines: number | string = 3) => host().run('evidence', [host().home, host().data, lines])
  const parts = async (lines?: number) => {
    const { code, stdout, stderr } = await evidence(lines)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const found = new Map<string, SceneLine[]>()
    for (const line of sceneLines(stdout)) found.set(line.file, [...(found.get(line.file) ?? []), line])
    return found
  }

  test('evidence is the last lines of each log of this start, disk and memory', async () => {
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
    expect([...found.keys()]).toEqual([...logs, 'disk', 'memory'])
    for (const log of logs) expect(found.get(log)?.map(({ text }) => text)).toEqual(['3', '4', 'last without end'])
    expect(found.get('disk')).toHaveLength(2)
    expect(found.get('memory')?.[0]?.text).toMatch(/^MemTotal: +\d+ kB$/)
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
    expect([...found.keys()]).toEqual([report, 'disk', 'memory'])
    expect(found.get(report)?.map(({ text }) => text)).toEqual(['# There is insufficient memory', '2', '3'])
  })

  test('evidence is bounded, whatever is in the logs', async () => {
    const { home, put } = host()
    put('run/start.out', 'x'.repeat(1_000_000))
    put('run/pm2/pm2.log', `${'\u0000\u001b[31m\ufffd'.repeat(1000)}\n`.repeat(100))
    for (let at = 0; at < 60; at += 1) put(`run/pm2/logs/${at}.log`, 'x\n')
    const { stdout } = await evidence(1000)
    expect(Math.max(...stdout.split('\n').map((line) => Buffer.byteLength(line)))).toBeLessThanOrEqual(3000)
    expect(stdout.match(/^==> /gm)).toHaveLength(52)
    expect(stdout).toContain(`==> ${home}/run/start.out <==\n${'x'.repeat(1000)}\n==> `)
  })

  test('evidence of a host that has nothing is its disk and memory', async () => {
    expect([...(await parts()).keys()]).toEqual(['disk', 'memory'])
  })

  test.each(['', '0', 'x', '-1', '1001', '99999999999'])('evidence of %j lines is refused', async (lines) => {
    expect(await evidence(lines)).toMatchObject({ code: 74, stdout: '' })
  })
})
