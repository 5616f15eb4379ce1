import type { Cluster, Host } from '../../cluster/cluster.js'

const hidden = '(not shown)'

/** Shorter ones are found everywhere, and guessed at once. */
const shortestSecret = 4

/**
 * Takes secrets out of texts: every value of the inventory that may be one, and what looks like one by its name.
 * A rule of thumb cannot know all of them, so nothing that is meant to be secret is put in at all.
 */
export function redactor(cluster: Cluster): (text: string) => string {
  const values = [...new Set(cluster.hosts.flatMap(secretsOf))]
    .filter((value) => value.length >= shortestSecret)
    .sort((one, other) => other.length - one.length)
  // In JSON, and in what a shell prints, they are spelt in other ways.
  const spellings = values.flatMap((value) => [value, JSON.stringify(value).slice(1, -1)])
  return (text) => byName(spellings.reduce((left, value) => left.replaceAll(value, hidden), text))
}

function secretsOf({ environment, java }: Host): readonly string[] {
  const options = [...java.options.elasticsearch, ...java.options.gremlin]
  return [...Object.values(environment), ...options.flatMap((option) => option.split('=').slice(1))]
}

const words = `pass(?:word|phrase|wd)?|secret|token|credentials?|api[_-]?key|private[_-]?key|access[_-]?key`

/** `password=x`, `"dbPassword": "x"`, `--token x`, `Authorization: Bearer x`, `https://user:x@host`, keys in PEM. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, hidden],
  [/\b((?:proxy-)?authorization["']?\s*[:=]\s*["']?)(?:(?:bearer|basic)\s+)?[^\s"',;]+/gi, `$1${hidden}`],
  [/\b(bearer\s+)[A-Za-z0-9._~+/-]{8,}=*/gi, `$1${hidden}`],
  [
    new RegExp(
      String.raw`((?:${words})[\w.-]*(?:\\?["'])?\s*[=:]\s*(?:\\?["'])?)(?!\(not shown\)|(?:\d+|null|true|false)(?:[\s,}\]]|$))[^\s"',;&{}[\]\\]+`,
      'gi',
    ),
    `$1${hidden}`,
  ],
  [new RegExp(String.raw`(--?[\w-]*(?:${words})[\w-]*\s+)(?!\(not shown\))[^\s"'-][^\s"']*`, 'gi'), `$1${hidden}`],
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]+:)[^\s/@]+@/gi, `$1${hidden}@`],
]

function byName(text: string): string {
  return patterns.reduce((left, [pattern, instead]) => left.replace(pattern, instead), text)
}
