import assert from 'node:assert/strict'
import type { HostStatus, Status } from '../../src/cluster/status.js'
import type { NamespaceHost } from '../helpers/namespace-host.js'
import type { Ran } from '../helpers/namespace-machine.js'
import { balancerPort, type Lab } from './lab.js'

/** One thing a user does with a cluster, and what must come of it; throws when it does not. */
export interface Step {
  readonly title: string
  readonly act: (lab: Lab) => Promise<void>
}

/** The life of a cluster, read aloud. */
export const cycle: readonly Step[] = [
  { title: 'trust: host keys are pinned', act: (lab) => succeeds(lab, 'trust', '--yes') },
  { title: 'plan: changes are to be made', act: hasChanges },
  { title: 'up', act: (lab) => succeeds(lab, 'up') },
  { title: 'status: everything answers', act: isReady },
  { title: 'up again: nothing to do', act: hasNothingToDo },
  { title: 'requests: every host, and through the balancer', act: serves },
  { title: 'a host without network: status tells, and forgets it afterwards', act: survivesLostHost },
  { title: 'Trueno itself killed: pm2 brings it back', act: survivesKilledCore },
  { title: 'everything on a host killed: status tells', act: tellsDeadHost },
  { title: 'up: that host alone is started', act: repairsOneHost },
  { title: 'down', act: (lab) => succeeds(lab, 'down') },
  { title: 'nothing is left: no process, no open port', act: leavesNothing },
  { title: 'down again: nothing to do', act: (lab) => says(lab, /Nothing to do/, 'down') },
  { title: 'up after down: old logs deceive nobody', act: (lab) => succeeds(lab, 'up') },
  { title: 'status: everything answers again', act: isReady },
  { title: 'down', act: (lab) => succeeds(lab, 'down') },
  { title: 'nothing is left: no process, no open port', act: leavesNothing },
]

/** What is proved of a release with real engines: they answer, themselves, before and after a restart. */
export const engines: readonly Step[] = [
  { title: 'trust: host keys are pinned', act: (lab) => succeeds(lab, 'trust', '--yes') },
  { title: 'up, with no network but SSH', act: (lab) => succeeds(lab, 'up') },
  { title: 'status: everything answers', act: isReady },
  { title: 'Elasticsearch has its nodes, Spark its workers, Gremlin answers', act: enginesAnswer },
  { title: 'requests: every host, and through the balancer', act: serves },
  { title: 'down', act: (lab) => succeeds(lab, 'down') },
  { title: 'nothing is left: no process, no open port', act: leavesNothing },
  { title: 'up again', act: (lab) => succeeds(lab, 'up') },
  { title: 'status: everything answers again', act: isReady },
  { title: 'Elasticsearch has its nodes, Spark its workers, Gremlin answers', act: enginesAnswer },
  { title: 'requests: every host, and through the balancer', act: serves },
  { title: 'down', act: (lab) => succeeds(lab, 'down') },
  { title: 'nothing is left: no process, no open port', act: leavesNothing },
]

async function ends(lab: Lab, exitCode: number, ...words: readonly string[]): Promise<Ran> {
  const ran = await lab.type(...words, '--plain')
  assert.equal(ran.exitCode, exitCode, `trueno-deploy ${words.join(' ')} ended with ${ran.exitCode}\n${ran.stderr}`)
  return ran
}

async function succeeds(lab: Lab, ...words: readonly string[]): Promise<void> {
  await ends(lab, 0, ...words)
}

async function says(lab: Lab, pattern: RegExp, ...words: readonly string[]): Promise<void> {
  assert.match((await ends(lab, 0, ...words)).stdout, pattern)
}

async function hasChanges(lab: Lab): Promise<void> {
  await ends(lab, 5, 'plan', '--exit-code')
}

async function isReady(lab: Lab): Promise<void> {
  await succeeds(lab, 'status')
  const { exitCode, told } = await status(lab)
  assert.deepEqual(summary(told), {
    state: 'ready',
    elasticsearch: { nodes: 2, expectedNodes: 2, healthy: true },
    spark: { status: 'ALIVE', workers: 3, expectedWorkers: 3 },
    balancer: 'running',
    silent: [],
    problems: [],
  })
  assert.equal(exitCode, 0)
}

function summary({ state, elasticsearch, spark, balancer, hosts }: Status): object {
  return {
    state,
    elasticsearch: elasticsearch && {
      nodes: elasticsearch.nodes,
      expectedNodes: elasticsearch.expectedNodes,
      healthy: ['green', 'yellow'].includes(elasticsearch.status),
    },
    spark,
    balancer: balancer?.state,
    silent: hosts.flatMap((host) => silentComponents(host)),
    problems: hosts.flatMap(({ problems }) => problems),
  }
}

