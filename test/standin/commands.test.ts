import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually, readText } from './processes.js'
import { bare, makeRig, packageRoot, type Rig, type RigHost } from './rig.js'

let rig: Rig
let host: RigHost

beforeAll(async () => {
  rig = await makeRig({ master: true }, { index: true })
  host = rig.host(0)
  await host.knobs({ core: { minLifeMs: 0 } })
})
afterAll(() => rig[Symbol.asyncDispose]())

describe('the command line', () => {
  it('tells its version', async () => {
    expect(await host.trueno('--version')).toEqual({ code: 0, stdout: '0.0.0-standin\n', stderr: '' })
  })

  it('shows its usage, and exits 0, for help and for a command that it does not have', async () => {
    const [help, unknown] = await Promise.all([host.trueno('--help'), host.trueno('strat')])
    expect(help.stdout).toContain('Usage: trueno <cmd>')
    expect(unknown).toEqual(help)
    expect(help.code).toBe(0)
  })

  it('exits 1 for an unknown option', async () => {
    const { code, stderr } = await host.trueno('start', '--claster', 'x')
    expect({ code, stderr }).toEqual({ code: 1, stderr: "\n  error: unknown option `--claster'\n\n" })
  })

  it('asks for a flag of tools, and exits 0', async () => {
    expect(await host.trueno('tools')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('No Tool flag provided'),
    })
  })

  it('refuses a knob that does not exist', async () => {
    const other = rig.host(1)
    await other.knobs({ gremlin: { crashAfter: 5 } })
    const { code, stderr } = await other.start()
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `${other.data}/standin.json: no such knob: gremlin.crashAfter\n`,
    })
  })
})

describe('the knobs', () => {
  it('are all explained in the README', async () => {
    const { loadKnobs } = createRequire(import.meta.url)(join(packageRoot, 'lib/standin/knobs.js'))
    const readme = await readFile(join(packageRoot, 'README.md'), 'utf8')
    const { cerebro, ...others } = loadKnobs() as Record<string, Record<string, unknown>>
    const common = Object.keys(cerebro ?? {})
    const paths = Object.entries(others).flatMap(([name, value]) =>
      typeof value === 'object' && value !== null
        ? Object.keys(value).map((knob) => (common.includes(knob) && name !== 'core' ? knob : `${name}.${knob}`))
        : [name],
    )
    expect(paths.length).toBeGreaterThan(40)
    expect([...new Set(paths)].filter((path) => !readme.includes(`\`${path}\``))).toEqual([])
  })
})

describe('a cluster file', () => {
  const master = { master: true }
  const refused: readonly [string, unknown, string][] = [
    ['without hosts', {}, 'Exactly one master is required to run the cluster'],
    ['without a master', { a: {}, b: {} }, 'Exactly one master is required to run the cluster'],
    ['with two masters', { a: master, b: master }, 'Exactly one master is required to run the cluster'],
    ['where "false" is a master too', { a: master, b: { master: 'false' } }, 'Exactly one master is required'],
    [
      'with a role that there is not',
      { a: master, b: { gremlin: true } },
      'at position 1 fails because ["gremlin" is not allowed]',
    ],
    [
      'with a number for a role',
      { a: master, b: { index: 1 } },
      'child "index" fails because ["index" must be a boolean]',
    ],
    [
      'with null for a role',
      { a: master, b: { index: null } },
      'child "index" fails because ["index" must be a boolean]',
    ],
    ['with one host', { a: master }, '"value" must contain at least 2 items'],
    ['with a port in a key', { a: master, 'b:22': {} }, '"1" must be a valid hostname'],
    ['with an underscore in a key', { a: master, b_c: {} }, 'must be a valid ip address'],
    ['that is a list', ['a', 'b'], '"0" must be an object'],
    ['that is null', null, 'Cannot convert undefined or null to object'],
  ]

  it.each(refused)('%s is refused on stdout, with exit 0', async (_what, content, reason) => {
    const { code, stdout, stderr } = await startWith(JSON.stringify(content))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^Error! Cluster host file not valid: /)
    expect(stdout).toContain(reason)
  })

  it('that is no JSON, or not there, is refused so too', async () => {
    expect((await startWith('{')).stdout).toMatch(/^Error! Cluster host file not valid: .*JSON/)
    const missing = await host.trueno('start', '-h', host.key, '--cluster', '/nowhere', '--dir', host.data)
    expect(missing).toMatchObject({ code: 0, stdout: expect.stringContaining('not valid: ENOENT') })
  })

  it('that does not know this host is an error on stderr, with exit 0', async () => {
    const { code, stderr } = await startWith(JSON.stringify({ a: master, b: {} }))
    expect(code).toBe(0)
    expect(bare(stderr)[0]).toBe('This machine host must match its entry in the cluster host file')
  })

  it('is not read before the command is back: with --forever the errors are in the log of core only', async () => {
    const file = await clusterFile('{}')
    const finished = await host.trueno(...host.startArguments(file), '--forever')
    expect(finished).toEqual({ code: 0, stdout: '', stderr: '' })
    await eventually('the error in the log', async () =>
      (await host.core()).includes('Error! Cluster host file not valid'),
    )
    await host.trueno('stop')
  })

  async function startWith(content: string) {
    return host.trueno(...host.startArguments(await clusterFile(content)))
  }

  async function clusterFile(content: string): Promise<string> {
    const file = join(rig.directory, `cluster-${content.length}-${Date.now()}.json`)
    await writeFile(file, content)
    return file
  }
})

