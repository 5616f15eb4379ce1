import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { lackingForNamespaces } from '../helpers/namespaces.js'
import { chooseAddresses } from './addresses.js'
import { cycle } from './cycle.js'
import { type Filled, fill } from './filled.js'
import { type Lab, makeLab } from './lab.js'

const usage = `usage: npm run test:package -- PATH [--java DIR]

Takes a Trueno package through the whole cycle (up, status, faults, down, up again) on four hosts made of Linux network
namespaces, each with a real sshd. Engines that the package lacks are the stand-in's. Needs Linux and root.

  PATH        folder of a Trueno package, or a .tgz of one, as for --release
  --java DIR  the hosts' JAVA_HOME (default: the Java of this machine)
`

interface Given {
  /** Absolute. */
  readonly path: string
  /** Absolute. */
  readonly java?: string
}

async function main(argv: readonly string[]): Promise<number> {
  const given = read(argv)
  if (typeof given === 'number') return given
  const lacking = lackingForNamespaces()
  if (lacking.length > 0) return refuse(`test:package cannot run here. It needs ${lacking.join(', ')}.`)
  const interrupted = interruption()
  const logs = mkdtempSync(join(tmpdir(), 'trueno-deploy-package-'))
  const directory = join(logs, 'lab')
  mkdirSync(directory)
  try {
    return await test(given, directory, logs, interrupted)
  } catch (error) {
    return refuse((error as Error).message)
  } finally {
    rmSync(directory, { recursive: true, force: true })
    if (readdirSync(logs).length === 0) rmdirSync(logs)
  }
}

/** Aborted at Ctrl-C. */
function interruption(): AbortSignal {
  const interrupted = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => interrupted.abort())
  return interrupted.signal
}

function read(argv: readonly string[]): Given | number {
  const options = { java: { type: 'string' }, help: { type: 'boolean' } } as const
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true })
    if (values.help) return help()
    const [path] = positionals
    if (path === undefined || positionals.length > 1) return refuse(usage)
    return checked({ path: absolute(path), ...(values.java !== undefined && { java: absolute(values.java) }) })
  } catch (error) {
    return refuse(`${(error as Error).message}\n\n${usage}`)
  }
}

function help(): 0 {
  say(usage)
  return 0
}

function checked(given: Given): Given | number {
  const { path, java } = given
  if (!existsSync(path)) return refuse(`${path} does not exist`)
  if (java !== undefined && !existsSync(join(java, 'bin/java'))) return refuse(`${java} has no bin/java`)
  return given
}

/** npm runs us in its own directory, and tells in which it was called. */
function absolute(path: string): string {
  return resolve(process.env.INIT_CWD ?? process.cwd(), path)
}

async function test({ path, java }: Given, directory: string, logs: string, interrupted: AbortSignal): Promise<number> {
  const filled = await fill(path, directory, fileURLToPath(new URL('remote/standin', root)))
  const addresses = chooseAddresses(filled.hasRealElasticsearch)
  const screens = join(logs, 'screens.log')
  introduce(path, filled, addresses, screens)
  await using lab = await makeLab({
    directory,
    prefix: addresses.prefix,
    release: filled.release,
    ...(java !== undefined && { java }),
    bin: fileURLToPath(new URL('dist/bin.js', root)),
    onOutput: (text) => appendFileSync(screens, text),
  })
  return await Promise.race([inTurn(logged(lab, screens), logs, interrupted), aborted(interrupted)])
}

/** Where this file is once it is compiled: dist-test/test/package. */
const root = new URL('../../../', import.meta.url)

function introduce(
  path: string,
  { standins }: Filled,
  { prefix, why }: ReturnType<typeof chooseAddresses>,
  screens: string,
) {
  say(`Package    ${path}
Stand-ins  ${standins.length === 0 ? 'none' : `${standins.join(', ')}: not in the package`}
Hosts      ${prefix}.40 to ${prefix}.43${why && `: ${why}`}
Screens    ${screens}
`)
}

/** What is typed is in the log of the screens too. */
function logged(lab: Lab, screens: string): Lab {
  return {
    ...lab,
    type: async (...words) => {
      appendFileSync(screens, `\n$ trueno-deploy ${words.join(' ')}\n`)
      const ran = await lab.type(...words)
      appendFileSync(screens, `[exit code ${ran.exitCode}]\n`)
      return ran
    },
  }
}

async function inTurn(lab: Lab, logs: string, interrupted: AbortSignal): Promise<number> {
  const begun = performance.now()
  for (const { title, act } of cycle) {
    const stepBegun = performance.now()
    const failure = await act(lab).then(
      () => null,
      (error: Error) => error,
    )
    if (interrupted.aborted) return interruptedCode
    say(`${failure === null ? '✔' : '✖'} ${title.padEnd(66)} ${seconds(stepBegun).padStart(8)}`)
    if (failure !== null) return failed(failure, lab, logs)
  }
  say(`\nThe package deploys: ${cycle.length} steps in ${seconds(begun)}.`)
  return 0
}

const interruptedCode = 130

function aborted(signal: AbortSignal): Promise<number> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(interruptedCode)))
}

function failed({ message }: Error, lab: Lab, logs: string): number {
  say(`\n${message}\n`)
  keepEvidence(lab, logs)
  return 1
}

/** What the hosts logged outlives them. */
function keepEvidence({ hosts }: Lab, logs: string): void {
  for (const { name, home } of hosts)
    for (const place of ['run', 'logs', 'data/logs', 'etc']) {
      const from = join(home, 'trueno', place)
      // Sockets cannot be copied.
      if (existsSync(from))
        cpSync(from, join(logs, name, place), { recursive: true, filter: (one) => !one.endsWith('.sock') })
    }
  say(`The hosts' logs are in ${logs}.`)
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`
}

function refuse(text: string): 2 {
  process.stderr.write(`${text}\n`)
  return 2
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

// After an interruption, a step may still be waiting.
process.exit(await main(process.argv.slice(2)))
