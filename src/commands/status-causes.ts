import { type Cluster, type Host, type HostKey, isCoordinator, members } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import type { HostStatus, Status } from '../cluster/status.js'
import { type Causes, lookForCauses, nothingRuns } from '../engine/causes-on-host.js'
import { isExplained } from '../engine/explain-problems.js'
import { ended } from '../engine/failing.js'
import { unwellIn } from '../engine/unwell.js'
import type { Problem } from '../errors.js'
import { restartingOf } from '../plan/restarting.js'
import { isMeantToRun, servesDrivers } from '../plan/state.js'
import { createSlots } from '../ssh/slots.js'
import { componentsOf } from '../trueno/components.js'
import type { ReadContext, ReadFleet } from './context.js'
import type { Health } from './host-status.js'
import type { Visit } from './visit.js'

/** Hosts looked at at once. */
const mostAtOnce = 32

/**
 * Looks, read-only, at the hosts that are not well, and at no others; where it is found why, that is told instead of
 * what it brings about.
 */
export async function withCauses(
  status: Status,
  { cluster, facts }: Visit,
  health: Health,
  { connections }: ReadFleet,
  { world, signal }: ReadContext,
): Promise<Status> {
  if (status.state === 'ready' || status.state === 'absent') return status
  if (status.state === 'stopped') return withEnds(status, facts)
  const problems = status.hosts.flatMap((host) => host.problems)
  const unwell = unwellIn(problems, cluster, health.answers)
  const slots = createSlots(mostAtOnce)
  const look = async (told: HostStatus): Promise<HostStatus> => {
    const host = members(cluster).find(({ key }) => key === told.host)
    const [known, connection] = [facts.get(told.host), connections.get(told.host)]
    const about = unwell.filter((one) => one.host === told.host).map(({ component }) => component)
    if (host === undefined || known === undefined || connection === undefined) return told
    // Somebody else may have stopped it: the look tells.
    if (told.state === 'stopped' ? !isMeantToRun(known) : about.length === 0 && isAsStarted(told)) return told
    const awaits = awaitedBy(host, cluster, known)
    const options = {
      restarting: restartingOf(known, componentsOf(host, cluster)),
      about: isAsStarted(told) ? about : [],
    }
    const around = { host, cluster, facts: known, connection, world, signal, awaits }
    return explained(told, await slots.use(() => lookForCauses(around, options)))
  }
  const hosts = await Promise.all(status.hosts.map(look))
  signal.throwIfAborted()
  return { ...status, hosts }
}

/** Where nothing runs at all, no host is looked at: as a rule all have lost their power, and the facts say so. */
function withEnds(status: Status, facts: ReadonlyMap<HostKey, Facts>): Status {
  const hosts = status.hosts.map((told) => {
    const known = facts.get(told.host)
    const hasEnded = told.state === 'stopped' && known !== undefined && isMeantToRun(known)
    return hasEnded ? { ...told, problems: [nothingRuns(known, ended), ...told.problems] } : told
  })
  return { ...status, hosts }
}

function isAsStarted({ problems }: HostStatus): boolean {
  return !problems.some(({ code }) => code === 'not-as-started' || code === 'keeps-restarting')
}

/** At its barrier the coordinator waits for all others. */
function awaitedBy(host: Host, cluster: Cluster, facts: Facts): readonly HostKey[] {
  if (!isCoordinator(cluster, host) || servesDrivers(facts)) return []
  return members(cluster)
    .map(({ key }) => key)
    .filter((key) => key !== host.key)
}

function explained(host: HostStatus, causes: Causes): HostStatus {
  const told = toldOf(host, causes)
  const isEffect = (problem: Problem): boolean =>
    isExplained(problem, told) || (problem.code === 'keeps-restarting' && causes.failures.length > 0)
  return { ...host, problems: [...told, ...host.problems.filter((problem) => !isEffect(problem))] }
}

/** What is waited for may pass while a host starts; on one that has started it is what is wrong. */
function toldOf({ host, state }: HostStatus, { failures, delays }: Causes): readonly Problem[] {
  if (state === 'stopped' && failures.some(({ code }) => code === 'stopped-meanwhile')) return []
  if (failures.length > 0) return failures
  return delays.map((delay) => ({ ...delay, severity: state === 'starting' ? 'warning' : 'error', host }))
}
