import satisfies from 'semver/functions/satisfies.js'
import type { HostKey } from '../../cluster/cluster.js'
import { errorProblem, type Problem } from '../../errors.js'

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
