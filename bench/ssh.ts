import { execFileSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { startSshd } from '../test/helpers/sshd.js'
import { type Ansible, measureAnsible } from './ansible.js'
import { bareLoop, checkOutputs, sshEach, sshMasters, visitCommand } from './contenders.js'
import { type BenchHosts, sessionEnvironment } from './hosts.js'
import { median, medianUsage, type RunOptions, ratio, toolCommand, type Usage } from './measure.js'
import { inRounds } from './rounds.js'
import type { Visited, VisitOptions } from './visit.js'

/** Connecting to many hosts, the facts script on each, closing. */
export interface Visits {
  readonly hosts: number
  readonly rounds: number
  readonly of: Usage
  /** The whole `plan` of the same hosts. */
  readonly plan: Usage
  /** Medians of what the tool took as a multiple of the other's, round by round; without start-up against the bare loop. */
  readonly wallAgainst: Readonly<Record<'bareSsh2' | 'sshEach' | 'sshMasters', number | null>>
  readonly cpuAgainstBare: number | null
  /** `plan` is compared with it; null where there is none on this machine. */
  readonly ansible: Ansible | null
  readonly sealedKey: SealedKey
}

/** The same with a key that has a passphrase. */
export interface SealedKey {
  /** Most in one round. */
  readonly decryptions: number
  /** Milliseconds one takes. */
  readonly decryptMs: number
  /** Milliseconds more than with a key in the clear. */
  readonly moreMs: number
}

export async function measureVisits(cluster: BenchHosts, rounds: number, options: RunOptions): Promise<Visits> {
  const sealed = sealedKey(cluster)
  const seen: Visited[] = []
  const runs = await inRounds(
    {
      visit: visitCommand(cluster),
      sealed: visitCommand(cluster, { passphrase }, sealed),
      bareSsh2: bareLoop(cluster),
      plan: toolCommand('plan', cluster.clusterFile, '--json'),
      sshEach: sshEach(cluster),
      sshMasters: sshMasters(cluster, 32),
    },
    rounds,
    options,
    (name, { stdout }) => {
      if (name.startsWith('ssh')) checkOutputs(cluster)
      if (name === 'sealed') seen.push(JSON.parse(stdout))
    },
  )
  const wall = ({ wallMs }: Usage): number => wallMs
  return {
    hosts: cluster.hosts.length,
    rounds,
    of: medianUsage(runs.visit),
    plan: medianUsage(runs.plan),
    wallAgainst: {
      bareSsh2: ratio(runs.visit, runs.bareSsh2, ({ process }) => process?.work?.wallMs),
      sshEach: ratio(runs.visit, runs.sshEach, wall),
      sshMasters: ratio(runs.visit, runs.sshMasters, wall),
    },
    cpuAgainstBare: ratio(runs.visit, runs.bareSsh2, ({ process }) => process?.work?.cpuMs),
    ansible: await measureAnsible(cluster, options),
    sealedKey: {
      decryptions: Math.max(...seen.map(({ decryptions }) => decryptions)),
      decryptMs: median(seen.map(({ decryptMs, decryptions }) => decryptMs / decryptions)),
      moreMs: median(runs.sealed.map(({ wallMs }, round) => wallMs - (runs.visit[round]?.wallMs ?? Number.NaN))),
    },
  }
}

const passphrase = 'correct horse'

/** The same key, encrypted. */
function sealedKey({ directory, key }: BenchHosts): string {
  const file = join(directory, 'sealed')
  copyFileSync(key.file, file)
  copyFileSync(`${key.file}.pub`, `${file}.pub`)
  execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', passphrase, '-f', file])
  return file
}

/** Other ways to the same hosts. */
export interface Ways {
  readonly hosts: number
  readonly rounds: number
  readonly direct: Usage
  readonly jump: Usage
  readonly openssh: Usage
  /** All through one jump host, as a multiple of direct, wall. */
  readonly jumpTimesDirect: number | null
  /** The OpenSSH transport as a multiple of ssh with a master for each host, wall. */
  readonly opensshTimesMasters: number | null
}

export async function measureWays(cluster: BenchHosts, rounds: number, options: RunOptions): Promise<Ways> {
  const { directory, key, hosts } = cluster
  await using jump = await startSshd({
    home: directory,
    authorizedKey: key.publicKey,
    environment: sessionEnvironment(directory),
  })
  const through: VisitOptions = {
    proxyJump: `${jump.user}@${jump.address}:${jump.port}`,
    hostKeys: { [`[${jump.address}]:${jump.port}`]: jump.hostKeys },
  }
  const runs = await inRounds(
    {
      direct: visitCommand(cluster),
      jump: visitCommand(cluster, through),
      openssh: visitCommand(cluster, { transport: 'openssh' }),
      masters: sshMasters(cluster, 64),
    },
    rounds,
    options,
    (name) => name === 'masters' && checkOutputs(cluster),
  )
  const wall = ({ wallMs }: Usage): number => wallMs
  const work = ({ process }: Usage): number | undefined => process?.work?.wallMs
  return {
    hosts: hosts.length,
    rounds,
    direct: medianUsage(runs.direct),
    jump: medianUsage(runs.jump),
    openssh: medianUsage(runs.openssh),
    jumpTimesDirect: ratio(runs.jump, runs.direct, work),
    opensshTimesMasters: ratio(runs.openssh, runs.masters, wall),
  }
}
