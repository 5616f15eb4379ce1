import { readdirSync, readFileSync } from 'node:fs'

/** A process that carries our marker. */
export interface MarkedProcess {
  readonly pid: number
  /** pm2's name for it; empty for pm2's daemon and for the balancer. */
  readonly name: string
}

/** The processes that were started below `home` by us. */
export function markedProcesses(home: string): readonly MarkedProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const variables = environmentOf(name)
      if (!variables.includes(`TRUENO_DEPLOY_HOME=${home}`)) return []
      return [{ pid: Number(name), name: variables.find((one) => one.startsWith('name='))?.slice(5) ?? '' }]
    })
}

/** Processes of SSH sessions with this HOME that we did not leave there on purpose. */
export function sessionsIn(login: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      const variables = environmentOf(name)
      return variables.includes(`HOME=${login}`) && !variables.some((one) => one.startsWith('TRUENO_DEPLOY_HOME='))
    })
    .map(Number)
}

/** Ends them, whatever they start meanwhile. */
export function killMarked(home: string): void {
  for (let round = 0; round < 5; round += 1) {
    for (const { pid } of markedProcesses(home)) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // it has ended by itself
      }
    }
  }
}

function environmentOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch {
    return []
  }
}
