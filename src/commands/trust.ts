import type { Host, HostKey } from '../cluster/cluster.js'
import { errorProblem, exitCodes, type Problem, ProblemError } from '../errors.js'
import { nameHosts } from '../report/host-list.js'
import { alignCells } from '../report/table.js'
import type { HostAccess } from '../ssh/connect.js'
import { ConnectionError } from '../ssh/errors.js'
import { hostKeyName } from '../ssh/host-key-store.js'
import { describeKey, type HostKeyBlob, type HostKeyPins } from '../ssh/known-hosts.js'
import type { Outcome } from './context.js'
import { lockFileOf, readLockFile, writeLockFile } from './lock-file.js'
import type { Session } from './session.js'
import type { VerbRun } from './verb-run.js'

interface Unknown {
  readonly host: HostKey
  /** As known_hosts writes it. */
  readonly name: string
  readonly key: HostKeyBlob
  /** The key is that of a jump host: what lies behind has not been met yet. */
  readonly isOnTheWay: boolean
}

/** As many jump hosts as can stand in a row, and the host itself. */
const mostRounds = 9

/**
 * Shows the keys of hosts that are not known yet, and pins them on a yes; then those that lie behind jump hosts which
 * became known thereby. Nothing is sent to a host before. Hosts that cannot be met are told afterwards: they do not keep
 * the others from being trusted.
 */
export async function trust(session: Session, run: VerbRun): Promise<Outcome> {
  const pinned: Unknown[] = []
  const problems: Problem[] = []
  let left = session.cluster.hosts
  for (let round = 1; left.length > 0 && round <= mostRounds; round++) {
    const met = await meet(left, session, run.signal)
    problems.push(...met.problems)
    if (met.unknown.length > 0) await offer(met.unknown, { session, run, isFirst: round === 1 })
    pinned.push(...met.unknown)
    left = left.filter(({ key }) => met.unknown.some(({ host, isOnTheWay }) => host === key && isOnTheWay))
  }
  run.print(told(pinned, problems, session, run))
  if (problems.length > 0) throw new ProblemError(problems)
  return { exitCode: exitCodes.done, closing: [] }
}

function told(
  pinned: readonly Unknown[],
  problems: readonly Problem[],
  { clusterFile }: Session,
  { typed }: VerbRun,
): string {
  const hosts = [...new Set(pinned.map(({ host }) => host))]
  if (typed.options.json) return `${JSON.stringify({ version: 1, pinned: hosts, problems })}\n`
  const count = new Set(pinned.map(({ name }) => name)).size
  if (count > 0) return `Pinned ${count === 1 ? '1 host key' : `${count} host keys`} in ${lockFileOf(clusterFile)}.\n`
  return problems.length === 0 ? 'All host keys are known already.\n' : ''
}

interface Round {
  readonly session: Session
  readonly run: VerbRun
  readonly isFirst: boolean
}

async function offer(unknown: readonly Unknown[], { session, run, isFirst }: Round): Promise<void> {
  const head = isFirst ? 'Hosts whose keys are not known yet' : 'Behind them, hosts whose keys are not known yet'
  run.io.stderr.write(`${head}; compare with what they say themselves:\n${tableOf(unknown)}\n`)
  await consent(run, isFirst)
  session.ssh.pin(await pin(session, unknown))
}

/** One line for each key: that of a jump host is met by every host behind it. */
function tableOf(unknown: readonly Unknown[]): string {
  const rows = new Map(unknown.map((one) => [`${one.name} ${one.key.key}`, one]))
  const lines = [...rows].map(([id, { name, key, isOnTheWay }]) => {
    const hosts = unknown.filter((one) => `${one.name} ${one.key.key}` === id).map(({ host }) => host)
    const host = `${isOnTheWay ? 'jump host of ' : ''}${nameHosts(hosts)}`
    return [isNamedAfter(name, host) ? name : `${name}, ${host}`, describeKey(key)]
  })
  return alignCells(lines)
    .map((line) => `  ${line}`)
    .join('\n')
}

/** `10.0.0.1` or `[10.0.0.1]:2222` for 10.0.0.1: the host need not be told beside it. */
function isNamedAfter(name: string, host: string): boolean {
  return name === host || name.startsWith(`[${host}]:`)
}

async function meet(
  hosts: readonly Host[],
  { ssh }: Session,
  signal: AbortSignal,
): Promise<{ unknown: readonly Unknown[]; problems: readonly Problem[] }> {
  const opened = await ssh.openConnections(hosts.map(justLogin), { signal })
  const unknown: Unknown[] = []
  const problems: Problem[] = []
  for (const { key: host, access } of hosts) {
    const one = opened.get(host)
    if (!(one instanceof ConnectionError)) await one?.[Symbol.asyncDispose]()
    else if (one.fault === 'host-key-unknown' && one.hostKey !== undefined) {
      const { name } = one.hostKey
      unknown.push({ host, name, key: one.hostKey, isOnTheWay: name !== hostKeyName(await ssh.resolve(access)) })
    } else if (one.fault !== 'auth-failed') problems.push(one.problem)
  }
  return { unknown, problems }
}

/** A login is enough, and more than is wanted. */
function justLogin({ key, access: { runAs: _, ...access } }: Host): HostAccess {
  return { key, access }
}

async function consent({ typed, ask }: VerbRun, isFirst: boolean): Promise<void> {
  if (typed.options.yes === true) return
  const refusal = (cause: string, remedy: string): ProblemError => refused(isFirst, cause, remedy)
  if (ask === null) throw refusal('there is no terminal to ask at', 'compare the fingerprints, then give --yes')
  const answer = await ask('Are these the hosts you mean? Pin their keys? (yes/no) ', { secret: false })
  if (answer.trim().toLowerCase() !== 'yes') throw refusal('the answer was not yes', 'run `trueno-deploy trust` again')
}

function refused(isFirst: boolean, cause: string, remedy: string): ProblemError {
  const title = isFirst ? 'nothing was pinned' : 'nothing more was pinned'
  return new ProblemError([errorProblem({ code: 'not-trusted', title, cause, remedy })])
}

async function pin({ clusterFile }: Session, unknown: readonly Unknown[]): Promise<HostKeyPins> {
  const path = lockFileOf(clusterFile)
  const lock = await readLockFile(path)
  const added = Object.fromEntries(
    unknown.map(({ name, key }) => [name, [...(lock.hostKeys[name] ?? []), `${key.type} ${key.key}`]]),
  )
  await writeLockFile(path, { ...lock, hostKeys: { ...lock.hostKeys, ...added } })
  return added
}
