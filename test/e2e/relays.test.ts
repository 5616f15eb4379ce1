import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, type TestContext } from 'vitest'
import type { Event } from '../../src/engine/events.js'
import { type Told, toldBy } from '../helpers/command-line.js'
import { type Lab, type LabOptions, labFor } from '../helpers/lab.js'
import { paddedRelease } from '../helpers/padded-release.js'
import type { SshdOptions } from '../helpers/sshd.js'
import { gone } from '../ssh/observe.js'
import { leftovers } from './leftovers.js'

const megabyte = 1e6
const fourHosts = [['master'], ['compute', 'index'], ['compute'], []] as const

describe('what several hosts need', () => {
  it('leaves this machine once, and nothing is left of how it got there', async (test) => {
    const lab = await relayLab(test)
    const plan = await lab.run('plan')
    expect(plan.stdout).toMatch(/MB once from here, hosts pass it on/)
    const told = await lab.tell('up')
    expect(told.code, told.screen).toBe(0)
    expect(told.screen).toMatch(/✔ Stage: 8\.\d MB once from here, 3 hosts from 127\.[\d.]+ \(/)
    expect(leftovers(lab)).toEqual([])
    expect(relaysOf(lab)).toEqual([])
    expect(fetches(await lab.tell('up'))).toEqual([])
  })

  it('goes on from others, or from here, when the host that passes it on dies in the middle', async (test) => {
    const lab = await relayLab(test)
    const run = lab.start('up', '--json', '--relay-limit', '1MB/s')
    await run.printed(/"message":"from 127[^}]*"bytes":[1-9]/)
    const [seed] = relaysOf(lab)
    process.kill(seed?.pid ?? 0, 'SIGKILL')
    const told = await toldBy(await run.done)
    expect(told.code, told.screen).toBe(0)
    expect(told.screen).toMatch(
      /127\S+: 127\S+ ended after \d+ of \d+ bytes; (?:another source is taken|it is asked again)/,
    )
    expect(resumed(told).length).toBeGreaterThan(0)
    expect(leftovers(lab)).toEqual([])
    expect(relaysOf(lab)).toEqual([])
  })

  it('is not taken from hosts that send something else, which are named', async (test) => {
    const lab = await relayLab(test, { sshd: lying })
    const told = await lab.tell('up')
    expect(told.code, told.screen).toBe(0)
    expect(told.screen).toMatch(/127\S+ sent something else than package; another source is taken/)
    expect(leftovers(lab)).toEqual([])
    const trees = lab.hosts.map(({ home }) => readFileSync(join(home, 'current/lib/padding')).toString('latin1'))
    expect(new Set(trees).size).toBe(1)
  })

  it('is left to go on later by Ctrl-C, which ends all that is served', async (test) => {
    const lab = await relayLab(test)
    const run = lab.start('up', '--json', '--relay-limit', '1MB/s')
    await run.printed(/"message":"from 127[^}]*"bytes":[1-9]/)
    run.interrupt()
    expect((await run.done).code).toBe(130)
    await gone(() => relaysOf(lab).length > 0)
    const again = await lab.tell('up')
    expect(again.code, again.screen).toBe(0)
    expect(resumed(again).length).toBeGreaterThan(0)
    expect(leftovers(lab)).toEqual([])
  })

  it('is sent to each from here with --no-relay', async (test) => {
    const lab = await relayLab(test)
    const told = await lab.tell('up', '--no-relay')
    expect(told.code, told.screen).toBe(0)
    expect(told.screen).toMatch(/✔ Stage: 4 hosts, 3\d MB \(/)
    expect(told.screen).not.toContain('from 127')
  })
})

async function relayLab(test: TestContext, options: LabOptions = {}): Promise<Lab> {
  const lab = await labFor(test, { roles: fourHosts, ...options })
  lab.inventory({ release: paddedRelease(lab.directory, 8 * megabyte) })
  return lab
}

/** In what a host is asked to run: its relay sends something else than it has. */
function lying(_index: number, login: string): Partial<SshdOptions> {
  const program = join(login, 'lie.cjs')
  writeFileSync(program, lie)
  return { environment: { NODE_OPTIONS: `--require ${program}` } }
}

const lie = `if (process.env.TRUENO_DEPLOY_PART === 'relay') {
  const { prototype } = require('http').ServerResponse
  const { write } = prototype
  prototype.write = function (chunk, ...more) {
    return write.call(this, Buffer.from(chunk).fill('x', 0, 100), ...more)
  }
}`

interface RelayProcess {
  readonly pid: number
}

function relaysOf({ hosts }: Lab): readonly RelayProcess[] {
  const homes = hosts.map(({ home }) => `TRUENO_DEPLOY_HOME=${home}`)
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && isRelay(pid, homes))
    .map((pid) => ({ pid }))
}

function isRelay(pid: number, homes: readonly string[]): boolean {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
    return environment.includes('TRUENO_DEPLOY_PART=relay') && environment.some((line) => homes.includes(line))
  } catch {
    return false
  }
}

/** Transfers that went on where an earlier one had broken off. */
function resumed({ events }: Told): readonly Event[] {
  return events.filter((event) => event.kind === 'stepProgress' && (event.fromBytes ?? 0) > 0)
}

function fetches({ events }: Told): readonly string[] {
  return events.flatMap((event) =>
    event.kind === 'stepStarted' && event.step.startsWith('fetch-') ? [`${event.host} ${event.step}`] : [],
  )
}
