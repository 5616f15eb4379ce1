import { cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { CheckReport } from '../../src/cluster/check-report.js'
import { eventsOf } from '../helpers/command-line.js'
import { type Lab, labFor, twoHosts } from '../helpers/lab.js'
import { canMount, mountMemory, unmount } from '../helpers/mounts.js'

const standin = new URL('../../remote/standin/', import.meta.url).pathname

/** The stand-in, in a package that says that its engines want what the real ones want. */
function demandingRelease({ directory }: Lab): string {
  const folder = join(directory, 'demanding')
  cpSync(standin, folder, { recursive: true })
  const file = join(folder, 'package.json')
  const manifest = JSON.parse(readFileSync(file, 'utf8'))
  manifest.truenoDeploy = { ...manifest.truenoDeploy, needsJava: true, realElasticsearch: true }
  writeFileSync(file, JSON.stringify(manifest))
  return folder
}

/** A directory like a Java's, which says which one it is. */
function javaIn(directory: string, version: string): string {
  const home = join(directory, `java-${version}`)
  mkdirSync(join(home, 'bin'), { recursive: true })
  writeFileSync(join(home, 'bin/java'), '#!/bin/sh\n', { mode: 0o755 })
  writeFileSync(join(home, 'release'), `JAVA_VERSION="${version}"\n`)
  return home
}

async function codesOf(lab: Lab, ...options: readonly string[]): Promise<readonly (readonly string[])[]> {
  const { stdout } = await lab.run('check', '--json', ...options)
  const report: CheckReport = JSON.parse(stdout)
  // Tests may have nothing dialled by its name, so the ways to such hosts are not tried.
  return report.hosts.map(({ problems }) => problems.map(({ code }) => code).filter((code) => code !== 'ways-untried'))
}

it('looks at Java and limits as the session has them that would start the engines', async (test) => {
  const limited = 'ulimit -v 60000000; exec "$@"'
  const lab = await labFor(test, {
    roles: twoHosts,
    sshd: (index, login) => ({
      environment: { JAVA_HOME: javaIn(login, index === 0 ? '1.7.0_80' : '25') },
      ...(index === 1 && { within: ['sh', '-c', limited, 'sh'] }),
    }),
  })
  const release = demandingRelease(lab)
  const heap = { java: { heap: { elasticsearch: '9000g' } } }
  lab.inventory({ hosts: { [lab.host(1).key]: heap } })
  const [first, second] = await codesOf(lab, '--release', release)
  expect(first).toContain('java-too-old')
  expect(second).toEqual(expect.arrayContaining(['java-too-new', 'address-space-low', 'heap-larger-than-memory']))

  // What the inventory names comes first, and `up` stops before it changes anything.
  const defaults = { java: { home: javaIn(lab.directory, '11.0.13') } }
  const nowhere = { java: { home: '/nowhere' } }
  lab.inventory({ defaults, hosts: { [lab.host(1).key]: nowhere } })
  const up = await lab.tell('up', '--release', release)
  // Whoever runs the tests may be root.
  const stopping = up.problems.filter(({ severity, code }) => severity === 'error' && !code.endsWith('-root'))
  expect([up.code, stopping.map(({ host, code }) => [host, code])]).toEqual([
    1,
    [
      [lab.host(1).key, 'java-missing'],
      [lab.host(1).key, 'address-space-low'],
    ],
  ])
  expect(up.events.filter(({ kind }) => kind === 'stepStarted')).toEqual([])
})

it.skipIf(!canMount)('finds what is mounted noexec or read-only', async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  const [one, two] = [lab.host(0).login, lab.host(1).login]
  for (const [login, options] of [
    [one, 'size=64m,noexec'],
    [two, 'size=64m,ro'],
  ] as const) {
    mountMemory(login, options)
    test.onTestFinished(() => unmount(login))
  }
  expect(await codesOf(lab)).toEqual([['home-noexec'], ['disk-read-only']])
})

