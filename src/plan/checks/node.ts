import satisfies from 'semver/functions/satisfies.js'
import { platforms, type Runtime, runsOn } from '../../trueno/release.js'
import { runtimeFor } from '../artifacts.js'
import type { Checked, Find, Finding } from './checked.js'

export const nodeThere: Find = (checked) => {
  const cause = 'the release brings no Node runtime, and the host has none on its PATH'
  return lackOf(checked) === 'node' ? [noNode(cause)] : []
}

/** Whether the host's own node suits a release that brings none (contract, 1.2). */
export const nodeFits: Find = (checked) => {
  const { facts, release } = checked
  const cause = `the host has Node ${facts.nodeVersion}, the release runs on ${release?.nodeRange}`
  return lackOf(checked) === 'fitting node' ? [noNode(cause)] : []
}

/** The release brings Nodes, and none of them runs on this host. */
export const runtimeFits: Find = (checked) => {
  if (lackOf(checked) !== 'runtime') return []
  const { machine } = checked.facts
  const wanted = Object.entries(platforms).find(([, platform]) => runsOn(platform, machine))?.[0]
  const place = wanted === undefined ? '' : 'put the unpacked Node 8 or 12 for it into the release, at '
  return [
    {
      title: "none of the release's Nodes runs on this host",
      cause: `the release brings Node for ${broughtBy(checked).map(kindOf).join(', ')}; this host is ${kindOf(machine)}`,
      remedy: `${place}${wanted === undefined ? 'take a host of another kind' : `runtime/${wanted}/node`}, or install one on the host and take that kind of runtime out of the release`,
    },
  ]
}

function noNode(cause: string): Finding {
  const remedy = 'put one into the release (runtime/node/bin/node), or install one on the host'
  return { title: 'no suitable Node runtime', cause, remedy }
}

/** The release's own Node, where one runs there; else the host's, unless the release's Java would be missing with it. */
function lackOf(checked: Checked): 'node' | 'fitting node' | 'runtime' | null {
  const { facts, release } = checked
  if (release === null) return null
  const brought = broughtBy(checked)
  const brings = brought.length > 0 ? runtimeFor(facts, release.artifacts)?.runtime !== undefined : release.hasRuntime
  if (brings) return null
  const fits = facts.nodeVersion !== null && satisfies(facts.nodeVersion, release.nodeRange)
  if (brought.length > 0) return fits && !release.hasJava ? null : 'runtime'
  return fits ? null : facts.nodeVersion === null ? 'node' : 'fitting node'
}

function broughtBy({ release }: Checked): readonly Runtime[] {
  return release?.artifacts.flatMap(({ runtime }) => runtime ?? []) ?? []
}

function kindOf({ arch, libc }: Runtime): string {
  return libc === 'unknown' ? arch : `${arch} with ${libc}`
}
