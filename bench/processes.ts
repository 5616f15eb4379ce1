import { readdirSync, readFileSync } from 'node:fs'

/** Ends what was started in homes below a directory and carries the tool's marker, daemons included. */
export function endMarked(directory: string): void {
  // Again and again: what is killed may be restarted by another that is killed only after it.
  for (let round = 0; round < 5; round += 1) for (const pid of markedBelow(directory)) kill(pid)
}

function markedBelow(directory: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && environmentOf(name).includes(`TRUENO_DEPLOY_HOME=${directory}/`))
    .map(Number)
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return ''
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
