import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Host } from '../src/cluster/cluster.js'
import { completeSettings } from '../src/config/defaults.js'
import type { Plan, Step } from '../src/plan/plan.js'
import { environmentFile } from '../src/trueno/environment.js'
import { type BenchHosts, sessionEnvironment } from './hosts.js'
import { type RunOptions, run, toolCommand, type Usage } from './measure.js'

/**
 * Makes the hosts look as `up` leaves them, but for processes: release, configuration and receipt in place. Their files
 * are made here, as the plan says; a release is an empty folder with the right name, which is all that facts look at.
 * Resolves with what the `plan` took that found them so.
 */
export async function makeUnchanged(cluster: BenchHosts, options: RunOptions): Promise<Usage> {
  const { plan } = await makePlan(cluster, options)
  const settings = settingsFile(cluster)
  for (const { work } of plan.phases)
    for (const { steps } of work) for (const step of steps) carryOut(step, plan.release?.id ?? '', settings)
  const { plan: next, usage } = await makePlan(cluster, options)
  const left = next.phases.map(({ id }) => id)
  if (left.includes('stage') || left.includes('configure')) throw new Error(`hosts are not as planned: ${left.join()}`)
  return usage
}

async function makePlan({ clusterFile }: BenchHosts, options: RunOptions): Promise<{ plan: Plan; usage: Usage }> {
  const { stdout, ...usage } = await run(toolCommand('plan', clusterFile, '--json'), options)
  return { plan: JSON.parse(stdout), usage }
}

/** The one file that a shown plan keeps to itself; it is the same on all these hosts. */
function settingsFile({ directory, hosts }: BenchHosts): string {
  const input = readFileSync(hosts[0]?.factsInput ?? '')
  const facts = execFileSync('sh', { input, env: sessionEnvironment(directory), encoding: 'utf8', stdio: 'pipe' })
  const javaHome = /^java-home\t(.+)$/m.exec(facts)?.[1] ?? null
  return environmentFile(completeSettings({}) as Host, javaHome)
}

function carryOut(step: Step, release: string, settings: string): void {
  if (step.kind === 'fetch') makeFolder(join(step.home, 'artifacts', step.artifact))
  if (step.kind === 'write') writeTo(step.path, step.secret ? settings : step.content, step.mode)
  if (step.kind !== 'run') return
  const [home = ''] = step.args
  if (step.script === 'assemble') makeFolder(join(home, 'releases', release))
  if (step.script === 'activate') symlinkSync(`releases/${release}`, join(home, 'current'))
}

function makeFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
}

function writeTo(path: string, content: string, mode: number): void {
  makeFolder(dirname(path))
  writeFileSync(path, content)
  chmodSync(path, mode)
}