describe('the package', () => {
  const binaries = () => join(host.release, 'lib/core/binaries')
  beforeAll(() => rm(join(binaries(), 'trueno_elastic_bridge_server/bridgeServer.sh')))

  it('must have all six launchers, though empty ones do', async () => {
    await writeFile(join(binaries(), 'trueno_compute_server/server_start.sh'), '')
    const { code, stderr } = await host.trueno(...host.startArguments())
    expect(code).toBe(1)
    expect(bare(stderr)[0]).toBe("Trueno ElasticSearch Bridge Server not present, please run 'trueno setup' to install")
  })

  it('is written to at each start, whatever the role of the host', async () => {
    const config = join(binaries(), 'elasticsearch/config/elasticsearch.yml')
    await writeFile(config, 'by: hand\n')
    await host.trueno(...host.startArguments())
    expect(await readFile(config, 'utf8')).toBe('')
    expect(await readText(join(host.release, 'conf/pm2-gui-custom.ini'))).toContain(`=${rig.host(1).key}:8088`)
    const first = (await readText(join(host.release, 'lib/core/data/logs/info-logs.log'))).split('\n')[0] ?? ''
    expect(JSON.parse(first)).toEqual({
      level: expect.any(String),
      message: expect.any(String),
      timestamp: expect.stringMatching(/^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [ap]m\]$/),
    })
  })

  it('contains nothing that Node 8 does not know', async () => {
    const names = (await readdir(packageRoot, { recursive: true })).filter((name) => /\.js$|bin\/pm2$/.test(name))
    const modern =
      /\?\.|\?\?|catch \{|'node:|\.flat(?:Map)?\(|fromEntries|matchAll|replaceAll|\.at\(|\ballSettled|\(\?<|recursive:|\bstructuredClone/
    const found = await Promise.all(
      names.map(async (name) => [name, modern.exec(await readFile(join(packageRoot, name), 'utf8'))?.[0]]),
    )
    expect(found.filter(([, what]) => what !== undefined)).toEqual([])
    expect(names.length).toBeGreaterThan(30)
  })

  it('says that it is the stand-in', async () => {
    const { name, truenoDeploy } = JSON.parse(await readFile(join(packageRoot, 'package.json'), 'utf8'))
    expect({ name, truenoDeploy }).toEqual({
      name: 'trueno',
      truenoDeploy: {
        kind: 'standin',
        node: '>=8',
        binds: 'host',
        killTimeoutMs: 1500,
        needsJava: false,
        realElasticsearch: false,
        label: 'stand-in for Trueno',
      },
    })
  })
})

describe('stop, where nothing runs', () => {
  it('starts a daemon to end it, and exits 0', async () => {
    const { code, stdout } = await host.trueno('stop')
    const lines = stdout.trim().split('\n')
    expect(code).toBe(0)
    expect(lines).toEqual(
      expect.arrayContaining([`[PM2] Spawning PM2 daemon with pm2_home=${host.pm2}`, '[PM2][WARN] No process found']),
    )
    expect(lines.slice(-2)).toEqual(['[PM2] All processes have been stopped and deleted', '[PM2] PM2 stopped'])
    expect(await rig.running()).toEqual([])
  })
})

describe('a file of the package that cannot be written', () => {
  it('is an uncaught exception, exit 1', async () => {
    const config = join(host.release, 'conf/pm2-gui-custom.ini')
    await rm(config, { force: true })
    await mkdir(config)
    const { code, stderr } = await host.trueno(...host.startArguments())
    expect(code).toBe(1)
    expect(bare(stderr)[0]).toMatch(/^uncaughtException: EISDIR: .*pm2-gui-custom\.ini' $/)
  })
})
