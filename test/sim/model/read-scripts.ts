import type { Facts, Listener, MarkedProcess } from '../../../src/cluster/facts.js'
import type { Receipt } from '../../../src/cluster/receipt.js'
import type { ReadScript } from '../../../src/plan/plan.js'
import { layoutOf } from '../../../src/trueno/layout.js'
import { exitedProcess } from '../../../src/trueno/lines.js'
import { emptyFacts } from '../../helpers/fixtures.js'
import { renderFacts } from '../../helpers/render-facts.js'
import { hostSeconds, type Machine, pause, sha256 } from './machine.js'
import { marked, type Process } from './process.js'
import { requireHome, requireNumber, type Script, ScriptExit } from './script.js'

/** The scripts of `remote/` that only read, as the model hosts run them. */
export const readScripts = { facts, evidence, contents, reach } satisfies Record<ReadScript, Script>

/** HOME DATA KEY [PORT|java=PATH|name=NAME|hostname]... */
async function facts(args: readonly string[], { machine }: Parameters<Script>[1]): Promise<string> {
  const [home, data, key, ...asked] = args
  const ports = asked.filter((word) => /^\d+$/.test(word))
  if (![machine.home, '~/trueno'].includes(home ?? '') || ![machine.data, '~/trueno/data'].includes(data ?? ''))
    throw new ScriptExit(74, `HOME and DATA must be those of the model, not '${home}' and '${data}'`)
  if (key !== machine.key) throw new ScriptExit(74, `KEY must be ${machine.key}, not '${key}'`)
  await pause(machine, machine.chance.between(20, 150))
  return renderFacts(factsOf(machine, ports.map(Number)))
}

function factsOf(machine: Machine, ports: readonly number[]): Facts {
  const empty = emptyFacts(machine.key)
  const { disk } = machine
  const ours = [...marked(machine, 'trueno'), ...marked(machine, 'balancer')]
  return {
    ...empty,
    machine: { ...empty.machine, bootId: machine.bootId, clock: hostSeconds(machine) },
    currentRelease: disk.current,
    releases: [...disk.releases.keys()].reverse(),
    parts: Object.fromEntries([...disk.releases].map(([id, { parts }]) => [id, parts])),
    artifacts: [...disk.artifacts],
    ...configuration(machine),
    start: disk.start,
    stoppedStart: disk.stoppedStart,
    balancerStart: disk.balancerStart,
    token: disk.token,
    lease: disk.lease === null ? null : { ...ownerOf(disk.lease), silent: hostSeconds(machine) - disk.lease.beat },
    exits: exitsOf(machine),
    processes: ours.map((process) => markedProcess(process, machine)),
    listeners: ports.flatMap((port) => listener(port, ours, machine)),
  }
}

function exitsOf({ logs, home }: Machine): Facts['exits'] {
  const names = logs
    .below(layoutOf(home).pm2Log)
    .flatMap(({ lines }) => lines.flatMap((line) => exitedProcess(line) ?? []))
  return Object.fromEntries([...new Set(names)].map((name) => [name, names.filter((one) => one === name).length]))
}

function ownerOf({
  beat: _beat,
  ...owner
}: NonNullable<Machine['disk']['lease']>): Omit<NonNullable<Facts['lease']>, 'silent'> {
  return owner
}

function configuration({ disk, home }: Machine): Pick<Facts, 'files' | 'receipt'> {
  const { clusterFile, environmentFile, enginesFile, balancerFile, receiptFile } = layoutOf(home)
  const hashOf = (path: string): string | null => {
    const content = disk.files.get(path)
    return content === undefined ? null : sha256(content)
  }
  const receipt = disk.files.get(receiptFile)
  return {
    files: {
      cluster: hashOf(clusterFile),
      environment: hashOf(environmentFile),
      engines: hashOf(enginesFile),
      balancer: hashOf(balancerFile),
      receipt: hashOf(receiptFile),
    },
    receipt: receipt === undefined ? null : (JSON.parse(receipt) as Receipt),
  }
}

