import type { AlreadyUp } from './already-up.js'
import type { Check } from './check.js'
import type { FactsAndPlan } from './facts-and-plan.js'
import type { LogLines } from './log-lines.js'
import type { Machine } from './machine.js'
import type { Usage } from './measure.js'
import type { MuchMemory } from './memory.js'
import type { SmallFiles } from './small-files.js'
import type { Visits, Ways } from './ssh.js'
import type { StartUp } from './start-up.js'
import type { Transfer } from './transfer.js'
import type { Uplink } from './uplinked.js'

/** All that one run of the bench has found. Times in milliseconds, memory in MB. */
export interface Results extends Machine {
  readonly version: 1
  readonly loadAfter: number
  /** Null where this part was left out, as with the others. */
  readonly startUp: StartUp | null
  readonly alreadyUp: AlreadyUp | null
  readonly factsAndPlan: readonly FactsAndPlan[]
  readonly logLines: readonly LogLines[]
  readonly checks: readonly Check[]
  readonly visits: Visits | null
  readonly ways: Ways | null
  readonly transfer: {
    readonly copies: Transfer
    readonly uplink: Uplink
    readonly smallFiles: SmallFiles
    readonly memory: Usage & { readonly megabytes: number }
  } | null
  readonly muchMemory: MuchMemory | null
  readonly large: (Usage & { readonly hosts: number }) | null
}

interface Row {
  readonly what: string
  readonly measured: string
  /** Empty: nothing is promised. */
  readonly target: string
  readonly met: boolean | null
}

/** The results as a table for people: one line each, with its target. */
export function render(results: Results): string {
  const rows = [
    ...results.factsAndPlan.flatMap(factsRows),
    ...results.logLines.flatMap(logRows),
    ...results.checks.flatMap(checkRows),
    ...(results.visits === null ? [] : visitRows(results.visits)),
    ...(results.ways === null ? [] : wayRows(results.ways)),
    ...(results.alreadyUp === null ? [] : upRows(results.alreadyUp)),
    ...(results.startUp === null ? [] : startRows(results.startUp)),
    ...(results.transfer === null ? [] : transferRows(results.transfer)),
    ...(results.muchMemory === null ? [] : muchMemoryRows(results.muchMemory)),
    ...largeRows(results.large),
  ]
  const head = `${results.date.slice(0, 10)} · ${results.cores} cores (${results.cpu}), Node ${results.node}, OpenSSH ${results.openssh}; load ${results.load.toFixed(1)} → ${results.loadAfter.toFixed(1)}`
  return [head, '', ...layOut(rows)].join('\n')
}

function factsRows({ hosts, of, against }: FactsAndPlan): readonly Row[] {
  const { bareSsh2, sshEach, sshEachSameKex } = against
  const both = (one: { wall: number | null; cpu: number | null }): string => `${times(one.wall)} (${times(one.cpu)})`
  return [
    told(`facts + plan, ${hosts} hosts`, `${seconds(of.plan.wallMs)}, ${megabytes(of.plan.process?.memoryMb)}`),
    atMost('  wall, times the bare ssh2 loop', bareSsh2.workWall, 1.15, times),
    atMost('  its CPU, times that', bareSsh2.workCpu, 1.3, times),
    atMost('  its memory, times that', bareSsh2.memory, 1.5, times),
    told('  wall (CPU) with start-up, times that', both(bareSsh2)),
    told('  wall (CPU), times one ssh per host', both(sshEach)),
    told('  the same, with the same key exchange', both(sshEachSameKex)),
  ]
}

function logRows({ hosts, oneByOne, allAtOnce }: LogLines): readonly Row[] {
  const delay = ({ median, p95 }: LogLines['oneByOne']): string => `${median.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`
  return [
    row(`log line → next step, ${hosts} hosts`, delay(oneByOne), 'p95 ≤ 50 ms', oneByOne.p95 <= 50),
    row('  all hosts at the same moment', delay(allAtOnce), 'p95 ≤ 50 ms', allAtOnce.p95 <= 50),
  ]
}

function checkRows({ hosts, of, factsMs, waysMs, waysTimesFacts, ways, scripts }: Check): readonly Row[] {
  return [
    told(`check, ${hosts} hosts`, `${seconds(of.wallMs)}, ${megabytes(of.process?.memoryMb)}`),
    told('  facts of all, connections open', seconds(factsMs)),
    told(`  ${ways} ways between them, ${scripts - 1} script more on each`, seconds(waysMs)),
    atMost('  wall, times the facts', waysTimesFacts, 2, times),
  ]
}

function visitRows({ hosts, of, wallAgainst, cpuAgainstBare, ansible, sealedKey }: Visits): readonly Row[] {
  return [
    told(`connect + facts + close, ${hosts} hosts`, `${seconds(of.wallMs)}, ${megabytes(of.process?.memoryMb)}`),
    atMost('  wall, times the bare ssh2 loop', wallAgainst.bareSsh2, 1.15, times),
    atMost('  its CPU, times that', cpuAgainstBare, 1.3, times),
    told('  wall, times xargs -P32 ssh', times(wallAgainst.sshEach)),
    told('  wall, times ssh over a ControlMaster', times(wallAgainst.sshMasters)),
    ...ansibleRows(ansible),
    row(
      '  key with a passphrase: decryptions',
      `${sealedKey.decryptions}, ${milliseconds(sealedKey.decryptMs)} each; ${milliseconds(sealedKey.moreMs)} more`,
      '1',
      sealedKey.decryptions === 1,
    ),
  ]
}

