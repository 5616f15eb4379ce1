import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { calls, installFakeTrueno } from './fake-trueno.js'
import { sleeper } from './sleepers.js'
import { environmentOf, inEachShell, markedPids } from './test-host.js'

const config = '{"sourcePort":9000}'

inEachShell((host) => {
  const run = (script: string, ...args: (string | number)[]) => host().run(script, [1, host().home, ...args])
  const start = () => run('balancer-start', 'c1')
  const install = (environment = '') => {
    installFakeTrueno(host(), environment)
    host().put('etc/balancer.json', config)
  }

  describe('balancer-start', () => {
    test('runs trueno balancer in a directory of its own, and records it', async () => {
      install()
      const { code, stdout, stderr } = await start()
      const { home } = host()
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(calls(host())).toEqual([
        {
          args: ['balancer', '--start', `${home}/etc/balancer.json`],
          cwd: `${home}/run/balancer`,
          env: expect.objectContaining({ HOME: `${home}/run/balancer` }),
        },
      ])
      expect(JSON.parse(host().read('run/balancer-start.json'))).toMatchObject({
        id: stdout.trim(),
        clusterFile: createHash('sha256').update(config).digest('hex'),
      })
      expect(host().read('run/balancer/loadbalancer.out')).toBe('balancing\n')
      for (const pid of markedPids(home)) {
        expect(environmentOf(pid)).toEqual(
          expect.arrayContaining(['TRUENO_DEPLOY_PART=balancer', `TRUENO_DEPLOY_START=${stdout.trim()}`]),
        )
      }
    })

    test('of what runs already says so; of anything else is refused', async () => {
      install()
      const { stdout } = await start()
      expect(await start()).toEqual({ code: 0, stdout, stderr: `start ${stdout.trim()} runs already\n` })
      host().put('etc/balancer.json', '{}')
      expect(await start()).toMatchObject({ code: 74 })
      expect(calls(host())).toHaveLength(1)
    })

    test('beside Trueno minds only its own', async () => {
      install()
      sleeper(host(), {})
      expect(await start()).toMatchObject({ code: 0 })
    })

    test('moves the log before it out of the way, and keeps five', async () => {
      install()
      for (const id of ['0', '1000000001-1', '1000000002-1', '1000000003-1', '1000000004-1'])
        host().put(`logs/balancer-${id}/x`, '')
      host().put('logs/1-1/x', '')
      host().put('run/balancer-start.json', '{"id":"1000000005-77","time":1}\n')
      host().put('run/balancer/loadbalancer.out', 'old\n')
      expect(await start()).toMatchObject({ code: 0 })
      expect(host().list('logs')).toEqual([
        '1-1',
        ...[1, 2, 3, 4].map((n) => `balancer-100000000${n}-1`),
        'balancer-1000000005-77',
      ])
      expect(host().read('logs/balancer-1000000005-77/loadbalancer.out')).toBe('old\n')
      expect(host().read('run/balancer/loadbalancer.out')).toBe('balancing\n')
    })

    test('is refused without its file', async () => {
      installFakeTrueno(host())
      expect(await start()).toMatchObject({ code: 74, stderr: expect.stringContaining('balancer.json is not there') })
    })
  })

  describe('balancer-stop', () => {
    const stop = (limit = 10) => run('balancer-stop', limit)

    test('lets the parent end its workers, and leaves Trueno', async () => {
      install('FAKE_STUBBORN=1\n')
      await start()
      const trueno = sleeper(host(), {})
      expect(await stop()).toEqual({ code: 0, stdout: 'stopped\n', stderr: '' })
      expect(markedPids(host().home)).toEqual([trueno])
      expect(calls(host()).at(-1)).toBe('closing its worker')
    })

    test('kills what does not end', async () => {
      install('FAKE_STUBBORN=1\nFAKE_DEAF=1\n')
      await start()
      expect(await stop(1)).toMatchObject({ code: 0, stdout: 'stopped\n' })
      expect(markedPids(host().home)).toEqual([])
    })

    test('where none runs does nothing', async () => {
      expect(await stop()).toEqual({ code: 0, stdout: 'nothing\n', stderr: '' })
    })
  })
})
