import type { Problem } from '../errors.js'
import { componentOfScript } from '../trueno/components.js'
import type { Gate } from '../trueno/gates.js'
import type { Scene } from '../trueno/scene.js'

/** How a failure is told where its logs tell no known cause. */
export type Failing = Pick<Scene, 'title' | 'logs'> &
  Partial<Pick<Problem, 'code' | 'cause' | 'remedy'>> & {
    /** How long and for what it was waited in vain, in words. */
    readonly waited?: string
  }

/** What did not come about, for each gate. */
export const titles = {
  coordinatorAwaits: 'The coordinator did not get ready',
  apiReady: 'Trueno did not get ready',
  balancerAnswers: 'The balancer did not get ready',
} satisfies Record<Gate['id'], string>

export const hasDied = {
  coordinatorAwaits: 'Trueno has died',
  apiReady: 'Trueno has died',
  balancerAnswers: 'The balancer has died',
} satisfies Record<Gate['id'], string>

/** A host on which nothing runs any more. */
export const died = {
  code: 'died',
  cause: 'nothing of it runs on the host any more, and its logs do not say why',
  remedy:
    'see whether the host was started anew, or the kernel ran out of memory there (`dmesg`); then run `trueno-deploy up` again',
} as const

/** The same where its logs have not been looked at. */
export const ended = {
  code: 'died',
  title: 'Trueno does not run any more',
  cause: 'all that was started on the host has ended, and no run of ours has stopped it',
  remedy: 'run `trueno-deploy up`; whether the kernel ran out of memory, `dmesg` tells there',
} as const

/** The same of a host that began anew. */
export const hostRestarted = {
  ...ended,
  cause: 'the host was started anew since, and nothing starts Trueno by itself then',
  remedy: 'run `trueno-deploy up`',
} as const

/** A component that ends whenever it is started. */
export const keepsRestarting = {
  code: 'keeps-restarting',
  cause: 'it ends again and again, and is started again each time; these are the lines that matter most',
} as const

/** What to do about a wait that was too short. */
export const tooSlow =
  'is it only slow, give it longer with --timeout-start (timeouts.start in the inventory); the whole logs are on the host, below data/logs and run/pm2'

/** pm2 gives up what ends 16 times at once; nobody starts it again then. */
export function givenUp(line: string): Failing | undefined {
  const script = /Script (\S+) had too many unstable restarts/.exec(line)?.[1]
  if (script === undefined) return undefined
  const component = componentOfScript(script)
  return {
    title: `${component?.title ?? 'A component'} did not start`,
    ...(component?.directory && { logs: component.directory }),
    code: 'given-up',
    cause: 'it ended so often that pm2 has given it up; these are the lines that matter most',
  }
}

/** Trueno asks Elasticsearch once, and does not say any more then that it is ready (contract, 6.5). */
export const elasticsearchLate = {
  code: 'elasticsearch-late',
  severity: 'warning',
  title: 'Elasticsearch was not there when Trueno asked',
  cause: 'Trueno will not say any more that it is ready; its port is asked instead, until it serves',
  remedy: 'nothing, if it comes to serve; else see the log of Elasticsearch on the index hosts',
} as const
