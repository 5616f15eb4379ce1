import type { ProblemCode } from '../catalogue/catalogue.js'
import { errorProblem, type Problem } from '../errors.js'
import type { ScriptResult } from '../ssh/connection.js'

/** Tells a script's failure by its exit status; the statuses are the same for all of `remote/`. */
export function scriptProblem(title: string, script: string, result: ScriptResult): Problem {
  const { code, cause = said(result, script), remedy } = told(result)
  return errorProblem({ code, title: `${title} failed`, cause, evidence: evidence(result, cause), remedy })
}

interface Told {
  readonly code: ProblemCode
  /** Absent: what the script itself said. */
  readonly cause?: string
  readonly remedy: string
}

const unexpected: Told = {
  code: 'script-failed',
  remedy: 'run `trueno-deploy up` again; if it fails again, the lines above are what to report',
}

const byStatus: Readonly<Record<number, Told>> = {
  71: {
    code: 'hash-mismatch',
    remedy:
      'run `trueno-deploy up` again: it is sent anew. If it fails again, check the disk and the memory of both machines',
  },
  72: {
    code: 'disk-full',
    remedy:
      'free space on the host, or name another directory with `home` in the inventory; then run `trueno-deploy up` again',
  },
  73: {
    code: 'home-not-writable',
    remedy: 'give the directory to the user that Trueno runs as, or name another with `home` in the inventory',
  },
  74: { code: 'precondition', remedy: 'run `trueno-deploy up` again: it looks at the host anew' },
  75: {
    code: 'stale-lease',
    cause: 'somebody else has taken over the lease of this cluster since we began',
    remedy: 'let them finish, look with `trueno-deploy status`, then begin again',
  },
}

function told({ code }: ScriptResult): Told {
  return (code === null ? undefined : byStatus[code]) ?? unexpected
}

/** What a script that ended badly said last, else how it ended. @param script how it is called for people */
export function said({ stderr, code }: ScriptResult, script: string): string {
  return (
    lastLines(stderr, 1) ||
    (code === null ? `a signal ended ${script}` : `${script} exited with ${code} and said nothing`)
  )
}

/** What else it said. */
function evidence({ stdout, stderr }: ScriptResult, cause: string): string {
  const text = lastLines(`${stdout}\n${stderr}`, 20)
  return text.endsWith(cause) ? text.slice(0, -cause.length).trimEnd() : text
}

function lastLines(text: string, count: number): string {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .join('\n')
}
