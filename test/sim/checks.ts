import { hasRole, members } from '../../src/cluster/cluster.js'
import { componentsOf, runsSparkWorker } from '../../src/trueno/components.js'
import { environmentFile } from '../../src/trueno/environment.js'
import { emptyFacts } from '../helpers/fixtures.js'
import type { Command } from './command.js'
import { workersOf } from './model/engines.js'
import { type Machine, sha256 } from './model/machine.js'
import { marked } from './model/process.js'
import { type Simulation, strangersLive } from './simulation.js'

/** What has to be true after each command. @throws Error with what is not */
export function nothingViolated({ invariants: { violations }, openConnections }: Simulation): void {
  if (violations.length > 0) throw new Error(violations.join('\n'))
  if (openConnections !== 0) throw new Error(`${openConnections} connections are left open`)
}

/** Every host runs what is wanted, all of it once, and the engines have found each other. */
export function isAsWanted({ machines }: Simulation, { cluster, release }: Pick<Command, 'cluster' | 'release'>): void {
  for (const host of members(cluster)) {
    const machine = machines.get(host.key) as Machine
    const { start } = machine.disk
    const names = marked(machine, 'trueno').map(({ name }) => name)
    const expected = ['', ...componentsOf(host, cluster).map(({ process }) => process)]
    equal(`${host.key}: processes`, names.sort().join(), expected.sort().join())
    equal(`${host.key}: release`, start?.release, release.id)
    equal(`${host.key}: cluster.json`, start?.clusterFile, cluster.file.sha256)
    equal(`${host.key}: settings`, start?.environment, sha256(environmentFile(host, emptyFacts(host.key).javaHome)))
    equal(`${host.key}: boot`, start?.bootId, machine.bootId)
    equal(`${host.key}: serves`, machine.ports.get(8000)?.service, 'core')
    if (hasRole(host, 'index')) equal(`${host.key}: index`, machine.ports.get(8004)?.service, 'elasticsearch')
  }
  const master = machines.get(cluster.coordinator)?.ports.get(8005)?.process
  const workers = master === undefined ? -1 : workersOf(master).length
  equal('Spark workers', workers, members(cluster).filter((host) => runsSparkWorker(host, cluster)).length)
  const balancers = [...machines.values()].filter((machine) => marked(machine, 'balancer').length > 0)
  equal('balancers', balancers.map(({ key }) => key).join(), cluster.balancer?.host ?? '')
}

/** After `down`: nothing of ours, and all that is not. */
export function nothingIsLeft({ machines }: Simulation): void {
  for (const machine of machines.values()) {
    const left = [...marked(machine, 'trueno'), ...marked(machine, 'balancer')]
    equal(`${machine.key}: processes after down`, left.map(({ pid }) => pid).join(), '')
    equal(`${machine.key}: strangers live`, strangersLive(machine), true)
    equal(`${machine.key}: ports after down`, machine.ports.size, 0)
    equal(`${machine.key}: live lease after down`, isLive(machine), false)
  }
}

/** One that was not given back, since the link was lost, has been silent by now. */
function isLive({ disk: { lease }, clock }: Machine): boolean {
  return lease !== null && clock.now() / 1000 - lease.beat <= 60
}

function equal(what: string, found: unknown, wanted: unknown): void {
  if (found !== wanted) throw new Error(`${what}: ${String(found)} instead of ${String(wanted)}`)
}
