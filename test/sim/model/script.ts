import type { ScriptResult } from '../../../src/ssh/connection.js'
import { type Machine, pause } from './machine.js'
import type { Network } from './network.js'

/** A script of `remote/` while it runs on a model host. */
export interface ScriptRun {
  readonly machine: Machine
  readonly network: Network
  /** All that came in on standard input. */
  readonly input: string
}

/** Resolves with what it printed. @throws ScriptExit */
export type Script = (args: readonly string[], run: ScriptRun) => Promise<string>

/** The script ends with another status than 0. */
export class ScriptExit extends Error {
  constructor(
    readonly code: number,
    readonly stderr: string,
    readonly stdout = '',
  ) {
    super(stderr)
  }
}

export async function resultOf(work: Promise<string>): Promise<ScriptResult> {
  try {
    return { code: 0, stdout: await work, stderr: '' }
  } catch (error) {
    if (!(error instanceof ScriptExit)) throw error
    return { code: error.code, stdout: error.stdout, stderr: `${error.message}\n` }
  }
}

/** Refuses (75) a token lower than one this host has seen, and remembers a higher one. */
export function checkToken(token: string, machine: Machine): number {
  const given = requireNumber('the lease token', token)
  if (given < machine.disk.token)
    throw new ScriptExit(75, `token ${given} is stale, this host has seen ${machine.disk.token}`)
  machine.disk.token = given
  return given
}

export function requireNumber(name: string, value: string | undefined): number {
  if (value === undefined || !/^\d+$/.test(value)) throw new ScriptExit(74, `${name} must be a number, not '${value}'`)
  return Number(value)
}

export function requireHash(name: string, value: string | undefined): string {
  if (value === undefined || !/^[0-9a-f]{64}$/.test(value))
    throw new ScriptExit(74, `${name} must be 64 digits, not '${value}'`)
  return value
}

export function requireHome(value: string | undefined, machine: Machine): void {
  if (value !== machine.home) throw new ScriptExit(74, `HOME must be ${machine.home}, not '${value}'`)
}

/** Does work while no other script of this name does; 74 when the other takes more than 30 s. */
export async function alone<T>(name: string, machine: Machine, work: () => Promise<T>): Promise<T> {
  for (let waited = 0; machine.locks.has(name); waited += 250) {
    if (waited > 30_000) throw new ScriptExit(74, `another '${name}' is under way on this host`)
    await pause(machine, 250)
  }
  machine.locks.add(name)
  try {
    return await work()
  } finally {
    machine.locks.delete(name)
  }
}
