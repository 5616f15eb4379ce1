import { componentsOf } from '../../trueno/components.js'
import { layoutOf } from '../../trueno/layout.js'
import { binaries } from '../../trueno/release.js'
import { settingsFileOf } from '../settings.js'
import type { Find } from './checked.js'

export const toolsPresent: Find = ({ host, facts }) => {
  const needed = ['tar', 'gzip', 'sha256sum', ...(host.member ? ['bash'] : [])] as const
  const missing = needed.filter((tool) => facts.tools[tool as 'tar'] === null)
  if (missing.length === 0) return []
  return [
    {
      title: 'a tool is missing on the host',
      cause: `${missing.join(', ')} not found on the PATH of a non-interactive session`,
      remedy: `install ${missing.join(' and ')} on the host`,
    },
  ]
}

/** A role whose engine the release lacks would wait for ever: its placeholder is no engine. */
export const componentsPresent: Find = ({ host, context, release }) => {
  if (release === null) return []
  const have = new Set(release.artifacts.map((artifact) => artifact.to))
  const lacking = componentsOf(host, context.cluster).filter(
    (part) => part.directory && !have.has(`${binaries}/${part.directory}`),
  )
  if (lacking.length === 0) return []
  const names = [...new Set(lacking.map((part) => part.title))].join(', ')
  return [
    {
      title: 'the release lacks a component',
      cause: `this host's roles start ${names}, which the release does not contain; Trueno would wait for it for ever`,
      remedy: `lay it out in the release below ${binaries}/`,
    },
  ]
}

/** Without a release at hand, every host must have it already. */
export const releaseAtHand: Find = ({ facts, context, release }) => {
  const wanted = context.release
  if (release !== null || wanted === null || facts.releases.includes(wanted.id)) return []
  return [
    {
      title: 'the release is not on this host',
      cause: `the cluster runs release ${wanted.id.slice(0, 7)} (${wanted.label}), which this host lacks and this laptop was not given`,
      remedy: 'give it with `--release PATH` or `release:` in the inventory',
    },
  ]
}

/** Without an inventory the settings are those that lie on the host, and nobody here knows others. */
export const settingsAtHand: Find = ({ host, facts, context }) => {
  const { content, sha256 } = settingsFileOf(host, facts, context)
  if (content !== null || facts.files.environment === sha256) return []
  const { environmentFile } = layoutOf(facts.home.path)
  return [
    {
      title: 'the settings of the host are not known',
      cause: `${environmentFile} ${facts.files.environment === null ? 'is gone' : 'is not the one that the receipt tells of'}, and there is no inventory to make it from`,
      remedy: 'give the inventory that the cluster was made with: beside cluster.json, or with `-i FILE`',
    },
  ]
}
