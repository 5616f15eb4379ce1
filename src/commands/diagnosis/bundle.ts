import { type Cluster, type HostKey, isCoordinator } from '../../cluster/cluster.js'
import type { Facts } from '../../cluster/facts.js'
import type { Event } from '../../engine/events.js'
import type { Problem } from '../../errors.js'
import type { Plan } from '../../plan/plan.js'
import { withoutSecrets } from '../../plan/secrets.js'
import type { TextFile } from '../../release/text-archive.js'
import { readScene } from '../../trueno/read-scene.js'
import type { SceneLine } from '../../trueno/scene.js'
import { redactor } from './redact.js'

/** What goes into a bundle. */
export interface Diagnosis {
  /** Folder that everything in it lies in. */
  readonly name: string
  readonly versions: Readonly<Record<string, string>>
  readonly cluster: Cluster
  readonly facts: ReadonlyMap<HostKey, Facts>
  readonly unreachable: ReadonlyMap<HostKey, Problem>
  /** Output of `evidence.sh`; a host that could not be looked at is missing. */
  readonly evidence: ReadonlyMap<HostKey, string>
  /** Null: none could be made. */
  readonly plan: Plan | null
  /** Of the run that failed; empty: none did. */
  readonly events: readonly Event[]
  readonly problems: readonly Problem[]
}

/** The files of a bundle, without secrets. Pure. */
export function bundleFiles(diagnosis: Diagnosis): readonly TextFile[] {
  const redact = redactor(diagnosis.cluster)
  const files = [
    ...overview(diagnosis),
    ...runOf(diagnosis),
    ...diagnosis.cluster.hosts.flatMap(({ key }) => hostOf(key, diagnosis)),
  ]
  return files.map(({ path, text }) => ({ path: `${diagnosis.name}/${path}`, text: redact(text) }))
}

function overview(diagnosis: Diagnosis): readonly TextFile[] {
  const { versions, cluster, unreachable, evidence } = diagnosis
  const missing = [...unreachable].map(([host, { cause }]) => `  ${host}: ${cause}`)
  const silent = cluster.hosts.filter(({ key }) => !evidence.has(key) && !unreachable.has(key))
  const lines = [
    `Diagnosis of the cluster ${cluster.name}, made by trueno-deploy. Values that may be secrets are not in it.`,
    '',
    'cluster.json    hosts and roles            versions.json  of the tool and of this machine',
    'plan.json       what `up` would do         events.jsonl, problems.json  of the run that failed',
    'hosts/HOST/     facts.json, condition.json, logs/ since the present start',
    ...(missing.length > 0 ? ['', 'Not reached:', ...missing] : []),
    ...(silent.length > 0 ? ['', 'Not looked at:', ...silent.map(({ key }) => `  ${key}`)] : []),
  ]
  return [
    { path: 'README.txt', text: `${lines.join('\n')}\n` },
    json('versions.json', versions),
    json('cluster.json', clusterOf(cluster)),
    ...(unreachable.size > 0 ? [json('unreachable.json', Object.fromEntries(unreachable))] : []),
  ]
}

/** How hosts are reached and what they are, without the settings of the engines. */
function clusterOf(cluster: Cluster): object {
  const hosts = cluster.hosts.map((host) => ({
    key: host.key,
    roles: host.roles,
    isCoordinator: isCoordinator(cluster, host),
    ssh: host.access.ssh,
    home: host.home,
    data: host.data,
    settings: Object.keys(host.environment),
  }))
  return { name: cluster.name, hosts, balancer: cluster.balancer, timeouts: cluster.timeouts }
}

function runOf({ plan, events, problems }: Diagnosis): readonly TextFile[] {
  return [
    ...(plan === null ? [] : [json('plan.json', withoutSecrets(plan))]),
    ...(problems.length === 0 ? [] : [json('problems.json', problems)]),
    ...(events.length === 0
      ? []
      : [{ path: 'events.jsonl', text: events.map((event) => `${JSON.stringify(event)}\n`).join('') }]),
  ]
}

function hostOf(key: HostKey, { facts, evidence }: Diagnosis): readonly TextFile[] {
  const directory = `hosts/${key.replace(/[^\w.-]/g, '_')}`
  const found = facts.get(key)
  const seen = evidence.get(key)
  return [
    ...(found === undefined ? [] : [json(`${directory}/facts.json`, found)]),
    ...(seen === undefined ? [] : evidenceFiles(directory, seen)),
  ]
}

function evidenceFiles(directory: string, output: string): readonly TextFile[] {
  const { lines, condition } = readScene(output)
  const logs = new Map<string, SceneLine[]>()
  for (const line of lines) logs.set(line.file, [...(logs.get(line.file) ?? []), line])
  return [
    json(`${directory}/condition.json`, condition),
    ...[...logs].map(([file, own]) => ({ path: `${directory}/logs/${flat(file)}`, text: textOf(own) })),
  ]
}

/** Logs of several directories may have one name. */
function flat(file: string): string {
  return file
    .split('/')
    .slice(-3)
    .join('_')
    .replace(/[^\w.-]/g, '_')
}

function textOf(lines: readonly SceneLine[]): string {
  return lines.map(({ text }) => `${text}\n`).join('')
}

function json(path: string, value: unknown): TextFile {
  return { path, text: `${JSON.stringify(value, null, 2)}\n` }
}
