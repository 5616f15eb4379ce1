import { get } from 'node:http'
import { join, relative } from 'node:path'
import { type ExitCode, errorProblem, exitCodes, ProblemError } from '../errors.js'
import { findRehearsal, makeFiles, type Rehearsal, removeFiles } from '../rehearsal/files.js'
import { areServed, type Hosts, type HostsOptions, startHosts, stopHosts } from '../rehearsal/hosts.js'
import { wrap } from '../report/text.js'
import type { Outcome } from './context.js'
import type { VerbRun } from './verb-run.js'

/** Makes hosts on this machine and runs the whole cycle on them, with the very commands a user types. */
export async function rehearse(run: VerbRun): Promise<Outcome> {
  const directory = join(run.io.workingDirectory, '.rehearsal')
  const { keep = false, sshd = false, stop = false } = run.typed.options
  const left = findRehearsal(directory)
  if (stop) return takeDown(left, run)
  if (left !== undefined) {
    const gone = await takeDown(left, run)
    if (gone.exitCode !== exitCodes.done) return gone
  }
  const hosts = await makeHosts(directory, { kind: sshd ? 'sshd' : 'built-in', keep })
  const server = sshd ? 'an OpenSSH sshd' : 'an SSH server'
  const told = `Four hosts on this machine, 127.0.0.40 to 127.0.0.43, each with ${server} of its own.`
  say(run, wrap(told, run.columns).join('\n'))
  return keep ? play(hosts, run) : cycle(hosts, run)
}

async function makeHosts(directory: string, options: HostsOptions): Promise<Hosts> {
  const rehearsal = makeFiles(directory)
  try {
    return await startHosts(rehearsal, options)
  } catch (error) {
    removeFiles(rehearsal)
    throw error
  }
}

/** Up, status, a request, up, down. What `down` could not stop is remembered, so that it can be taken down later. */
export async function cycle(hosts: Hosts, run: VerbRun): Promise<Outcome> {
  const { rehearsal } = hosts
  let exitCode: ExitCode = exitCodes.failed
  try {
    exitCode = await inTurn(run, [
      () => type('up', rehearsal, run),
      () => type('status', rehearsal, run),
      () => request(run),
      () => type('up', rehearsal, run),
    ])
  } finally {
    const down = await type('down', rehearsal, run)
    hosts.stop()
    if (down === exitCodes.done) remove(rehearsal, run)
    else say(run, '\nWhat still runs is taken down by `npm start`, or by `npx trueno-deploy rehearse --stop`.')
    if (exitCode === exitCodes.done) exitCode = down
  }
  return { exitCode, closing: [] }
}

/** Leaves the cluster running, and says what to type. */
async function play({ rehearsal }: Hosts, run: VerbRun): Promise<Outcome> {
  const exitCode = await type('up', rehearsal, run)
  const file = clusterFile(rehearsal, run)
  const commands = ['status', 'plan', 'down', 'up'].map((verb) => `  npx trueno-deploy ${verb} ${file}`)
  say(run, `\nThe hosts are yours to play with:\n${commands.join('\n')}\n  npx trueno-deploy rehearse --stop`)
  return { exitCode, closing: [] }
}

async function takeDown(rehearsal: Rehearsal | undefined, run: VerbRun): Promise<Outcome> {
  if (rehearsal === undefined) {
    say(run, 'There is no rehearsal to be stopped.')
    return { exitCode: exitCodes.done, closing: [] }
  }
  // What runs on hosts that nobody serves any more, as after a restart of this machine, is reached by serving them again.
  const hosts = areServed(rehearsal) ? null : await startHosts(rehearsal, { kind: 'built-in', keep: false })
  const exitCode = await type('down', rehearsal, run)
  if (hosts === null) stopHosts(rehearsal)
  else hosts.stop()
  if (exitCode === exitCodes.done) remove(rehearsal, run)
  return { exitCode, closing: [] }
}

/** Said, since `down` has just told that its data stays. */
function remove(rehearsal: Rehearsal, run: VerbRun): void {
  removeFiles(rehearsal)
  say(run, "\nThe rehearsal's hosts and files are removed.")
}

async function inTurn({ signal }: VerbRun, acts: readonly (() => Promise<ExitCode>)[]): Promise<ExitCode> {
  for (const act of acts) {
    if (signal.aborted) return exitCodes.interrupted
    const exitCode = await act()
    if (exitCode !== exitCodes.done) return exitCode
  }
  return exitCodes.done
}

/** As if the user had typed it. */
function type(verb: string, rehearsal: Rehearsal, run: VerbRun): Promise<ExitCode> {
  const file = clusterFile(rehearsal, run)
  say(run, `\n$ trueno-deploy ${verb} ${file}`)
  return run.again([verb, file, ...passedOn(run)])
}

function passedOn({ typed }: VerbRun): readonly string[] {
  const { color, ...options } = typed.options
  const given = (['json', 'plain', 'quiet', 'verbose'] as const).filter((name) => options[name] === true)
  return [...given.map((name) => `--${name}`), ...(color ? [] : ['--no-color'])]
}

function clusterFile({ directory }: Rehearsal, { io }: VerbRun): string {
  return relative(io.workingDirectory, join(directory, 'cluster.json'))
}

/** A driver's request, through the balancer. */
async function request(run: VerbRun): Promise<ExitCode> {
  const url = 'http://127.0.0.40:9000/'
  say(run, `\n$ curl -s -o /dev/null -w '%{http_code}\\n' ${url}`)
  const status = await new Promise<number>((resolve, reject) => {
    get(url, { timeout: 5000 }, (response) => resolve(response.resume().statusCode ?? 0)).on('error', reject)
  }).catch((error: Error) => {
    throw new ProblemError([
      errorProblem({
        code: 'no-answer',
        title: 'the balancer does not answer',
        cause: error.message,
        remedy: 'see `trueno-deploy status`',
      }),
    ])
  })
  say(run, String(status))
  return status === 200 ? exitCodes.done : exitCodes.failed
}

/** For people only. */
function say({ io, typed }: VerbRun, text: string): void {
  if (typed.options.json !== true && typed.options.quiet !== true) io.stdout.write(`${text}\n`)
}
