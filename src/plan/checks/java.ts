import { settingsFileOf } from '../settings.js'
import type { Checked, Find } from './checked.js'
import { runsJava, runsRealElasticsearch } from './engines.js'

/** Java as the engines will see it: through JAVA_HOME, which comes before PATH (real-engines, 1). */
export const javaPresent: Find = (checked) => {
  const { host, facts } = checked
  if (!usesJavaOfHost(checked) || facts.javaHome !== null) return []
  const named = host.java.home
  return [
    {
      title: 'Java is missing',
      cause:
        named === undefined
          ? 'neither JAVA_HOME nor a java on the PATH of a non-interactive session'
          : `the inventory says java.home: ${named}, and ${named}/bin/java is not there or cannot be run`,
      remedy:
        named === undefined
          ? 'install Java 8 or 11 on the host, or name its directory with `java.home` in the inventory'
          : 'name the directory of a Java 8 or 11 of this host with `java.home` in the inventory',
    },
  ]
}

export const javaOldEnough: Find = (checked) => {
  const major = majorOf(checked)
  if (major === null || major < refusedFrom || !runsRealElasticsearch(checked)) return []
  return [
    {
      title: 'Java is too new for Elasticsearch',
      cause: `${told(checked)}; Elasticsearch 5 needs a security manager, which Java ${refusedFrom} and later refuse`,
      remedy: otherJava,
    },
  ]
}

export const javaNewEnough: Find = (checked) => {
  const major = majorOf(checked)
  if (major === null || major >= oldest) return []
  return [
    {
      title: 'Java is too old',
      cause: `${told(checked)}; the engines need Java ${oldest} or later`,
      remedy: otherJava,
    },
  ]
}

export const javaTried: Find = (checked) => {
  const { javaHome, javaVersion } = checked.facts
  if (!usesJavaOfHost(checked) || javaHome === null) return []
  const major = majorOf(checked)
  const isKnown = major !== null && (major <= newestTried || javaOldEnough(checked).length > 0)
  if (isKnown) return []
  const why =
    major === null
      ? `${javaHome}/bin/java does not say its version${javaVersion === null ? ', so it may not run here' : ` in a way that is understood (${javaVersion})`}`
      : `${told(checked)}; nobody has tried these engines on a Java later than ${newestTried}`
  return [{ title: 'Java may not be fit for the engines', cause: why, remedy: otherJava }]
}

/** Seen to work: 8 to 17, the latter with an option that we set (real-engines, 1). */
const oldest = 8
const newestTried = 17
const refusedFrom = 24

const otherJava =
  'name the directory of a Java 8 or 11 with `java.home` in the inventory, or put one into the release (runtime/java)'

/** Settings that lie on the host were made with a Java; a release may bring its own. */
function usesJavaOfHost(checked: Checked): boolean {
  const { host, facts, context, release } = checked
  return runsJava(checked) && !release?.hasJava && settingsFileOf(host, facts, context).content !== null
}

function told({ facts: { javaHome, javaVersion } }: Checked): string {
  return `${javaHome} is ${javaVersion}`
}

/** `1.8.0_402` is 8, `11.0.13` is 11. */
function majorOf(checked: Checked): number | null {
  if (!usesJavaOfHost(checked)) return null
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(checked.facts.javaVersion ?? '') ?? []
  if (first === undefined) return null
  return Number(first) === 1 ? Number(second ?? first) : Number(first)
}