function markedProcess(process: Process, machine: Machine): MarkedProcess {
  const { pid, marker, name, restarts, command, startedAt } = process
  if (marker === null) throw new Error('only what is ours is told')
  const { clusterId, part, startId } = marker
  const upSeconds = Math.floor((machine.clock.now() - startedAt) / 1000)
  return { pid, startTicks: pid * 10, upSeconds, clusterId, part, startId, name, restarts, command }
}

function listener(port: number, ours: readonly Process[], machine: Machine): readonly Listener[] {
  const holder = machine.ports.get(port)?.process
  if (holder === undefined) return []
  const { pid, command } = holder
  return [{ port, address: '*', pid, command, user: 'trueno', ours: ours.includes(holder) }]
}

/** HOME DATA LINES PORT... */
async function evidence(args: readonly string[], { machine }: Parameters<Script>[1]): Promise<string> {
  const [home, data, count, ...ports] = args
  requireHome(home, machine)
  if (data !== machine.data) throw new ScriptExit(74, `DATA must be ${machine.data}, not '${data}'`)
  const lines = requireNumber('LINES', count)
  await pause(machine, machine.chance.between(10, 100))
  const { pm2Home, pm2Log, balancerLog } = layoutOf(machine.home)
  const files = [`${pm2Home}/logs`, pm2Log, `${machine.data}/logs`, balancerLog].flatMap((path) =>
    machine.logs.below(path),
  )
  const logs = files.map((file) => [`==> ${file.path} <==`, ...file.lines.slice(-lines), ''].join('\n'))
  return [...logs, '==> state <==\n', ...conditionOf(machine, ports.map(Number)).map((line) => `${line}\n`)].join('')
}

/** What of it the model knows. */
function conditionOf(machine: Machine, ports: readonly number[]): readonly string[] {
  const ours = [...marked(machine, 'trueno'), ...marked(machine, 'balancer')]
  const processes = ours.map((process) => {
    const { pid, upSeconds, name, restarts, command } = markedProcess(process, machine)
    return ['process', pid, upSeconds, name, restarts, command]
  })
  const listeners = ports
    .flatMap((port) => listener(port, ours, machine))
    .map(({ port, address, pid, user, command, ours: isOurs }) => [
      'listener',
      port,
      address,
      pid,
      user,
      command,
      isOurs ? 'ours' : 'foreign',
    ])
  return [['now', hostSeconds(machine)], ...processes, ...listeners].map((fields) => fields.join('\t'))
}

/** SECONDS [HOST PORT]... */
async function reach(args: readonly string[], { machine, network }: Parameters<Script>[1]): Promise<string> {
  const [seconds, ...rest] = args
  const limitMs = 1000 * requireNumber('SECONDS', seconds)
  const ways = rest.flatMap((to, index) => (index % 2 === 0 ? [{ to, port: Number(rest[index + 1]) }] : []))
  const isSilent = (to: string): boolean => {
    const there = network.machines.get(to)
    return there === undefined || !there.up || there.silentUntil > machine.clock.now()
  }
  const lines = ways.map(({ to, port }) => {
    if (isSilent(to)) return `way\t${to}\t${port}\tsilent\t\t`
    return `way\t${to}\t${port}\t${network.dial(to, port) === undefined ? 'refused' : 'open'}\t1\t`
  })
  await pause(machine, ways.some(({ to }) => isSilent(to)) ? limitMs : machine.chance.between(5, 50))
  return ['reach\t1', ...lines, 'end', ''].join('\n')
}

/** HOME DATA MOST PREFIX...; nobody changes anything by hand there. */
async function contents(args: readonly string[], { machine }: Parameters<Script>[1]): Promise<string> {
  requireHome(args[0], machine)
  await pause(machine, machine.chance.between(100, 3000))
  return 'contents\t1\nfound\t0\nend\n'
}
