import type { WriteScript } from '../../../src/plan/plan.js'
import type { Machine } from './machine.js'
import type { Process } from './process.js'

/** Sees what happens on all hosts, and says so when something may never happen. */
export interface Witness {
  spawned(machine: Machine, process: Process): void
  /** A process is about to be signalled. */
  signalled(machine: Machine, process: Process): void
  /** The script `start` begins Trueno. */
  started(machine: Machine, startId: string): void
  /** A core has printed that it waits for the ready signals of the others. */
  awaits(machine: Machine): void
  /** A script that changes a host was let in with its token. */
  letIn(machine: Machine, script: WriteScript, token: number): void
  leaseTaken(machine: Machine, token: number): void
  /** For the trace. */
  note(text: string): void
}
