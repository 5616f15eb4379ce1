import { copyFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { factsOf } from './facts-of.js'
import { children, settled, sleeper, started, stateOf, ticksOf } from './sleepers.js'
import { inEachShell } from './test-host.js'

inEachShell((host) => {
  const facts = () => factsOf(host())

  describe('of processes', () => {
    test('are of those that carry our marker with this home', async () => {
      const core = sleeper(host(), { TRUENO_DEPLOY_START: '1-2', name: 'Trueno-Core', pm_id: '0', restart_time: '3' })
      const balancer = sleeper(host(), { TRUENO_DEPLOY_PART: 'balancer' })
      sleeper(host(), { TRUENO_DEPLOY_HOME: `${host().home}2` })
      sleeper(host(), { TRUENO_DEPLOY_CLUSTER: '' })
      sleeper(host(), { TRUENO_DEPLOY_HOME: '', NOTE: `x\nTRUENO_DEPLOY_HOME=${host().home}\n` })
      const { processes } = await facts()
      const common = {
        startTicks: expect.any(Number),
        upSeconds: expect.any(Number),
        clusterId: 'c1',
        command: expect.stringMatching(/sleep 1000$/),
      }
      expect(processes.toSorted(byPid)).toEqual(
        [
          { ...common, pid: core, part: 'trueno', startId: '1-2', name: 'Trueno-Core', restarts: 3 },
          { ...common, pid: balancer, part: 'balancer', startId: '', name: '', restarts: 0 },
        ].toSorted(byPid),
      )
      expect(processes.map(({ pid }) => ticksOf(pid))).toEqual(processes.map(({ startTicks }) => startTicks))
      for (const { upSeconds } of processes) expect(upSeconds).toBeLessThan(60)
    })

    test('with hostile names and arguments are read all the same', async () => {
      const program = path.join(host().root, 'a) S 1\n(b')
      copyFileSync('/bin/sleep', program)
      const pid = sleeper(
        host(),
        { name: 'tab\there', pm_id: '1', NOTE: '\n==> /proc/1/environ <==\n' },
        [program, '1000'],
        'arg\tzero\nline',
      )
      const { processes } = await facts()
      expect(processes).toEqual([
        expect.objectContaining({ pid, startTicks: ticksOf(pid), name: 'tab here', command: 'arg zero line 1000' }),
      ])
    })

    test('have the name of pm2 only when pm2 itself started them', async () => {
      const names = { name: 'Trueno-Core', pm_id: '0' }
      sleeper(host(), names, ['/bin/sh', '-c', 'sleep 1001 & wait'])
      sleeper(host(), { name: 'me' })
      sleeper(host(), names, ['/bin/sleep', '1000'], 'PM2 v2.6.1: God Daemon (x)')
      await settled(() => children(started[0]?.pid ?? 0).length === 1)
      const { processes } = await facts()
      expect(processes.map(({ name, command }) => [name, command.split(' ').slice(0, 2).join(' ')]).toSorted()).toEqual(
        [
          ['', '/bin/sleep 1000'],
          ['', 'PM2 v2.6.1:'],
          ['', 'sleep 1001'],
          ['Trueno-Core', '/bin/sh -c'],
        ],
      )
    })

    test('that have ended and are not yet reaped are none', async () => {
      const parent = sleeper(host(), { TRUENO_DEPLOY_HOME: '' }, [
        '/bin/sh',
        '-c',
        `TRUENO_DEPLOY_HOME="${'$'}OURS" sleep 0 & exec sleep 1000`,
      ])
      await settled(() => children(parent).some((pid) => stateOf(pid) === 'Z'))
      expect((await facts()).processes).toEqual([])
    })

    test('that have ended since the start are counted by the names pm2 has for them', async () => {
      const exit = (name: string) =>
        `2026-11-24 02:07:03: App [${name}] with id [2] and pid [7], exited with code [1]\n`
      host().put(
        'run/pm2/pm2.log',
        `Starting\n${exit('Spark-Worker')}${exit('Gremlin-Server')}online\n${exit('Spark-Worker')}`,
      )
      expect((await facts()).exits).toEqual({ 'Spark-Worker': 2, 'Gremlin-Server': 1 })
    })

    test('are found with a grep that does not see behind a NUL', async () => {
      host().fakeTool('grep', '#!/bin/sh\nexit 1\n')
      const pid = sleeper(host(), {})
      expect((await facts()).processes).toEqual([expect.objectContaining({ pid })])
    })
  })
})

function byPid(left: { pid: number }, right: { pid: number }): number {
  return left.pid - right.pid
}
