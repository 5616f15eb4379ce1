import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { errorProblem, ProblemError } from '../errors.js'
import { type Rehearsal, remember } from './files.js'
import type { HostKind } from './keeper.js'

/** Hosts that serve. */
export interface Hosts {
  readonly rehearsal: Rehearsal
  /** Ends them. Those to be kept outlive this process until `rehearse --stop`. */
  stop(): void
}

export interface HostsOptions {
  readonly kind: HostKind
  readonly keep: boolean
}

/** Starts the hosts of a rehearsal in a process of their own. @throws ProblemError when they cannot be had */
export async function startHosts(rehearsal: Rehearsal, { kind, keep }: HostsOptions): Promise<Hosts> {
  const keeper = spawn(process.execPath, [keeperScript, rehearsal.directory, kind, ...(keep ? ['keep'] : [])], {
    stdio: [keep ? 'ignore' : 'pipe', 'pipe', 'ignore'],
    // Ctrl-C at the terminal is for us: the hosts must be there while we take the cluster down.
    detached: true,
  })
  const first = await Promise.race([firstLine(keeper), ended(keeper)])
  if (first !== 'ready') throw new ProblemError([noHosts(first.replace(/^failed /, ''))])
  keeper.stdout?.destroy()
  keeper.unref()
  const served = { ...rehearsal, keeper: keeper.pid ?? 0 }
  remember(served)
  return { rehearsal: served, stop: () => stopHosts(served) }
}

export function stopHosts(rehearsal: Rehearsal): void {
  try {
    if (areServed(rehearsal)) process.kill(rehearsal.keeper, 'SIGTERM')
  } catch {
    // it has ended by itself
  }
}

/** Whether the process that served the hosts still does: after a restart of the machine its pid may be somebody else's. */
export function areServed({ keeper, directory }: Rehearsal): boolean {
  try {
    const words = readFileSync(`/proc/${keeper}/cmdline`, 'utf8').split('\0')
    return words.includes(keeperScript) && words.includes(directory)
  } catch {
    return false
  }
}

const keeperScript = fileURLToPath(new URL('keeper.js', import.meta.url))

function firstLine({ stdout }: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    if (stdout !== null) createInterface({ input: stdout }).once('line', resolve)
  })
}

function ended(keeper: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    keeper.once('error', (error) => resolve(error.message))
    keeper.once('exit', (code) => resolve(`it ended with ${code}`))
  })
}

function noHosts(cause: string): ReturnType<typeof errorProblem> {
  return errorProblem({
    code: 'no-rehearsal-hosts',
    title: 'the hosts of the rehearsal cannot be had',
    cause,
    remedy:
      'is another rehearsal running (`trueno-deploy rehearse --stop`), or something else on 127.0.0.40 to 127.0.0.43?',
  })
}