function ansibleRows(ansible: Visits['ansible']): readonly Row[] {
  if (ansible === null) return [told('  Ansible', 'left out: no ansible-playbook that works on PATH')]
  const { version, five, one } = ansible
  return [
    atLeast(`  plan, times faster than Ansible ${version}, 5 commands`, five.timesPlan, 15),
    atLeast('  the same, one shell task', one.timesPlan, 5),
  ]
}

function wayRows({ hosts, jump, openssh, jumpTimesDirect, opensshTimesMasters }: Ways): readonly Row[] {
  return [
    told(`the same, ${hosts} hosts behind one jump host`, seconds(jump.wallMs)),
    atMost('  wall, times the same hosts without', jumpTimesDirect, 1.3, times),
    told(`the same, ${hosts} hosts over the OpenSSH transport`, seconds(openssh.wallMs)),
    atMost('  wall, times ssh over a ControlMaster', opensshTimesMasters, 1.1, times),
  ]
}

function upRows(up: AlreadyUp): readonly Row[] {
  return [
    atMost(`up of a cluster that is up, ${up.hosts} hosts`, up.wallMs, 1000, seconds),
    told('  status of it', seconds(up.status.wallMs)),
  ]
}

function startRows({ nodeMs, versionMoreMs, helpMoreMs }: StartUp): readonly Row[] {
  return [
    told('node -e 0', milliseconds(nodeMs)),
    atMost('  --version, more than that', versionMoreMs, 60, milliseconds),
    atMost('  --help, more than that', helpMoreMs, 60, milliseconds),
  ]
}

function transferRows({ copies, uplink, smallFiles, memory }: NonNullable<Results['transfer']>): readonly Row[] {
  const { against } = copies
  return [
    told(
      `${copies.megabytes} MiB to ${copies.hosts} hosts, in place`,
      `${seconds(copies.of.wallMs)}, ${copies.summary}`,
    ),
    atMost('  wall, times scp (aes128-gcm)', against.scp, 1, times),
    ...(against.rsync === null ? [] : [atMost('  wall, times rsync', against.rsync, 0.77, times)]),
    told('  wall, times ssh cat', times(against.sshCat)),
    ...(against.ansible === null ? [] : [atMost('  wall, times Ansible copy', against.ansible, 0.33, times)]),
    told('  each from here, times scp', `${times(copies.directAgainstScp)}, ${seconds(copies.direct.wallMs)}`),
    told('  through an uplink of 500 Mbit/s', seconds(uplink.of.wallMs)),
    atMost('    wall, times scp', uplink.againstScp, 0.2, times),
    atMost('    leaves this machine, times the file', uplink.left, 1.1, times),
    told(`${smallFiles.files} small files, in place`, seconds(smallFiles.of.wallMs)),
    atMost('  wall, times tar x', smallFiles.againstTar, 1.2, times),
    atMost(`memory, ${memory.megabytes} MiB to 32 hosts, each from here`, memory.process?.memoryMb, 250, megabytes),
  ]
}

function muchMemoryRows({ hosts, megabytes: size, direct, relayed }: MuchMemory): readonly Row[] {
  const what = `memory, ${size} MiB to ${hosts} hosts, each from here (${seconds(direct.wallMs)})`
  return [
    atMost(what, direct.process?.memoryMb, 250, megabytes),
    atMost(`  hosts pass it on (${seconds(relayed.wallMs)})`, relayed.process?.memoryMb, 250, megabytes),
  ]
}

function largeRows(large: Results['large']): readonly Row[] {
  if (large === null) return []
  const what = `facts + plan, ${large.hosts} hosts`
  return [
    told(what, `${seconds(large.wallMs)}, ${seconds(large.process?.cpuMs)} of CPU`),
    atMost('  memory', large.process?.memoryMb, 120, megabytes),
  ]
}

function atMost(what: string, value: Maybe, most: number, show: (value: Maybe) => string): Row {
  return row(what, show(value), `≤ ${show(most)}`, (value ?? Number.NaN) <= most)
}

function atLeast(what: string, value: number, least: number): Row {
  return row(what, times(value), `≥ ${least}x`, value >= least)
}

function told(what: string, measured: string): Row {
  return row(what, measured, '', null)
}

function row(what: string, measured: string, target: string, met: boolean | null): Row {
  return { what, measured, target, met }
}

function layOut(rows: readonly Row[]): readonly string[] {
  const lines = rows.map(({ what, measured, target, met }) => [what, measured, target, verdicts[String(met)] ?? ''])
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

const verdicts: Readonly<Record<string, string>> = { true: 'ok', false: 'MISSED', null: '' }

type Maybe = number | null | undefined

function seconds(ms: Maybe): string {
  return `${known(ms, 1 / 1000).toFixed(2)} s`
}

function milliseconds(ms: Maybe): string {
  return `${known(ms).toFixed(0)} ms`
}

function megabytes(value: Maybe): string {
  return `${known(value).toFixed(0)} MB`
}

function times(value: Maybe): string {
  return `${known(value).toFixed(2)}x`
}

function known(value: Maybe, factor = 1): number {
  return (value ?? Number.NaN) * factor
}
