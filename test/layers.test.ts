import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const source = fileURLToPath(new URL('../src', import.meta.url))

/** Who may know whom: a room to the rooms it may import from. `errors`, `catalogue`, `world` and the system's own world are for anyone. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  'bin.ts': ['main.ts'],
  'main.ts': ['cli', 'commands', 'report'],
  cli: [],
  commands: [
    'mirror',
    'cli',
    'config',
    'bundle',
    'release',
    'phases',
    'plan',
    'engine',
    'report',
    'trueno',
    'cluster',
    'health',
    'ssh',
    'rehearsal',
  ],
  rehearsal: ['ssh'],
  bundle: ['release', 'trueno', 'cluster', 'engine', 'ssh'],
  report: ['bundle', 'engine', 'plan', 'cluster'],
  engine: ['mirror', 'plan', 'trueno', 'cluster', 'health', 'ssh'],
  phases: ['plan', 'trueno', 'cluster'],
  health: ['ssh', 'trueno', 'cluster'],
  release: ['trueno', 'cluster'],
  config: ['trueno', 'cluster'],
  plan: ['trueno', 'cluster'],
  trueno: ['cluster'],
  ssh: ['cluster', 'plan'],
  mirror: ['cluster'],
  cluster: [],
}

/** One package, one door. */
const doors: Readonly<Record<string, readonly string[]>> = {
  commander: ['cli'],
  ajv: ['config'],
  yaml: ['config', 'rehearsal'],
  ssh2: ['ssh', 'rehearsal'],
  listr2: ['report'],
  chalk: ['report'],
  'tar-stream': ['release'],
  yauzl: ['release'],
  '@elastic/elasticsearch': ['health'],
  semver: ['plan', 'release'],
}

const pure = ['phases', 'plan', 'cluster', 'trueno', 'catalogue']
const outside = /^node:(?!crypto$|util$)/

interface Import {
  readonly from: string
  readonly room: string
  readonly to: string
}

const imports = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => importsOf(file))

describe('the layers', () => {
  it('know only those below them', () => {
    const wrong = imports.filter(({ room, to }) => isRoom(to) && to !== room && !arrows[room]?.includes(to))
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([])
  })

  it('go to each package through one door', () => {
    const wrong = imports.filter(({ room, to }) => doors[to] !== undefined && !doors[to].includes(room))
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([])
  })

  it('are pure where they plan: no file system, process or network', () => {
    const wrong = imports.filter(({ room, to }) => pure.includes(room) && outside.test(to))
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([])
  })

  it('reach clock, chance and process only at the edge', () => {
    const edge = /^(?:bin|main)\.ts$|^report\/|^rehearsal\/|^system-world\.ts$/
    const wrong = readdirSync(source, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !edge.test(file))
      .filter((file) =>
        /\b(?:Date\.now|Math\.random|setTimeout(?=\()|setInterval(?=\()|process\.(?:exit|env))\b|\bconsole\./.test(
          code(file),
        ),
      )
    expect(wrong).toEqual([])
  })
})

function importsOf(file: string): readonly Import[] {
  const room = file.split('/')[0] ?? file
  return [...code(file).matchAll(/\bfrom '([^']+)'|\bimport\('([^']+)'\)/g)].map(([, plain, dynamic]) => {
    const target = plain ?? dynamic ?? ''
    return { from: file, room, to: target.startsWith('.') ? roomOf(file, target) : packageOf(target) }
  })
}

function roomOf(file: string, target: string): string {
  const path = relative(source, join(source, file, '..', target)).replace(/\.js$/, '.ts')
  return path.split('/')[0] ?? path
}

function packageOf(target: string): string {
  if (target.startsWith('node:')) return target
  return target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/')
}

function isRoom(name: string): boolean {
  return name in arrows
}

/** Without comments. */
function code(file: string): string {
  return readFileSync(join(source, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
}
