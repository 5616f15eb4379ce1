import type { ProblemCode } from '../catalogue/catalogue.js'
import type { Cluster, Host, HostKey } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import type { ClusterId } from '../cluster/receipt.js'
import { type Surroundings, unknownSurroundings } from '../cluster/surroundings.js'
import type { Problem } from '../errors.js'
import type { Release } from '../trueno/release.js'
import type { Check, Checked, Find, Finding } from './checks/checked.js'
import { hostChecks } from './checks/checks.js'
import { clusterChecks } from './checks/cluster-checks.js'
import { canFix, type Fix, fixesFor } from './checks/fixes.js'
import type { PlanContext, WantedRelease } from './context.js'

/** What is wanted and what was found, for a plan or for the checks alone. */
export interface Preflight {
  readonly cluster: Cluster
  readonly clusterId: ClusterId
  /** A whole release at hand, or what the receipts tell of it; null: none is needed, or none is known. */
  readonly release: Release | WantedRelease | null
  readonly facts: ReadonlyMap<HostKey, Facts>
  /** Default: nothing is known of them. */
  readonly surroundings?: Surroundings
  /** Keys chosen by --hosts and --roles; null: all. */
  readonly chosen: readonly HostKey[] | null
  readonly parallel: number
  /** Hosts may get things from each other. Default: true. */
  readonly relay?: boolean
}

/** Everything that would make `up` fail, or that is to be warned of. `check` tells what `up` need not. Pure. */
export function preflightProblems(inputs: Preflight, verb: 'up' | 'check' = 'up'): readonly Problem[] {
  const context = contextOf(inputs)
  const whole = wholeOf(inputs.release)
  const across = tableOf(clusterChecks, verb).flatMap((row) => findings(row, row.find(context, whole)))
  const rows = tableOf(hostChecks, verb)
  const perHost = checkedHosts(context, whole).flatMap((checked) => rows.flatMap((row) => problemsOn(checked, row)))
  return [...across, ...perHost]
}

function problemsOn(checked: Checked, row: Row<Find>): readonly Problem[] {
  const found = row.find(checked)
  const way = found.length > 0 && canFix(row.code, checked) ? '; or let `trueno-deploy check --fix` do it' : ''
  return findings(
    { ...row, host: checked.host.key },
    found.map((finding) => ({ ...finding, remedy: `${finding.remedy}${way}` })),
  )
}

/** What root can mend of what was found. Pure. */
export function preflightFixes(inputs: Preflight): ReadonlyMap<HostKey, readonly Fix[]> {
  const { release } = inputs
  const hosts = checkedHosts(contextOf(inputs), wholeOf(release))
  return new Map(hosts.map((checked) => [checked.host.key, fixesFor(checked)]))
}

function checkedHosts(context: PlanContext, release: Release | null): readonly Checked[] {
  return context.chosen.flatMap((host) => {
    const facts = context.facts.get(host.key)
    return facts === undefined ? [] : [{ host, facts, context, release }]
  })
}

function wholeOf(release: Preflight['release']): Release | null {
  return release !== null && 'kind' in release ? release : null
}

type Row<F> = Check<F> & { readonly code: ProblemCode }

function tableOf<F>(table: Partial<Record<ProblemCode, Check<F>>>, verb: 'up' | 'check'): readonly Row<F>[] {
  const rows = Object.entries(table).map(([code, check]) => ({ ...check, code: code as ProblemCode }))
  return rows.filter(({ told }) => told === 'always' || verb === 'check')
}

type Source = Pick<Problem, 'code' | 'severity' | 'host'>

function findings({ code, severity, host }: Source, found: readonly Finding[]): readonly Problem[] {
  return found.map((finding) => ({ evidence: '', ...(host !== undefined && { host }), ...finding, code, severity }))
}

export function contextOf(inputs: Preflight): PlanContext {
  const {
    cluster,
    clusterId,
    release,
    facts,
    chosen,
    parallel,
    relay = true,
    surroundings = unknownSurroundings,
  } = inputs
  const isChosen = (host: Host): boolean => chosen === null || chosen.includes(host.key)
  return {
    cluster,
    clusterId,
    release,
    facts,
    surroundings,
    parallel,
    relay,
    chosen: cluster.hosts.filter((host) => facts.has(host.key) && isChosen(host)),
  }
}
