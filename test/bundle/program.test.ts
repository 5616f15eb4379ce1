import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest'
import { commandLine, type Ran, toldBy } from '../helpers/command-line.js'
import { startMirror } from '../helpers/mirror.js'
import { programIn } from '../helpers/program.js'
import { tgzOf } from '../release/archives.js'
import { elf, layOut } from '../release/packages.js'
import { zip } from '../release/zips.js'
import { type NpmRegistry, npmRegistry } from './npm-registry.js'
import { checkout } from './workbench.js'

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bundle-program-'))
  await layOut(join(directory, 'trueno'), checkout)
  await layOut(join(directory, 'node'), { 'bin/node': { program: elf(62, '/lib64/ld-linux-x86-64.so.2') } })
  await layOut(join(directory, 'spark'), { 'bin/spark-class': { program: '' }, 'jars/spark-core_2.11-2.1.1.jar': '' })
  const elasticsearch = { 'bin/elasticsearch': { program: '' }, 'lib/elasticsearch-5.3.2.jar': '' }
  await writeFile(join(directory, 'es.tgz'), await tgzOf(elasticsearch, 'elasticsearch-5.3.2'))
  const gremlin = ['bin/gremlin-server.sh', 'lib/gremlin-server-3.2.3.jar', 'docs/index.html']
  await writeFile(join(directory, 'gremlin.zip'), zip(gremlin.map((name) => ({ name: `gremlin/${name}` }))))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const given = {
  trueno: './trueno',
  node: './node',
  java: 'none',
  gremlin: './gremlin.zip',
  elasticsearch: './es.tgz',
  spark: './spark',
  cerebro: 'standin',
  bridge: 'standin',
}
const sources = Object.entries(given).flatMap(([name, where]) => ['--source', `${name}=${where}`])

/** Types it with npm's settings naming a registry of this machine; without one, nothing may be reached. */
function type(registry: NpmRegistry | null, ...argv: readonly string[]): ReturnType<typeof commandLine> {
  const npm = registry !== null && {
    npm_config_registry: registry.url,
    npm_config_cache: join(directory, 'npm-cache'),
    npm_config_update_notifier: 'false',
  }
  const only = registry === null && { TRUENO_DEPLOY_ONLY: '127.0.0.0/8' }
  const env = { PATH: process.env.PATH, HOME: directory, XDG_CACHE_HOME: join(directory, 'cache'), ...npm, ...only }
  return commandLine(directory, ['bundle', ...argv], { env })
}

async function left(): Promise<readonly string[]> {
  const names = await readdir(directory)
  const before = ['trueno', 'node', 'spark', 'es.tgz', 'gremlin.zip', 'cache', 'npm-cache']
  return names.filter((name) => !before.includes(name)).sort()
}

async function idIn(folder: string): Promise<string> {
  return JSON.parse(await readFile(join(directory, folder, 'bundle.json'), 'utf8')).release
}

const told = (ran: Ran): unknown => JSON.parse(ran.stdout)

