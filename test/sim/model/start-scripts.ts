import type { StartRecord } from '../../../src/cluster/receipt.js'
import { layoutOf } from '../../../src/trueno/layout.js'
import { balancerProcess } from './balancer.js'
import { coreApp } from './core.js'
import { hostSeconds, type Machine, pause, sha256 } from './machine.js'
import { createGod, startApp } from './pm2.js'
import { type Marker, marked, type Process } from './process.js'
import { alone, requireHome, requireNumber, type Script, ScriptExit, type ScriptRun } from './script.js'
import { truenoHost } from './trueno-host.js'

/** TOKEN HOME DATA KEY CLUSTER_ID KILL_TIMEOUT_MS */
export const start: Script = async ([, home, data, key = '', clusterId = '', killTimeout], run) => {
  const { machine } = run
  requireHome(home, machine)
  if (data !== machine.data) throw new ScriptExit(74, `DATA must be ${machine.data}, not '${data}'`)
  const killTimeoutMs = requireNumber('KILL_TIMEOUT_MS', killTimeout)
  return alone('start', machine, async () => {
    const { clusterFile } = layoutOf(machine.home)
    const id = startId(machine)
    const record = makeRecord(id, clusterFile, machine)
    const running = isRunning(marked(machine, 'trueno'), machine.disk.start, record, clusterId)
    if (running !== undefined) return running
    moveTruenoLogs(machine)
    await pause(machine, machine.chance.between(20, 200))
    machine.disk.start = record
    machine.witness.started(machine, id)
    await pause(machine, machine.chance.between(200, 900))
    startTrueno(key, { clusterId, home: machine.home, part: 'trueno', startId: id }, killTimeoutMs, run)
    await pause(machine, machine.chance.between(500, 2000))
    return `${id}\n`
  })
}

/** TOKEN HOME CLUSTER_ID */
export const balancerStart: Script = async ([, home, clusterId = ''], run) => {
  const { machine } = run
  requireHome(home, machine)
  return alone('balancer', machine, async () => {
    const { balancerFile, balancerLog } = layoutOf(machine.home)
    const id = startId(machine)
    const record = makeRecord(id, balancerFile, machine)
    const running = isRunning(marked(machine, 'balancer'), machine.disk.balancerStart, record, clusterId)
    if (running !== undefined) return running
    machine.logs.setAside(balancerLog, `${machine.home}/logs/balancer-${machine.disk.balancerStart?.id ?? 0}`)
    machine.disk.balancerStart = record
    await pause(machine, machine.chance.between(300, 1200))
    balancerProcess({ clusterId, home: machine.home, part: 'balancer', startId: id }, run)
    return `${id}\n`
  })
}

function startId(machine: Machine): string {
  machine.lastPid += 1
  return `${hostSeconds(machine)}-${machine.lastPid}`
}

function makeRecord(id: string, file: string, machine: Machine): StartRecord {
  const { disk } = machine
  if (disk.current === null || disk.releases.get(disk.current)?.hasPackage !== true)
    throw new ScriptExit(74, `no release is active: ${machine.home}/current/lib/trueno.js is not there`)
  if (!disk.files.has(file)) throw new ScriptExit(74, `${file} is not there`)
  return {
    id,
    time: hostSeconds(machine),
    bootId: machine.bootId,
    release: disk.current,
    clusterFile: sha256(disk.files.get(file) ?? ''),
    environment: sha256(disk.files.get(layoutOf(machine.home).environmentFile) ?? ''),
  }
}

/** Just what would be started runs already: its id. Something else runs: refused. */
function isRunning(
  processes: readonly Process[],
  old: StartRecord | null,
  wanted: StartRecord,
  clusterId: string,
): string | undefined {
  if (processes.length === 0) return undefined
  const same = old !== null && basis(old) === basis(wanted)
  if (same && processes.every(({ marker }) => marker?.clusterId === clusterId && marker.startId === old.id))
    return `${old.id}\n`
  throw new ScriptExit(74, `${processes.length} processes of another start run already`)
}

function basis({ bootId, release, clusterFile, environment }: StartRecord): string {
  return [bootId, release, clusterFile, environment].join()
}

function moveTruenoLogs(machine: Machine): void {
  const { pm2Home, pm2Log } = layoutOf(machine.home)
  const old = `${machine.home}/logs/${machine.disk.start?.id ?? 0}`
  machine.logs.setAside(`${machine.data}/logs`, `${old}/data`)
  machine.logs.setAside(`${pm2Home}/logs`, `${old}/pm2`)
  machine.logs.setAside(pm2Log, old)
}

function startTrueno(key: string, marker: Marker, killTimeoutMs: number, { machine, network }: ScriptRun): void {
  const god = createGod(machine, marker, killTimeoutMs)
  startApp(
    machine,
    god,
    coreApp(() => truenoHost(key, machine, network), god, machine),
  )
}
