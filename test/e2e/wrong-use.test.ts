import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { commandLine, type Ran, toldBy } from '../helpers/command-line.js'
import { loopbackAddress } from '../helpers/loopback.js'

const coordinator = loopbackAddress()
const other = loopbackAddress()
const cluster = JSON.stringify({ [coordinator]: { master: true }, [other]: { compute: true, index: true } }, null, 2)

let directory = ''
let callers = 0
let listeners: readonly Server[] = []
let inventory = ''

/** Somebody listens where the hosts should be, and counts who comes. */
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'wrong-use-'))
  listeners = await Promise.all([coordinator, other].map(listenAt))
  const ports = listeners.map((listener) => (listener.address() as { port: number }).port)
  inventory = `hosts:\n  ${coordinator}: { port: ${ports[0]} }\n  ${other}: { port: ${ports[1]} }\n`
})

afterAll(() => {
  for (const listener of listeners) listener.close()
  rmSync(directory, { recursive: true, force: true })
})

beforeEach(() => {
  callers = 0
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory)
  write('cluster.json', cluster)
  write('inventory.yaml', `release: standin\n${inventory}`)
})

function listenAt(address: string): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      callers += 1
      socket.destroy()
    })
    server.listen(0, address, () => resolve(server))
  })
}

function write(name: string, content: string | Buffer): void {
  writeFileSync(join(directory, name), content)
}

function remove(name: string): void {
  rmSync(join(directory, name))
}

function run(...argv: readonly string[]): Promise<Ran> {
  return commandLine(directory, argv).done
}

/** What is wrong, what is done about it by whom, and what is told then: codes of the problems, and words of the screen. */
type Case = readonly [
  title: string,
  spoil: () => void,
  argv: readonly string[],
  codes: readonly string[],
  words: RegExp,
]

const nothing = (): void => undefined

const cases: readonly Case[] = [
  [
    'cluster.json is missing',
    () => remove('cluster.json'),
    ['up'],
    ['config-missing-file'],
    /cluster\.json does not exist.*Give the path/s,
  ],
  [
    'cluster.json is a directory',
    () => {
      remove('cluster.json')
      mkdirSync(join(directory, 'cluster.json'))
    },
    ['up'],
    ['config-not-a-file'],
    /cluster\.json is a directory/,
  ],
  [
    'cluster.json cannot be read',
    () => {
      remove('cluster.json')
      symlinkSync('/proc/self/mem', join(directory, 'cluster.json'))
    },
    ['up'],
    ['config-unreadable'],
    /cluster\.json cannot be read/,
  ],
  [
    'cluster.json is not JSON',
    () => write('cluster.json', cluster.replace('true', 'yes')),
    ['up'],
    ['config-syntax'],
    /Not valid JSON.*cluster\.json:3:\d+/s,
  ],
  [
    'cluster.json is empty',
    () => write('cluster.json', ''),
    ['up'],
    ['config-empty'],
    /cluster\.json has nothing in it/,
  ],
  [
    'the inventory named is missing',
    nothing,
    ['up', '-i', 'lab.yaml'],
    ['config-missing-file'],
    /lab\.yaml does not exist/,
  ],
  [
    'a host that the cluster does not have',
    nothing,
    ['up', '--hosts', `${coordinator},10.0.0.7`],
    ['no-such-host'],
    /--hosts 10\.0\.0\.7 matches no host.*The hosts are 127\./s,
  ],
  ['a misspelt host', nothing, ['down', '--hosts', `${coordinator}0`], ['no-such-host'], /Did you mean "127\./],
  ['a role that Trueno has not', nothing, ['up', '--roles', 'idnex'], ['no-such-role'], /Did you mean "index"\?/],
  [
    'hosts and roles that exclude each other',
    nothing,
    ['up', '--hosts', coordinator, '--roles', 'index'],
    ['nothing-chosen'],
    /together match no host/,
  ],
  [
    'a release that is not there',
    nothing,
    ['up', '--release', './nowhere'],
    ['release-missing'],
    /nowhere does not exist.*--release/s,
  ],
  [
    'a folder that is no Trueno package',
    () => mkdirSync(join(directory, 'photos/2017'), { recursive: true }),
    ['up', '--release', 'photos'],
    ['release-not-trueno'],
    /photos is not a Trueno package/,
  ],
  [
    'a corrupt archive',
    () => write('trueno.tgz', Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0]), Buffer.alloc(500, 7)])),
    ['up', '--release', 'trueno.tgz'],
    ['release-corrupt'],
    /trueno\.tgz is not usable.*pack it again/s,
  ],
  [
    'a duration that is none',
    nothing,
    ['up', '--timeout-start', 'soon'],
    ['wrong-use'],
    /--timeout-start takes a duration such as 90s or 5m, not `soon`/,
  ],
  [
    'a lock file of something else',
    () => write('trueno-deploy.lock.json', '{"version":2}'),
    ['up'],
    ['lock-file-unusable'],
    /not a lock file of version 1/,
  ],
  ['no plan to apply', nothing, ['apply', 'no-plan.json'], ['plan-unusable'], /plan file cannot be used.*plan --out/s],
  ['a plan that is none', nothing, ['apply', 'cluster.json'], ['plan-unusable'], /not a plan of version 1/],
]

describe('wrong use or configuration', () => {
  it.each(cases)('%s: exit 2, told, and nothing is contacted', async (_title, spoil, argv, codes, words) => {
    spoil()
    const told = await toldBy(await run(...argv, '--json'))
    expect(told.code, told.screen).toBe(2)
    expect(told.problems.map(({ code }) => code)).toEqual(codes)
    expect(told.screen).toMatch(words)
    expect(told.events.at(-1)).toMatchObject({ kind: 'runFinished', ok: false, exitCode: 2 })
    expect(callers).toBe(0)
  })

  it('shows all that is wrong in both files at once, each with its place', async () => {
    const places = JSON.parse(readFileSync(new URL('../config/problems/ten-places.json', import.meta.url), 'utf8'))
    const [{ files, problems }] = places
    for (const [name, lines] of Object.entries(files as Record<string, string | readonly string[]>))
      write(name, typeof lines === 'string' ? lines : lines.join('\n'))
    const ran = await run('up')
    expect(ran.code).toBe(2)
    expect(problems.length).toBeGreaterThanOrEqual(10)
    for (const { evidence } of problems) expect(ran.stderr).toContain(evidence.split('\n')[0])
    expect(callers).toBe(0)
  })

  it.each([
    [['upp'], /unknown command 'upp'/],
    [['up', '--wiat'], /unknown option '--wiat'.*Did you mean --wait/s],
    [['up', '--parallel', '0'], /--parallel takes a whole number from 1 to 9999, not `0`/],
    [['up', 'a.json', 'b.json'], /too many arguments/],
    [['up', '--hosts'], /'--hosts <a,b>' argument missing/],
  ])('typed wrongly: %j', async (argv, words) => {
    const ran = await run(...argv)
    expect(ran.code).toBe(2)
    expect(ran.stderr).toMatch(words)
    expect(ran.stderr).toMatch(/see `trueno-deploy (up )?--help`/)
    expect(ran.stdout).toBe('')
  })

  it('is a document of problems where a document was asked for', async () => {
    remove('cluster.json')
    const ran = await run('status', '--json')
    expect(ran.code).toBe(2)
    expect(JSON.parse(ran.stdout)).toMatchObject({
      version: 1,
      ok: false,
      exitCode: 2,
      problems: [{ code: 'config-missing-file' }],
    })
  })
})
