import type { Problem } from '../errors.js'
import type { Scene } from '../trueno/causes.js'
import type { Gate } from '../trueno/gates.js'

/** How a failure is told where its logs tell no known cause. */
export type Failing = Pick<Scene, 'title' | 'logs'> & Partial<Pick<Problem, 'code' | 'cause' | 'remedy'>>

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

/** A component that ends whenever it is started. */
export const keepsRestarting = {
  code: 'keeps-restarting',
  cause: 'it ends again and again, and is started again each time; these are the lines that matter most',
} as const

/** What to do about a wait that was too short. */
export const tooSlow =
  'is it only slow, give it longer with --timeout-start (timeouts.start in the inventory); the whole logs are on the host, below data/logs and run/pm2'