describe('the program', () => {
  it('makes a bundle with the real npm, makes it again without network, and tells of it', async () => {
    await using registry = await npmRegistry({ bluebird: '3.7.2', moment: '2.31.0', pm2: '2.6.1' })
    const made = await type(registry, ...sources).done
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/Install dependencies: by npm/) })
    expect(registry.asked).toContain('/pm2.tgz')
    expect(await left()).toEqual(['trueno-deploy.npm-lock.json', 'trueno-release'])
    expect(await readFile(join(directory, 'trueno-deploy.npm-lock.json'), 'utf8')).not.toContain('127.0.0.1')

    const again = await type(null, ...sources, '--out', 'again').done
    expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/Install dependencies: from the cache/) })
    expect(await idIn('again')).toBe(await idIn('trueno-release'))

    const checked = await type(null, '--check').done
    expect(checked).toMatchObject({ code: 0, stdout: expect.stringMatching(/is what it was: release [0-9a-f]{7}/) })
    const listed = await type(null, 'ls').done
    expect(listed.stdout).toMatch(/elasticsearch +5\.3\.2|elasticsearch +–/)
    expect(listed.stdout).toMatch(/dependencies +3 packages/)
    const shown = await type(null, 'show', 'pm2', 'again').done
    expect(shown.stdout).toMatch(/^ pm2 +2\.6\.1\n licence +MIT\n in +node_modules\/pm2\n integrity +sha512-/m)
  })

  it('takes a source over TLS from whoever is trusted, and puts the bundle on a mirror', async (test) => {
    await using registry = await npmRegistry({ bluebird: '3.7.2', moment: '2.31.0', pm2: '2.6.1' })
    const mirror = await startMirror(test, { tls: true })
    const archive = await readFile(join(directory, 'es.tgz'))
    mirror.files.set('/es-5.3.2.tgz', archive)
    const url = `${mirror.address}/es-5.3.2.tgz`
    const argv = [...sources, '--source', `elasticsearch=${url}`, '--push', `${mirror.address}/lab`]
    const given = argv.filter((word, at) => ![word, argv[at + 1]].includes('elasticsearch=./es.tgz'))

    const distrusting = await type(registry, ...given).done
    expect(distrusting).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/its certificate is not trusted here\s+\(self-signed certificate\)/),
    })
    const authorities = join(directory, 'ca.pem')
    await writeFile(authorities, mirror.identity?.cert ?? '')
    const npm = { npm_config_registry: registry.url, npm_config_cache: join(directory, 'npm-cache') }
    const proxy = await startProxy(test)
    const proxies = { https_proxy: proxy.url, no_proxy: new URL(registry.url).hostname }
    const env = { ...npm, ...proxies, TRUENO_DEPLOY_ONLY: undefined, NODE_EXTRA_CA_CERTS: authorities }
    const made = await programIn({ directory }, { env }).run('bundle', ...given)
    expect(made.code, made.stderr).toBe(0)
    expect(made.stdout).toMatch(/4 parts \([\d.]+ MB\) were put on https:[^ ]+\/lab\./)
    const { sources: locked } = JSON.parse(await readFile(join(directory, 'trueno-deploy.lock.json'), 'utf8'))
    expect(locked).toEqual({ [url]: createHash('sha256').update(archive).digest('hex') })
    expect([...mirror.files.keys()].filter((path) => path.startsWith('/lab/'))).toHaveLength(4)
    expect(new Set(proxy.asked)).toEqual(new Set([`${new URL(url).host} Basic bWU6cGE6c3M=`]))
  })

  it('tells what became of a bundle, for people and for scripts', async () => {
    await using registry = await npmRegistry({ bluebird: '3.7.2', moment: '2.31.0', pm2: '2.6.1' })
    await type(registry, ...sources, '--out', 'b').done
    expect(told(await type(null, '--check', 'b', '--json').done)).toMatchObject({ ok: true, differences: [] })
    await writeFile(join(directory, 'b/lib/trueno.js'), 'changed')
    const json = await type(null, '--check', 'b', '--json').done
    expect(json.code).toBe(1)
    expect(told(json)).toMatchObject({ ok: false, differences: ['changed lib/trueno.js: 20 bytes became 7'] })
    const text = await type(null, '--check', 'b').done
    expect(text).toMatchObject({ code: 1, stderr: expect.stringMatching(/The bundle is not what it was/) })
  })

  it('ends npm at Ctrl-C, and leaves nothing', async () => {
    const registry = await npmRegistry({}, true)
    const running = type(registry, ...sources)
    await registry.reached
    running.interrupt()
    expect(await running.done).toMatchObject({ code: 130 })
    // Whoever was connected is gone, or this would wait for ever.
    await registry.left()
    expect(await left()).toEqual([])
  })

  it('tells npm’s own words when its registry lacks a package', async () => {
    await using registry = await npmRegistry({ bluebird: '3.7.2', pm2: '2.6.1' })
    const { code, problems } = await toldBy(await type(registry, ...sources, '--json').done)
    expect(code).toBe(1)
    expect(problems.filter(({ severity }) => severity === 'error')).toMatchObject([
      { code: 'bundle-dependencies', evidence: expect.stringMatching(/E404.*moment/) },
    ])
  })

  it.each([
    [['lsx'], /bundle takes .*, not `lsx`/],
    [['show'], /bundle show takes the name of a part/],
    [['ls'], /has no bundle\.json/],
    [['--check', 'trueno'], /trueno has no bundle\.json/],
    [['--platform', 'windows'], /Allowed choices are\s+linux-x64, linux-arm64/],
  ])('%j is wrong use', async (argv, text) => {
    expect(await type(null, ...argv).done).toMatchObject({ code: 2, stderr: expect.stringMatching(text) })
  })
})

/** A proxy that connects to whatever it is asked for, by who it was asked. */
async function startProxy(test: TestContext): Promise<{ url: string; asked: readonly string[] }> {
  const asked: string[] = []
  const server = createServer().on('connect', ({ url = '', headers }, socket) => {
    asked.push(`${url} ${headers['proxy-authorization']}`)
    const [host, port] = url.split(':')
    const there = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n')
      there.pipe(socket).pipe(there)
    })
    for (const one of [there, socket]) one.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  test.onTestFinished(() => void server.close())
  return { url: `http://me:pa%3Ass@127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}
