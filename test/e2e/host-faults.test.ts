import { readdirSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { begun } from '../helpers/command-line.js'
import { labFor } from '../helpers/lab.js'
import { canMount, mountMemory, remountMemory, unmount } from '../helpers/mounts.js'

describe('what would make it fail', () => {
  it('is told of all hosts at once, before anything is changed: ports taken and by whom, a home that cannot be written', async (test) => {
    const lab = await labFor(test, { roles: [['master'], ['compute', 'index'], []] })
    const [first, second, third] = lab.hosts.map(({ key }) => key) as [string, string, string]
    const listeners = await Promise.all([listen(first, 8000), listen(first, 6066), listen(second, 9300)])
    const free = (): void => listeners.forEach((listener) => void listener.close())
    test.onTestFinished(free)
    const inTheWay = join(lab.host(2).login, 'in-the-way')
    writeFileSync(inTheWay, 'a file')
    lab.inventory({ hosts: { [third]: { home: `${inTheWay}/trueno` } } })

    const told = await lab.tell('up')
    expect(told.code, told.screen).toBe(1)
    expect(told.problems.map(({ host, code }) => [host, code])).toEqual([
      [first, 'port-taken'],
      [first, 'port-taken'],
      [second, 'port-taken'],
      [third, 'home-not-writable'],
    ])
    for (const words of [
      new RegExp(`process ${process.pid} \\(.*node.*\\) listens on ${first}:8000`),
      new RegExp(`stop that process: kill ${process.pid}`),
      /port 6066 is taken/,
      new RegExp(`${inTheWay}/trueno cannot be written to`),
    ])
      expect(told.screen).toMatch(words)
    expect(told.events.at(-1)).toMatchObject({
      closing: ['Nothing was changed. When that is mended, run `trueno-deploy up` again.'],
    })
    expect(begun(told, 'assemble')).toEqual([])
    for (const { login } of lab.hosts)
      expect(readdirSync(login)).toEqual(login === lab.host(2).login ? ['in-the-way'] : [])

    free()
    lab.inventory()
    expect((await lab.tell('up')).code).toBe(0)
    // Now our own processes have the ports, also where they must be started anew.
    lab.inventory({ hosts: { [second]: { environment: { ANOTHER: 'value' } } } })
    expect((await lab.run('plan', '--exit-code')).code).toBe(5)
    expect((await lab.tell('up')).code).toBe(0)
  })

  it.skipIf(!canMount)('a disk that is full, found before or while it is staged, hides no other host', async (test) => {
    const lab = await labFor(test, { roles: [['master'], ['compute', 'index'], []] })
    const [first, second, third] = lab.hosts.map(({ key }) => key) as [string, string, string]
    for (const [index, options] of [
      [1, 'size=64k'],
      [2, 'nr_inodes=30'],
    ] as const) {
      mountMemory(lab.host(index).login, options)
      test.onTestFinished(() => unmount(lab.host(index).login))
    }
    const early = await lab.tell('up')
    expect(early.code, early.screen).toBe(1)
    expect(early.problems.map(({ host, code }) => [host, code])).toEqual([
      [second, 'no-space'],
      [third, 'no-space'],
    ])
    expect(early.problems[0]?.cause).toMatch(/staging needs below .*: \d\.\d MiB, 0\.\d MiB are free$/)
    const [, needed, free] = /: (\d+) files, (\d+) can still be made$/.exec(early.problems[1]?.cause ?? '') ?? []
    expect(begun(early, 'fetch-package')).toEqual([])
    remountMemory(lab.host(1).login, 'size=64m')
    // Just enough for the release itself, and not for what is written while it is staged.
    remountMemory(lab.host(2).login, `nr_inodes=${30 - Number(free) + Number(needed)}`)

    const late = await lab.tell('up')
    expect(late.screen).toMatch(/no space left to /i)
    expect(late.screen).toMatch(/Stage failed on 1 of 3 hosts/)
    expect(late.code, late.screen).toBe(1)
    expect(late.problems.map(({ host, code }) => [host, code])).toEqual([[third, 'disk-full']])
    expect([...begun(late, 'activate')].sort()).toEqual([first, second])
    expect(begun(late, 'start')).toEqual([])
    remountMemory(lab.host(2).login, 'nr_inodes=10000')
    expect((await lab.tell('up')).code).toBe(0)
  })
})

function listen(address: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, address, () => resolve(server))
  })
}
