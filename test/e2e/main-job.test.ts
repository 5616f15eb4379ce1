import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventsOf } from '../helpers/command-line.js'
import { labFor } from '../helpers/lab.js'

describe('four real sshd hosts', () => {
  it('come up, tell their status, are left alone by a second up, and go down', async (test) => {
    const lab = await labFor(test, { inventory: {} })
    const planned = await lab.run('plan', '--json', '--exit-code')
    expect(planned.code).toBe(5)
    expect(JSON.parse(planned.stdout).phases.map(({ id }: { id: string }) => id)).toEqual([
      'stage',
      'configure',
      'startCoordinator',
      'startOthers',
      'awaitReady',
    ])
    expect((await lab.status()).state).toBe('absent')

    const up = await lab.run('up', '--json')
    expect(up.code).toBe(0)
    const started = eventsOf(up).flatMap((event) =>
      event.kind === 'stepStarted' && event.step === 'start' ? [event.host] : [],
    )
    expect(started[0]).toBe(lab.host(0).key)
    expect(started).toHaveLength(4)

    const status = await lab.status()
    expect(status).toMatchObject({
      cluster: 'lab',
      state: 'ready',
      elasticsearch: { nodes: 2, expectedNodes: 2 },
      spark: { status: 'ALIVE', workers: 3, expectedWorkers: 3 },
      balancer: null,
    })
    expect(status.hosts.map(({ state }) => state)).toEqual(['ready', 'ready', 'ready', 'ready'])

    const before = lab.processes(1)
    const again = await lab.run('up', '--json')
    expect(again.code).toBe(0)
    expect(again.stdout).toContain('Nothing to do')
    expect(eventsOf(again).filter(({ kind }) => kind === 'stepStarted')).toEqual([])
    expect(lab.processes(1)).toEqual(before)

    expect((await lab.run('down')).code).toBe(0)
    for (const index of lab.hosts.keys()) expect(lab.processes(index)).toEqual([])
    expect((await lab.status()).state).toBe('stopped')
    const downAgain = await lab.run('down')
    expect(downAgain.code).toBe(0)
    expect(downAgain.stdout).toContain('Nothing to do')
  })

  it('get cluster.json byte for byte, a receipt without secrets, and nothing outside of their directory', async (test) => {
    const lab = await labFor(test)
    expect((await lab.run('up')).code).toBe(0)
    for (const { home, key } of lab.hosts) {
      expect(readFileSync(join(home, 'etc/cluster.json'))).toEqual(readFileSync(join(lab.directory, 'cluster.json')))
      expect(JSON.parse(readFileSync(join(home, 'receipt.json'), 'utf8'))).toMatchObject({
        version: 1,
        key,
        name: 'lab',
        peers: lab.hosts.map((host) => host.key),
      })
    }
  })
})
