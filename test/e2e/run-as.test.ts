import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { Io } from '../../src/commands/io.js'
import { commandLine, eventsOf, type Ran } from '../helpers/command-line.js'
import { type Lab, labFor, twoHosts } from '../helpers/lab.js'
import { canMount } from '../helpers/mounts.js'
import { gone } from '../ssh/observe.js'

const canary = 'Canary-of-sudo-90210'
const asking = 'deploy ALL=(elastic) ALL'

it.skipIf(!canMount)('up, status, up again and down, all as another user, with a password for sudo', async (test) => {
  const lab = await labFor(test, { roles: twoHosts, runAs: { password: canary, sudoers: [asking] } })
  using watch = watchProcesses(canary)
  const up = await typing(lab, 'up', '--json', '--verbose')
  expect(up.ran.code, up.ran.stdout).toBe(0)
  expect(up.asked).toEqual(['sudo password of deploy (for all hosts that ask): '])
  for (const index of lab.hosts.keys()) expectOwned(lab, index)

  const status = await typing(lab, 'status', '--json')
  expect(JSON.parse(status.ran.stdout)).toMatchObject({ state: 'ready' })

  const before = lab.processes(1)
  const again = await typing(lab, 'up', '--json')
  expect(again.ran.stdout).toContain('Nothing to do')
  expect(eventsOf(again.ran).filter(({ kind }) => kind === 'stepStarted')).toEqual([])
  expect(lab.processes(1)).toEqual(before)
  await onlyMarkedAreLeft(lab)

  const down = await typing(lab, 'down', '--json', '--verbose')
  expect(down.ran.code, down.ran.stdout).toBe(0)
  await gone(() => processesOf(lab).length > 0)

  for (const { ran } of [up, status, again, down]) expect(ran.stdout + ran.stderr).not.toContain(canary)
  for (const { sshd } of lab.hosts) expect(sshd.log()).not.toContain(canary)
  for (const place of [lab.directory, ...lab.hosts.map(({ users }) => users?.directory ?? '')])
    expect(filesWith(canary, place)).toEqual([])
  expect(watch.seen()).toEqual([])
})

it.skipIf(!canMount)(
  'a right that is missing is told before anything changes; another user is looked for',
  async (test) => {
    const lab = await labFor(test, {
      roles: twoHosts,
      runAs: { password: canary, sudoers: ['deploy ALL=(elastic) NOPASSWD: /bin/sh'] },
    })
    const right = lab.host(1)
    right.users?.sudoers('Defaults requiretty', 'deploy ALL=(elastic) NOPASSWD: /bin/sh')
    const refused = await lab.tell('up')
    expect(refused.code).toBe(1)
    expect(refused.problems).toMatchObject([{ code: 'run-as-terminal', host: right.key }])
    expect(refused.events.filter(({ kind }) => kind === 'stepStarted')).toEqual([])
    expect(existsSync(lab.host(0).home)).toBe(false)

    right.users?.sudoers('deploy ALL=(elastic) NOPASSWD: /bin/sh')
    expect((await lab.tell('up')).code).toBe(0)
    // As from a laptop whose inventory does not name the user.
    lab.inventory({ defaults: { runAs: 'deploy' } })
    const seen = await lab.status()
    expect(seen.hosts.map(({ state, problems }) => [state, problems.map(({ code }) => code)])).toEqual(
      lab.hosts.map(() => ['absent', ['runs-as-another-user']]),
    )
    const blind = await lab.tell('down')
    expect(blind.problems.map(({ code, severity }) => [code, severity])).toEqual(
      lab.hosts.map(() => ['runs-as-another-user', 'warning']),
    )
    lab.inventory()
    expect((await lab.tell('down')).code).toBe(0)
  },
)

/** Runs a command line at a terminal where somebody answers each question with the password. */
async function typing(lab: Lab, ...argv: readonly string[]): Promise<{ ran: Ran; asked: readonly string[] }> {
  const asked: string[] = []
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin })
  let shown = ''
  const stderr = Object.assign(
    new Writable({
      write: (chunk, _encoding, done) => {
        shown += String(chunk)
        const [question] = /sudo password[^\n]*: $/.exec(shown) ?? []
        if (question !== undefined && asked.push(question) > 0) setImmediate(() => stdin.write(`${canary}\r`))
        if (question !== undefined) shown += '\n'
        done()
      },
    }),
    { isTTY: true },
  )
  const ran = await commandLine(lab.directory, argv, { stdin, stderr } as unknown as Partial<Io>).done
  return { ran: { ...ran, stderr: shown }, asked }
}

/** Processes and files of a host are the run user's, and nobody else can read them. */
function expectOwned(lab: Lab, index: number): void {
  const { home, users } = lab.host(index)
  const uid = users?.uidOf('elastic')
  const processes = lab.processes(index)
  expect(processes.length).toBeGreaterThan(3)
  expect(new Set(processes.map(({ pid }) => statSync(`/proc/${pid}`).uid))).toEqual(new Set([uid]))
  for (const path of ['', 'etc/environment', 'receipt.json', 'run', 'data']) {
    const { uid: owner, mode } = statSync(join(home, path))
    expect([path, owner, mode & 0o077]).toEqual([path, uid, 0])
  }
}

/** Nothing that follows, waits or asks is left under sudo. */
async function onlyMarkedAreLeft(lab: Lab): Promise<void> {
  await gone(() => {
    const marked = new Set([...lab.hosts.keys()].flatMap((index) => lab.processes(index).map(({ pid }) => pid)))
    return processesOf(lab).some((pid) => !marked.has(pid))
  })
}

/** What runs as the run user. */
function processesOf(lab: Lab): readonly number[] {
  const uid = lab.host(0).users?.uidOf('elastic')
  return pids().filter((pid) => quietly(() => statSync(`/proc/${pid}`).uid) === uid)
}

/** Looks at the arguments and the environment of every process, again and again. */
function watchProcesses(text: string): Disposable & { seen(): readonly string[] } {
  const seen: string[] = []
  const stop = new AbortController()
  const look = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const files = pids().flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`])
      seen.push(...files.filter((file) => quietly(() => readFileSync(file, 'latin1'))?.includes(text)))
      await setTimeout(50)
    }
  }
  void look()
  return { seen: () => seen, [Symbol.dispose]: () => stop.abort() }
}

function pids(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

function filesWith(text: string, directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file, 'latin1').includes(text))
}

function quietly<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