const asElastic = 'deploy ALL=(elastic) NOPASSWD: /bin/sh'

it.skipIf(!canMount)('finds names that mean nothing, or other things, on the hosts themselves', async (test) => {
  const lab = await labFor(test, { roles: twoHosts, runAs: { password: 'x', sudoers: [asElastic] } })
  const names = ['one.lab', 'two.lab']
  const roles = [{ master: true }, { compute: true, index: true }]
  const files = lab.hosts.map(({ users }) => join(users?.directory ?? '', 'etc/hosts'))
  const hosts = lab.hosts.map(({ key, sshd }, index) => [names[index], { ssh: key, port: sshd.port }])
  writeFileSync(
    join(lab.directory, 'cluster.json'),
    JSON.stringify(Object.fromEntries(names.map((name, i) => [name, roles[i]]))),
  )
  lab.inventory({ hosts: Object.fromEntries(hosts) })
  const inventory = join(lab.directory, 'inventory.yaml')
  writeFileSync(inventory, readFileSync(inventory, 'utf8').replaceAll(/^ {2}127\.[\d.]+:\n(?: {4}.*\n)+/gm, ''))
  const tell = (index: number, ...lines: readonly string[]): void =>
    writeFileSync(files[index] ?? '', ['127.0.0.1 localhost', ...lines, ''].join('\n'))

  tell(0, `${lab.host(0).key} one.lab`)
  tell(1, `${lab.host(1).key} two.lab`, '127.9.9.9 one.lab')
  expect(await codesOf(lab)).toEqual([['name-not-found-there'], ['name-differs']])
  tell(1, '127.0.1.1 two.lab', `${lab.host(0).key} one.lab`)
  tell(0, `${lab.host(0).key} one.lab`, '10.0.0.2 two.lab')
  expect(await codesOf(lab)).toEqual([[], ['name-is-loopback']])
  tell(1)
  expect((await codesOf(lab))[1]).toEqual(['own-name-unknown', 'name-not-found-there'])
})

it.skipIf(!canMount)('--fix shows what root can mend, and does it through sudo after a yes', async (test) => {
  const lab = await labFor(test, { roles: twoHosts, runAs: { password: 'x', sudoers: [asElastic] } })
  const [left, right] = lab.hosts
  right?.users?.sudoers(asElastic, 'deploy ALL=(root) NOPASSWD: /bin/sh')
  lab.inventory({ defaults: { home: '/etc/trueno', data: '/etc/trueno/data' } })

  const shown = await lab.run('check', '--fix')
  expect(shown.code).toBe(3)
  expect(shown.stdout).toMatch(
    /To be run as root on 127[\d., ]+\.41:\n\n#!\/bin\/sh\nset -eu\n\n# a directory of ours\nmkdir -p '\/etc\/trueno'\nchown 'elastic:' /,
  )
  const homes = lab.hosts.map(({ users }) => join(users?.directory ?? '', 'etc/trueno'))
  expect(homes.map((home) => existsSync(home))).toEqual([false, false])

  const done = await lab.run('check', '--fix', '--yes', '--json')
  const report: CheckReport = JSON.parse(done.stdout)
  // Where nobody may become root, that is told, and the rest stays as it was.
  expect(report.hosts.map(({ problems }) => problems.map(({ code }) => code))).toEqual([
    [expect.stringMatching(/^run-as-/), 'home-not-writable'],
    [],
  ])
  expect([done.code, homes.map((home) => existsSync(home))]).toEqual([3, [false, true]])
  expect(statSync(homes[1] ?? '').uid).toBe(right?.users?.uidOf('elastic'))
  left?.users?.sudoers(asElastic, 'deploy ALL=(root) NOPASSWD: /bin/sh')
  expect((await lab.run('check', '--fix', '--yes')).stdout).toMatch(
    /Done as root on 127\.[\d.]+\.40:[\s\S]*Nothing was found/,
  )
  expect(eventsOf(await lab.run('down', '--json')).at(-1)).toMatchObject({ ok: true })
})
