import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { lackingForNamespaces } from '../helpers/namespaces.js'
import { absolute, bin, inFolder, type Places, refuse, run, say } from './course.js'
import { engines } from './cycle.js'

const usage = `usage: npm run test:engines -- TRUENO [--source NAME=WHERE]...

Makes a bundle of a Trueno checkout with real engines, makes it again and compares the two, and takes it through up,
status, requests, down and up again on four hosts made of Linux network namespaces, each with a real sshd, as a user that
is not root. Prints a transcript. Needs Linux and root, npm, mvn and pip with registries they reach (the first time; some
minutes), 3 GB of disk and 6 GB of memory.

  TRUENO     folder or git checkout of Trueno, or a .tgz of it
  --source   as for \`trueno-deploy bundle\`; what is not given comes from registries by name, Cerebro and bridge are
             stand-ins

Where the hard limit of open files is below 65536 Elasticsearch starts on link-local addresses only: the hosts get such.
`

/** By name from registries alone: no other address is asked for. */
const sources = [
  'elasticsearch=maven:org.elasticsearch.distribution.zip:elasticsearch:5.4.2:zip',
  'spark=pypi:pyspark==2.1.2',
  'cerebro=standin',
  'bridge=standin',
]

async function main(argv: readonly string[]): Promise<number> {
  const given = read(argv)
  if (typeof given === 'number') return given
  const lacking = lackingForNamespaces()
  if (lacking.length > 0) return refuse(`test:engines cannot run here. It needs ${lacking.join(', ')}.`)
  return inFolder('engines', (places) => test(given, places))
}

function read(argv: readonly string[]): readonly string[] | number {
  const options = { source: { type: 'string', multiple: true }, help: { type: 'boolean' } } as const
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true })
    const [path, ...more] = positionals
    if (values.help || path === undefined || more.length > 0) return refuse(usage)
    if (!existsSync(absolute(path))) return refuse(`${absolute(path)} does not exist`)
    const { source: own = [] } = values
    const names = own.map(nameOf)
    return [`trueno=${absolute(path)}`, ...sources.filter((one) => !names.includes(nameOf(one))), ...own]
  } catch (error) {
    return refuse(`${(error as Error).message}\n\n${usage}`)
  }
}

function nameOf(source: string): string {
  return source.slice(0, source.indexOf('='))
}

async function test(given: readonly string[], places: Places): Promise<number> {
  const [here, there] = ['here', 'somewhere/else'].map((name) => join(places.directory, name)) as [string, string]
  for (const folder of [here, there]) mkdirSync(folder, { recursive: true })
  await type(here, places, 'bundle', ...given.flatMap((source) => ['--source', source]))
  await type(here, places, 'bundle', '--check')
  await type(here, places, 'bundle', 'ls')
  // What is meant to be committed; without it, npm might resolve another version by now.
  for (const name of locks) cpSync(join(here, name), join(there, name))
  await type(there, places, 'bundle', ...given.flatMap((source) => ['--source', source]))
  const [one, other] = [here, there].map((folder) => releaseIn(join(folder, 'trueno-release')))
  assert.equal(one, other, 'the same sources gave another release')
  say(`\n✔ Made again elsewhere, it is the same release: ${one}\n`)
  return run({ path: join(here, 'trueno-release'), steps: engines, transcript: true }, places)
}

const locks = ['trueno-deploy.lock.json', 'trueno-deploy.npm-lock.json']

function releaseIn(folder: string): string {
  return JSON.parse(readFileSync(join(folder, 'bundle.json'), 'utf8')).release
}

/** Types a command of trueno-deploy in a folder of this machine. @throws when it fails */
async function type(folder: string, { interrupted }: Places, ...words: readonly string[]): Promise<void> {
  say(`\n$ trueno-deploy ${words.join(' ')}`)
  const stdio = ['ignore', 'inherit', 'inherit'] as const
  const child = spawn(process.execPath, [bin, ...words], { cwd: folder, stdio: [...stdio], signal: interrupted })
  const [code] = await once(child, 'close')
  assert.equal(code, 0, `trueno-deploy ${words[0]} ended with ${code}`)
}

// After an interruption, a step may still be waiting.
process.exit(await main(process.argv.slice(2)))
