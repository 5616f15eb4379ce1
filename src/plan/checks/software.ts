import { errorProblem, type Problem } from '../../errors.js'
import { componentsOf } from '../../trueno/components.js'
import { layoutOf } from '../../trueno/layout.js'
import { binaries } from '../../trueno/release.js'
import { runtimeFor } from '../artifacts.js'
import { settingsFileOf } from '../settings.js'
import type { Checked } from './checked.js'
import { nodeProblem, runtimeProblem } from './node.js'

export function toolsPresent({ host, facts }: Checked): readonly Problem[] {
  const needed = ['tar', 'gzip', 'sha256sum', ...(host.member ? ['bash'] : [])] as const
  const missing = needed.filter((tool) => facts.tools[tool as 'tar'] === null)
  if (missing.length === 0) return []
  return [
    errorProblem({
      code: 'tool-missing',
      title: 'a tool is missing on the host',
      cause: `${missing.join(', ')} not found on the PATH of a non-interactive session`,
      remedy: `install ${missing.join(' and ')} on the host`,
      host: host.key,
    }),
  ]
}

/** The release's own Node, where one runs there; else the host's, unless the release's Java would be missing with it. */
export function nodeFits({ host, facts, release }: Checked): readonly Problem[] {
  if (release === null) return []
  const brought = release.artifacts.flatMap(({ runtime }) => runtime ?? [])
  const brings = brought.length > 0 ? runtimeFor(facts, release.artifacts)?.runtime !== undefined : release.hasRuntime
  if (brings) return []
  const own = nodeProblem(host.key, facts.nodeVersion, release.nodeRange)
  if (brought.length === 0 || (own.length === 0 && !release.hasJava)) return own
  return [runtimeProblem(host.key, facts.machine, brought)]
}

export function javaPresent({ host, facts, context, release }: Checked): readonly Problem[] {
  if (!release?.needsJava || release.hasJava || !host.member || host.java.home !== undefined || facts.javaHome !== null)
    return []
  // Then the settings that lie on the host were made with one.
  if (settingsFileOf(host, facts, context).content === null) return []
  return [
    errorProblem({
      code: 'java-missing',
      title: 'Java is missing',
      cause: 'neither JAVA_HOME nor a java on the PATH of a non-interactive session',
      remedy: 'install Java 8 or 11 on the host, or name its directory with `java.home` in the inventory',
      host: host.key,
    }),
  ]
}

/** A role whose engine the release lacks would wait for ever: its placeholder is no engine. */
export function componentsPresent({ host, context, release }: Checked): readonly Problem[] {
  if (release === null) return []
  const have = new Set(release.artifacts.map((artifact) => artifact.to))
  const lacking = componentsOf(host, context.cluster).filter(
    (part) => part.directory && !have.has(`${binaries}/${part.directory}`),
  )
  if (lacking.length === 0) return []
  const names = [...new Set(lacking.map((part) => part.title))].join(', ')
  return [
    errorProblem({
      code: 'component-missing',
      title: 'the release lacks a component',
      cause: `this host's roles start ${names}, which the release does not contain; Trueno would wait for it for ever`,
      remedy: `lay it out in the release below ${binaries}/`,
      host: host.key,
    }),
  ]
}

/** Without a release at hand, every host must have it already. */
export function releaseAtHand({ host, facts, context, release }: Checked): readonly Problem[] {
  const wanted = context.release
  if (release !== null || wanted === null || facts.releases.includes(wanted.id)) return []
  return [
    errorProblem({
      code: 'release-not-at-hand',
      title: 'the release is not on this host',
      cause: `the cluster runs release ${wanted.id.slice(0, 7)} (${wanted.label}), which this host lacks and this laptop was not given`,
      remedy: 'give it with `--release PATH` or `release:` in the inventory',
      host: host.key,
    }),
  ]
}

/** Without an inventory the settings are those that lie on the host, and nobody here knows others. */
export function settingsAtHand({ host, facts, context }: Checked): readonly Problem[] {
  const { content, sha256 } = settingsFileOf(host, facts, context)
  if (content !== null || facts.files.environment === sha256) return []
  const { environmentFile } = layoutOf(facts.home.path)
  return [
    errorProblem({
      code: 'settings-not-at-hand',
      title: 'the settings of the host are not known',
      cause: `${environmentFile} ${facts.files.environment === null ? 'is gone' : 'is not the one that the receipt tells of'}, and there is no inventory to make it from`,
      remedy: 'give the inventory that the cluster was made with: beside cluster.json, or with `-i FILE`',
      host: host.key,
    }),
  ]
}
