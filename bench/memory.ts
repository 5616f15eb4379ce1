import { makeHosts } from './hosts.js'
import { medianUsage, type Usage } from './measure.js'
import { clean, type Environment, makeRelease, stageCommand } from './payload.js'
import { inRounds } from './rounds.js'

const hostCount = 32

/** Memory of sending to 32 hosts, each from here: nothing is passed on. @param size MiB */
export async function measureMemory(size: number, env: Environment, signal: AbortSignal): Promise<Usage> {
  await using cluster = await makeHosts(hostCount)
  const payload = makeRelease(cluster, size)
  const { direct } = await inRounds({ direct: [...stageCommand(cluster, payload), '--no-relay'] }, 1, {
    env: env(cluster.directory),
    signal,
  })
  return medianUsage(direct)
}

/** Memory of sending much to 32 hosts. What arrives is verified, and not unpacked: that would take the room twice. */
export interface MuchMemory {
  readonly hosts: number
  readonly megabytes: number
  readonly direct: Usage
  /** Passed on by hosts. */
  readonly relayed: Usage
}

export async function measureMuchMemory(env: Environment, signal: AbortSignal): Promise<MuchMemory> {
  await using cluster = await makeHosts(hostCount, { tar: '#!/bin/sh\n' })
  const megabytes = 1024
  const payload = makeRelease(cluster, megabytes)
  const command = stageCommand(cluster, payload)
  const options = { env: env(cluster.directory), signal }
  const { direct, relayed } = await inRounds({ direct: [...command, '--no-relay'], relayed: command }, 1, options, () =>
    clean(cluster),
  )
  return { hosts: hostCount, megabytes, direct: medianUsage(direct), relayed: medianUsage(relayed) }
}
