import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Told } from '../helpers/command-line.js'
import { labFor, twoHosts } from '../helpers/lab.js'
import { canMount, mountMemory, remountMemory, unmount } from '../helpers/mounts.js'
import { paddedRelease } from '../helpers/padded-release.js'
import { startRelay } from '../helpers/relay.js'
import { leftovers } from './leftovers.js'

const megabyte = 1e6

it('a link that is cut at each tenth of a transfer costs no more than what was on its way', async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  const { key, sshd } = lab.host(1)
  await using relay = await startRelay(sshd)
  lab.inventory({
    release: paddedRelease(lab.directory, 10 * megabyte),
    hosts: { [key]: { ssh: relay.address, port: relay.port } },
  })
  lab.pin({ [`[${relay.address}]:${relay.port}`]: sshd.hostKeys })
  const cutNext = (left: number): void => {
    relay.cut()
    if (left > 0) relay.after(megabyte, () => cutNext(left - 1))
  }
  relay.after(megabyte, () => cutNext(8))

  // A link that is lost four times in a minute is given up.
  const offsets: number[] = []
  for (const code of [1, 1, 0]) {
    const told = await lab.tell('up')
    expect(told.code, told.screen).toBe(code)
    offsets.push(...resumed(told, key))
  }
  expect(offsets.length).toBeGreaterThanOrEqual(7)
  expect(offsets).toEqual([...new Set(offsets)].sort((one, other) => one - other))
  // What is on its way is a window of SSH, at most.
  expect(relay.passed()).toBeLessThan(10 * megabyte + 9 * 2 * 1024 * 1024)
  expect(leftovers(lab)).toEqual([])
  expect(fetches(await lab.tell('up'))).toEqual([])
})

it.skipIf(!canMount)(
  'a disk of this machine that is full while a part is made ready is told, and nothing is left of it',
  async (test) => {
    const lab = await labFor(test, { roles: twoHosts })
    const cache = join(lab.directory, 'cache')
    mountMemory(cache, 'size=4m')
    test.onTestFinished(() => unmount(cache))
    lab.inventory({ release: paddedRelease(lab.directory, 8 * megabyte) })
    const told = await lab.tell('up')
    expect(told.code, told.screen).toBe(1)
    expect(new Set(told.problems.map(({ code }) => code))).toEqual(new Set(['release-cache']))
    expect(told.screen).toMatch(/ENOSPC/)
    const artifacts = join(cache, 'trueno-deploy/artifacts')
    expect(readdirSync(artifacts).filter((name) => name.startsWith('.'))).toEqual([])
    remountMemory(cache, 'size=64m')
    expect((await lab.tell('up')).code).toBe(0)
    expect(leftovers(lab)).toEqual([])
  },
)

/** The offsets at which sending to a host went on. */
function resumed({ events }: Told, key: string): readonly number[] {
  return events.flatMap((event) =>
    event.kind === 'stepProgress' &&
    event.host === key &&
    event.fromBytes !== undefined &&
    event.fromBytes === event.bytes
      ? [event.fromBytes]
      : [],
  )
}

function fetches({ events }: Told): readonly string[] {
  return events.flatMap((event) =>
    event.kind === 'stepStarted' && event.step.startsWith('fetch-') ? [`${event.host} ${event.step}`] : [],
  )
}
