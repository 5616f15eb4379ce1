import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { causes } from '../../src/trueno/causes/known.js'
import { explain, isTelling } from '../../src/trueno/explain.js'
import type { Condition, Scene } from '../../src/trueno/scene.js'

/** A recorded failure, and what is to be told of it. */
interface Example extends Pick<Scene, 'expected' | 'awaits'> {
  readonly name: string
  readonly title?: string
  /** What the names of the logs of the failed component begin with. */
  readonly own?: string
  readonly logs: Readonly<Record<string, readonly string[]>>
  readonly condition?: Partial<Condition>
  readonly told: readonly {
    readonly code: string
    readonly title: string
    readonly cause: string
    readonly evidence: readonly string[]
    readonly remedy: string
  }[]
}

const directory = new URL('../problems/', import.meta.url)
const examples: readonly Example[] = readdirSync(directory)
  .filter((file) => file.endsWith('.json'))
  .flatMap((file) => JSON.parse(readFileSync(new URL(file, directory), 'utf8')))

const nothing: Condition = {
  now: null,
  start: null,
  memory: null,
  disks: [],
  openFiles: null,
  limits: [],
  processes: [],
  listeners: [],
  oomKills: null,
  kernel: [],
  pm2: null,
  node: null,
}

function sceneOf({ title = 'Trueno did not get ready', own, logs, condition, expected, awaits }: Example): Scene {
  return {
    host: '10.77.0.42',
    title,
    ...(own !== undefined && { logs: own }),
    ...(expected && { expected }),
    ...(awaits && { awaits }),
    lines: linesOf(logs),
    condition: { ...nothing, ...condition },
  }
}

function linesOf(logs: Example['logs']): Scene['lines'] {
  return Object.entries(logs).flatMap(([file, texts]) => texts.map((text) => ({ file, text })))
}

describe('explain', () => {
  it.each(examples)('tells $name', (example) => {
    const told = explain(sceneOf(example)).map(({ code, title, cause, evidence, remedy }) => ({
      code,
      title,
      cause,
      evidence: evidence.split('\n'),
      remedy,
    }))
    expect(told).toEqual(example.told)
  })

  it('has an example of every cause', () => {
    const shown = new Set(examples.flatMap(({ told }) => told.map(({ code }) => code)))
    expect(causes.map(({ code }) => code).filter((code) => !shown.has(code))).toEqual([])
    expect(new Set(causes.map(({ code }) => code)).size).toBeGreaterThanOrEqual(30)
  })

  it('never shows more than 20 lines', () => {
    const texts = Array.from({ length: 100 }, (_, index) => `some error ${index}`)
    const lines = linesOf({ '/a/b.log': texts, '/a/c-out-1.log': texts })
    for (const logs of ['c', 'd']) {
      const [problem] = explain({ host: 'h', title: 't', logs, lines, condition: null })
      expect(problem?.evidence.split('\n').length).toBeLessThanOrEqual(20)
    }
  })

  it('shows most of what the failed component itself said', () => {
    const lines = linesOf({
      '/p/Trueno-Core-out-0.log': ['Gremlin Server starting...'],
      '/p/pm2.log': ['App [Elasticsearch] exited'],
      '/d/elasticsearch-out-2.log': ['the frobnicator is jammed'],
      '/d/gremlin_server-out-1.log': ['Channel started'],
    })
    const [problem] = explain({ host: 'h', title: 't', logs: 'elasticsearch', lines, condition: null })
    expect(problem?.evidence.split('\n')).toEqual([
      'elasticsearch-out-2.log: the frobnicator is jammed',
      'pm2.log: App [Elasticsearch] exited',
    ])
  })
})

describe('a line', () => {
  it.each([
    ['tells by itself that the start fails', '/d/spark-err-1.log', 'JAVA_HOME is not set', true],
    ['of a limit of watched files is not a full disk', '/d/x-err-1.log', 'Error: watch /etc ENOSPC', false],
    ['may only be a heading', '/d/elasticsearch-out-1.log', 'ERROR: bootstrap checks failed', false],
    ['may pass', '/d/spark-err-1.log', 'WARN Worker: Failed to connect to master h:8005', false],
    [
      'of a warning of Elasticsearch says nothing',
      '/d/elasticsearch-out-1.log',
      'java.net.UnknownHostException: h: h',
      false,
    ],
    [
      'of Spark that moves where nobody looks says nothing',
      '/d/spark-err-1.log',
      "Service 'WorkerUI' could not bind on port 8081. Attempting port 8082.",
      false,
    ],
    [
      'a bootstrap check that only warns, as on link-local addresses: Elasticsearch starts all the same',
      '/d/logs/elasticsearch-out-4.log',
      '[2026-11-25T20:49:27,593][WARN ][o.e.b.BootstrapChecks    ] [host42] max file descriptors [20000] for elasticsearch process is too low, increase to at least [65536]',
      false,
    ],
    [
      'the same check where it stops Elasticsearch',
      '/d/logs/elasticsearch-out-4.log',
      '[1]: max file descriptors [20000] for elasticsearch process is too low, increase to at least [65536]',
      true,
    ],
  ])('%s', (_, file, text, tells) => {
    expect(isTelling({ file, text })).toBe(tells)
  })
})
