import satisfies from 'semver/functions/satisfies.js'
import type { HostKey } from '../../cluster/cluster.js'
import { errorProblem, type Problem } from '../../errors.js'
import { platforms, type Runtime, runsOn } from '../../trueno/release.js'

/** Whether the host's own node suits a release that brings none (contract, 1.2). */
export function nodeProblem(host: HostKey, found: string | null, range: string): readonly Problem[] {
  if (found !== null && satisfies(found, range)) return []
  const cause =
    found === null
      ? 'the release brings no Node runtime, and the host has none on its PATH'
      : `the host has Node ${found}, the release runs on ${range}`
  return [
    errorProblem({
      code: found === null ? 'node-missing' : 'node-unsuitable',
      title: 'no suitable Node runtime',
      cause,
      remedy: 'put one into the release (runtime/node/bin/node), or install one on the host',
      host,
    }),
  ]
}

/** The release brings Nodes, and none of them runs on this host. */
export function runtimeProblem(host: HostKey, machine: Runtime, brought: readonly Runtime[]): Problem {
  const wanted = Object.entries(platforms).find(([, platform]) => runsOn(platform, machine))?.[0]
  const place = wanted === undefined ? '' : 'put the unpacked Node 8 or 12 for it into the release, at '
  return errorProblem({
    code: 'runtime-unsuitable',
    title: "none of the release's Nodes runs on this host",
    cause: `the release brings Node for ${brought.map(kindOf).join(', ')}; this host is ${kindOf(machine)}`,
    remedy: `${place}${wanted === undefined ? 'take a host of another kind' : `runtime/${wanted}/node`}, or install one on the host and take that kind of runtime out of the release`,
    host,
  })
}

function kindOf({ arch, libc }: Runtime): string {
  return libc === 'unknown' ? arch : `${arch} with ${libc}`
}
