import type { Host } from '../cluster/cluster.js'
import { errorProblem, exitCodes, type Problem, ProblemError } from '../errors.js'
import type { HostAccess } from '../ssh/connect.js'
import { ConnectionError } from '../ssh/errors.js'
import { describeKey, type HostKeyBlob } from '../ssh/known-hosts.js'
import type { Outcome } from './context.js'
import { lockFileOf, readLockFile, writeLockFile } from './lock-file.js'
import type { Session } from './session.js'
import type { VerbRun } from './verb-run.js'

interface Unknown {
  readonly host: string
  /** As known_hosts writes it. */
  readonly name: string
  readonly key: HostKeyBlob
}

/**
 * Shows the keys of hosts that are not known yet, and pins them on a yes. Nothing is sent to a host before. Hosts that
 * cannot be met are told afterwards: they do not keep the others from being trusted.
 */
export async function trust(session: Session, run: VerbRun): Promise<Outcome> {
  const { unknown, problems } = await meet(session, run.signal)
  if (unknown.length > 0) await offer(unknown, session, run)
  if (run.typed.options.json)
    run.print(`${JSON.stringify({ version: 1, pinned: unknown.map(({ host }) => host), problems })}\n`)
  if (problems.length > 0) throw new ProblemError(problems)
  if (unknown.length === 0 && !run.typed.options.json) run.print('All host keys are known already.\n')
  return { exitCode: exitCodes.done, closing: [] }
}

async function offer(unknown: readonly Unknown[], session: Session, run: VerbRun): Promise<void> {
  const table = unknown.map(({ host, name, key }) => `  ${host.padEnd(24)} ${name.padEnd(28)} ${describeKey(key)}`)
  run.io.stderr.write(`Hosts whose keys are not known yet:\n${table.join('\n')}\n`)
  await consent(run)
  await pin(session, unknown)
  const count = new Set(unknown.map(({ name }) => name)).size
  const keys = count === 1 ? '1 host key' : `${count} host keys`
  if (!run.typed.options.json) run.print(`Pinned ${keys} in ${lockFileOf(session.clusterFile)}.\n`)
}

async function meet(
  { cluster, ssh }: Session,
  signal: AbortSignal,
): Promise<{ unknown: readonly Unknown[]; problems: readonly Problem[] }> {
  // The key that is not known may be a jump host's: each comes with the name that it was looked for under.
  const opened = await ssh.openConnections(cluster.hosts.map(justLogin), { signal })
  const unknown: Unknown[] = []
  const problems: Problem[] = []
  for (const { key: host } of cluster.hosts) {
    const one = opened.get(host)
    if (!(one instanceof ConnectionError)) await one?.[Symbol.asyncDispose]()
    else if (one.fault === 'host-key-unknown' && one.hostKey !== undefined)
      unknown.push({ host, name: one.hostKey.name, key: one.hostKey })
    else if (one.fault !== 'auth-failed') problems.push(one.problem)
  }
  return { unknown, problems }
}

/** A login is enough, and more than is wanted. */
function justLogin({ key, access: { runAs: _, ...access } }: Host): HostAccess {
  return { key, access }
}

async function consent({ typed, ask }: VerbRun): Promise<void> {
  if (typed.options.yes === true) return
  if (ask === null) throw refusal('there is no terminal to ask at', 'compare the fingerprints, then give --yes')
  const answer = await ask('Are these the hosts you mean? Compare with what they say themselves. Pin them? (yes/no) ', {
    secret: false,
  })
  if (answer.trim().toLowerCase() !== 'yes') throw refusal('the answer was not yes', 'run `trueno-deploy trust` again')
}

function refusal(cause: string, remedy: string): ProblemError {
  return new ProblemError([errorProblem({ code: 'not-trusted', title: 'nothing was pinned', cause, remedy })])
}

async function pin({ clusterFile }: Session, unknown: readonly Unknown[]): Promise<void> {
  const path = lockFileOf(clusterFile)
  const lock = await readLockFile(path)
  const added = Object.fromEntries(
    unknown.map(({ name, key }) => [name, [...(lock.hostKeys[name] ?? []), `${key.type} ${key.key}`]]),
  )
  await writeLockFile(path, { ...lock, hostKeys: { ...lock.hostKeys, ...added } })
}