/** Those that are not there, or do not answer when asked. */
function silentComponents({ host, components }: HostStatus): readonly string[] {
  return components
    .filter(({ state, answers }) => state !== 'running' || answers === false)
    .map(({ name }) => `${name} on ${host}`)
}

async function hasNothingToDo(lab: Lab): Promise<void> {
  await says(lab, /Nothing to do/, 'up')
}

async function serves(lab: Lab): Promise<void> {
  const ports = lab.hosts.map(({ address }) => `${address}:8000`)
  const coordinator = lab.hosts[0] as NamespaceHost
  for (const place of [...ports, `${coordinator.address}:${balancerPort}`])
    assert.equal(await lab.get(`http://${place}/`), 200, `GET http://${place}/`)
}

/** Asked over the hosts' own network, past our tool. */
async function enginesAnswer(lab: Lab): Promise<void> {
  const [coordinator, , index] = lab.hosts.map(({ address }) => address)
  const health = JSON.parse((await lab.ask(`http://${index}:8004/_cluster/health`)).text)
  assert.equal(health.number_of_nodes, 2, JSON.stringify(health))
  const spark = JSON.parse((await lab.ask(`http://${coordinator}:8006/json/`)).text)
  const alive = spark.workers.filter((worker: { state: string }) => worker.state === 'ALIVE')
  assert.equal(alive.length, 3, JSON.stringify(spark))
  // It speaks WebSocket: that it wants to upgrade is its answer.
  for (const { address } of lab.hosts) {
    const { status, text } = await lab.ask(`http://${address}:8002/gremlin`)
    assert.equal(`${status} ${text}`.trim(), '400 not a WebSocket handshake request: missing upgrade')
  }
}

async function survivesLostHost(lab: Lab): Promise<void> {
  const lost = lab.hosts[3] as NamespaceHost
  await lost.unplug()
  try {
    const { exitCode, told } = await status(lab)
    assert.equal(exitCode, 3)
    assert.deepEqual(
      told.hosts.map(({ reachable }) => reachable),
      [true, true, true, false],
    )
  } finally {
    await lost.plug()
  }
  await becomesReady(lab)
}

async function survivesKilledCore(lab: Lab): Promise<void> {
  const host = lab.hosts[2] as NamespaceHost
  const pid = coreOf(await status(lab), host)
  await host.run(['kill', '-KILL', String(pid)])
  await becomesReady(lab)
  assert.notEqual(coreOf(await status(lab), host), pid)
  await hasNothingToDo(lab)
}

async function tellsDeadHost(lab: Lab): Promise<void> {
  const host = lab.hosts[1] as NamespaceHost
  for (const { pid } of host.ofUser()) process.kill(pid, 'SIGKILL')
  const { exitCode, told } = await status(lab)
  assert.equal(exitCode, 3)
  assert.equal(told.state, 'degraded')
  assert.equal(told.hosts[1]?.state, 'stopped')
}

async function repairsOneHost(lab: Lab): Promise<void> {
  const others = lab.hosts.filter((_, index) => index !== 1)
  const before = await status(lab)
  await succeeds(lab, 'up')
  const after = await status(lab)
  assert.deepEqual(
    others.map((host) => coreOf(after, host)),
    others.map((host) => coreOf(before, host)),
  )
  await isReady(lab)
}

async function leavesNothing(lab: Lab): Promise<void> {
  // The last of sshd's own processes ends a moment after the connection.
  await until('no process of the user is left', async () => lab.hosts.every((host) => host.ofUser().length === 0))
  for (const host of lab.hosts) assert.deepEqual(host.listeningPorts(), [22], `open ports of ${host.address}`)
}

interface Told {
  readonly exitCode: number | null
  readonly told: Status
}

async function status(lab: Lab): Promise<Told> {
  const { exitCode, stdout, stderr } = await lab.type('status', '--json')
  assert.notEqual(stdout, '', stderr)
  return { exitCode, told: JSON.parse(stdout) }
}

function coreOf({ told }: Told, { address }: NamespaceHost): number | null | undefined {
  const components = told.hosts.find(({ host }) => host === address)?.components
  return components?.find(({ name }) => name === 'core')?.pid
}

async function becomesReady(lab: Lab): Promise<void> {
  await until('the cluster is ready', async () => (await status(lab)).told.state === 'ready')
  await isReady(lab)
}

const patienceMs = 180_000

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + patienceMs
  while (!(await holds())) {
    assert.ok(performance.now() < end, `within ${patienceMs / 1000} s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}
