/** What was typed, as the verbs take it. Nothing in it was checked against files or hosts. */
export interface Typed {
  readonly verb: Verb
  /** `cluster.json`, the plan file of `apply`, or the code that `explain` is asked for; empty: none. */
  readonly file: string
  /** `ls` and `show NAME` of `bundle`; absent for other verbs. */
  readonly words?: readonly string[]
  readonly options: TypedOptions
}

export type Verb =
  | 'up'
  | 'plan'
  | 'apply'
  | 'status'
  | 'down'
  | 'check'
  | 'trust'
  | 'bundle'
  | 'diagnose'
  | 'explain'
  | 'rehearse'

export interface TypedOptions {
  readonly inventory?: string
  readonly release?: string
  readonly hosts?: readonly string[]
  readonly roles?: readonly string[]
  readonly parallel?: number
  readonly timeoutStart?: string
  readonly json?: boolean
  readonly plain?: boolean
  readonly quiet?: boolean
  readonly verbose?: boolean
  /** False with --no-color. */
  readonly color: boolean
  readonly wait?: boolean
  readonly uploadLimit?: string
  readonly push?: string
  readonly relayLimit?: string
  /** False with --no-relay. */
  readonly relay?: boolean
  readonly yes?: boolean
  readonly out?: string
  /** Of `diagnose`. */
  readonly output?: string
  readonly exitCode?: boolean
  readonly watch?: boolean
  readonly deep?: boolean
  readonly keep?: boolean
  readonly sshd?: boolean
  readonly stop?: boolean
  readonly passwordFd?: number
  readonly source?: readonly string[]
  readonly flavour?: string
  readonly platform?: string
  readonly check?: boolean
  readonly fix?: boolean
}
