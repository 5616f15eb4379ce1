import { spawnSync } from 'node:child_process'
import { measureAnsibleCopy } from './ansible.js'
import { forEachHost, settingsOf } from './contenders.js'
import { type BenchHosts, makeHosts } from './hosts.js'
import { medianUsage, ratio, type Usage } from './measure.js'
import {
  cipher,
  clean,
  type Environment,
  hostCount,
  makeRelease,
  megabytes,
  scp,
  stageCommand,
  wall,
} from './payload.js'
import { inRounds } from './rounds.js'

/** A file to many hosts: as part of a release, verified, unpacked and in place, against others that just copy it. */
export interface Transfer {
  readonly hosts: number
  readonly rounds: number
  readonly megabytes: number
  readonly of: Usage
  /** Sent to each from here. */
  readonly direct: Usage
  /** What the phase said of itself. */
  readonly summary: string
  /** Medians of what the tool took as a multiple of the other's, round by round; null: not on this machine. */
  readonly against: Readonly<Record<'scp' | 'rsync' | 'sshCat' | 'ansible', number | null>>
  readonly directAgainstScp: number | null
}

export async function measureTransfer(rounds: number, env: Environment, signal: AbortSignal): Promise<Transfer> {
  await using cluster = await makeHosts(hostCount)
  const options = { env: env(cluster.directory), signal }
  const payload = makeRelease(cluster, megabytes)
  const said: string[] = []
  const commands: Readonly<Record<string, readonly string[]>> = {
    up: stageCommand(cluster, payload),
    direct: [...stageCommand(cluster, payload), '--no-relay'],
    scp: scp(cluster, payload.file),
    sshCat: sshCat(cluster, payload.file),
    ...(hasRsync() && { rsync: rsync(cluster, payload.file) }),
  }
  // What is made once on this machine is no part of it.
  await inRounds({ up: stageCommand(cluster, payload) }, 1, options, () => clean(cluster))
  const runs: Partial<Record<string, Usage[]>> = await inRounds(commands, rounds, options, (name, { stdout }) => {
    if (name === 'up') said.push(stdout.trim())
    clean(cluster)
  })
  const { up = [], direct = [], scp: scps = [], rsync: rsyncs = [], sshCat: cats = [] } = runs
  const ansible = await measureAnsibleCopy(cluster, payload.file, options)
  return {
    hosts: hostCount,
    rounds,
    megabytes,
    of: medianUsage(up),
    direct: medianUsage(direct),
    summary: said.at(-1) ?? '',
    against: {
      scp: ratio(up, scps, wall),
      rsync: ratio(up, rsyncs, wall),
      sshCat: ratio(up, cats, wall),
      ansible: ansible === null ? null : medianUsage(up).wallMs / ansible.wallMs,
    },
    directAgainstScp: ratio(direct, scps, wall),
  }
}

function sshCat(cluster: BenchHosts, file: string): readonly string[] {
  const command = `exec ssh ${settingsOf(cluster)} ${cipher} -p $2 $1 "cat >$3.copy" <${file}`
  return forEachHost(cluster, hostCount, command)
}

function rsync(cluster: BenchHosts, file: string): readonly string[] {
  const ssh = `ssh ${settingsOf(cluster)} ${cipher} -p $2`
  return forEachHost(cluster, hostCount, `exec rsync --whole-file -e "${ssh}" ${file} $1:$3.copy`)
}

function hasRsync(): boolean {
  return spawnSync('rsync', ['--version']).status === 0
}
