import type { HostKey, Sha256 } from '../cluster/cluster.js'
import type { Artifact } from '../trueno/release.js'
import type { Phase, Sends } from './plan.js'

/** Adds up what the steps of a plan send, as it goes over the wire where that is known. */
export function sendsOf(phases: readonly Phase[], artifacts: readonly Artifact[]): Sends {
  const wire = new Map(artifacts.map(({ sha256, wireBytes }) => [sha256, wireBytes]))
  const fetched = phases.flatMap(({ work }) =>
    work.flatMap(({ host, steps }) =>
      steps.flatMap((step) =>
        step.kind === 'fetch' ? [{ host, ...step, bytes: wire.get(step.artifact) ?? step.bytes }] : [],
      ),
    ),
  )
  const hosts = new Map<HostKey, number>()
  for (const { host, bytes } of fetched) hosts.set(host, (hosts.get(host) ?? 0) + bytes)
  const distinct = new Map<Sha256, number>(fetched.map(({ artifact, bytes }) => [artifact, bytes]))
  const uploads = new Map(
    fetched
      .filter(({ mirror }) => mirror === undefined)
      .map(({ host, artifact, peers, bytes }) => [`${artifact} ${peers?.network ?? host}`, bytes]),
  )
  return {
    hosts: [...hosts].map(([host, bytes]) => ({ host, bytes })),
    bytes: sum([...hosts.values()]),
    distinctBytes: sum([...distinct.values()]),
    fromHere: sum([...uploads.values()]),
    exact: fetched.every(({ artifact }) => wire.get(artifact) !== undefined),
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
