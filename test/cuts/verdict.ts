import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Cluster, Host } from '../../src/cluster/cluster.js'
import { componentsOf } from '../../src/trueno/components.js'
import type { Told } from '../helpers/command-line.js'
import { type Lab, twoHosts } from '../helpers/lab.js'
import { sessionsIn } from '../helpers/marked.js'
import { gone } from '../ssh/observe.js'

/** What is wrong with a cluster after the `first` run, which was cut, and the `last`, which was not unless it is the same. */
export async function faultsOf(lab: Lab, first: Told, last: Told): Promise<readonly string[]> {
  const ended = [
    ...endingFaults(first),
    ...(last.code === 0 ? [] : [`the last up ended with ${last.code}:\n${last.screen}`]),
  ]
  const plan = await lab.run('plan', '--exit-code')
  for (const { login } of lab.hosts) await gone(() => sessionsIn(login).length > 0)
  return [
    ...ended,
    ...(plan.code === 0 ? [] : [`there is still something to do:\n${plan.stdout}${plan.stderr}`]),
    ...lab.hosts.flatMap((_, index) => hostFaults(lab, index, last)),
  ]
}

/** A run that was cut may fail, with a cause that is about its connections, and a way on. */
function endingFaults({ code, problems, screen }: Told): readonly string[] {
  if (code === 0) return []
  if (code !== 1) return [`up ended with ${code}:\n${screen}`]
  const told = problems.filter(({ severity }) => severity === 'error')
  const unclear = told.filter(({ code, cause, remedy }) => !causes.has(code) || cause === '' || remedy === '')
  return told.length > 0 && unclear.length === 0 ? [] : [`up does not say what was wrong:\n${screen}`]
}

const causes = new Set(['connection-lost', 'connection-refused', 'ssh-protocol', 'lease-not-kept'])

function hostFaults(lab: Lab, index: number, last: Told): readonly string[] {
  const { key } = lab.host(index)
  const of = (what: string): string => `${key}: ${what}`
  return [
    ...startFaults(lab, index),
    ...processFaults(lab, index),
    ...leftovers(lab, index, last).map((path) => `${path} is left behind`),
  ].map(of)
}

function startFaults(lab: Lab, index: number): readonly string[] {
  const starts = lab.starts(index)
  const log = join(lab.host(index).home, 'run/pm2/pm2.log')
  const online = existsSync(log) ? readFileSync(log, 'utf8').match(/(?<=App name:)\S+(?= id:\d+ online)/g) : []
  return [
    ...(starts.length === 1 ? [] : [`started ${starts.length} times: ${starts.join()}`]),
    ...differences('started by pm2', online ?? [], namesOn(index)),
  ]
}

function processFaults(lab: Lab, index: number): readonly string[] {
  const all = lab.processes(index)
  const names = all.map(({ name }) => name).filter((name) => name !== '')
  const daemons = all.filter(({ name }) => name === '').length
  const expected = index === 0 ? daemonsOfCoordinator : daemonsOfOthers
  return [
    ...differences('running', names, namesOn(index)),
    ...(daemons === expected ? [] : [`${daemons} processes without a name of pm2's run, not ${expected}`]),
  ]
}

/** pm2's daemon; on the coordinator the balancer too, and what watches it. */
const daemonsOfOthers = 1
const daemonsOfCoordinator = 3

function namesOn(index: number): readonly string[] {
  const host = { key: String(index), roles: twoHosts[index], member: true } as unknown as Host
  return componentsOf(host, { coordinator: '0' } as Cluster).map(({ process }) => process)
}

function differences(what: string, found: readonly string[], wanted: readonly string[]): readonly string[] {
  const [have, want] = [found, wanted].map((names) => [...names].sort().join())
  return have === want ? [] : [`${what}: ${have}, not ${want}`]
}

/**
 * Files that only the way to something else needs: half-sent artifacts, files half written, flags, the coordinator's lease.
 * A lease stays with a host that the last run did not ask for one: in nobody's way, since its owner has ended.
 */
function leftovers(lab: Lab, index: number, last: Told): readonly string[] {
  const { home } = lab.host(index)
  const places = ['.', 'artifacts', 'releases', 'run', 'etc']
  const found = places.flatMap((place) => namesIn(join(home, place)).map((name) => join(place, name)))
  const leased = index === 0 && last.events.some(({ kind }) => kind === 'stepStarted')
  return found.filter((path) => /(^|\/)\.|\.new-|\.part-/.test(path) || (leased && path === 'lease'))
}

function namesIn(directory: string): readonly string[] {
  return existsSync(directory) ? readdirSync(directory) : []
}
