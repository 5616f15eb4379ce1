import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chooseAddresses } from './addresses.js'
import type { Step } from './cycle.js'
import { type Filled, fill } from './filled.js'
import { type Lab, makeLab } from './lab.js'

/** What is taken through which steps. */
export interface Course {
  /** Folder or archive of a Trueno package; absolute. */
  readonly path: string
  /** JAVA_HOME to show the hosts; undefined: what they find by themselves. */
  readonly java?: string
  readonly steps: readonly Step[]
  /** All that the tool prints is shown too, not only what came of each step. */
  readonly transcript: boolean
}

/** Gives `work` a folder for its logs and, in it, one for what is thrown away; both go when nothing was logged. */
export async function inFolder(name: string, work: (places: Places) => Promise<number>): Promise<number> {
  const interrupted = interruption()
  const logs = mkdtempSync(join(tmpdir(), `trueno-deploy-${name}-`))
  const directory = join(logs, 'lab')
  mkdirSync(directory)
  try {
    return await Promise.race([work({ logs, directory, interrupted }), aborted(interrupted)])
  } catch (error) {
    return refuse((error as Error).message)
  } finally {
    rmSync(directory, { recursive: true, force: true })
    if (readdirSync(logs).length === 0) rmdirSync(logs)
  }
}

export interface Places {
  readonly logs: string
  readonly directory: string
  /** Aborted at Ctrl-C. */
  readonly interrupted: AbortSignal
}

/** Takes a package through the steps on four hosts; gives the exit code. */
export async function run(course: Course, { logs, directory, interrupted }: Places): Promise<number> {
  const { path, java, steps, transcript } = course
  const filled = await fill(path, directory, fileURLToPath(new URL('remote/standin', root)))
  const addresses = chooseAddresses(filled.hasRealElasticsearch)
  const screens = join(logs, 'screens.log')
  const record = (text: string): void => {
    appendFileSync(screens, text)
    if (transcript) process.stdout.write(text)
  }
  introduce(path, filled, addresses, screens)
  await using lab = await makeLab({
    directory,
    prefix: addresses.prefix,
    release: filled.release,
    ...(java !== undefined && { java }),
    bin,
    onOutput: record,
  })
  return await Promise.race([inTurn(logged(lab, record), steps, logs, interrupted), aborted(interrupted)])
}

/** Where this file is once it is compiled: dist-test/test/package. */
const root = new URL('../../../', import.meta.url)

/** The built command line. */
export const bin = fileURLToPath(new URL('dist/bin.js', root))

/** npm runs us in its own directory, and tells in which it was called. */
export function absolute(path: string): string {
  return resolve(process.env.INIT_CWD ?? process.cwd(), path)
}

function interruption(): AbortSignal {
  const interrupted = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => interrupted.abort())
  return interrupted.signal
}

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

/** What is typed stands before what is printed. */
function logged(lab: Lab, record: (text: string) => void): Lab {
  return {
    ...lab,
    type: async (...words) => {
      record(`\n$ trueno-deploy ${words.join(' ')}\n`)
      const ran = await lab.type(...words)
      record(`[exit code ${ran.exitCode}]\n`)
      return ran
    },
  }
}

async function inTurn(lab: Lab, steps: readonly Step[], logs: string, interrupted: AbortSignal): Promise<number> {
  const begun = performance.now()
  for (const { title, act } of steps) {
    const stepBegun = performance.now()
    const failure = await act(lab).then(
      () => null,
      (error: Error) => error,
    )
    if (interrupted.aborted) return interruptedCode
    say(`${failure === null ? '✔' : '✖'} ${title.padEnd(66)} ${seconds(stepBegun).padStart(8)}`)
    if (failure !== null) return failed(failure, lab, logs)
  }
  say(`\nThe package deploys: ${steps.length} steps in ${seconds(begun)}.`)
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

export function refuse(text: string): 2 {
  process.stderr.write(`${text}\n`)
  return 2
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
