import type { Problem } from '../errors.js'
import { type Cause, causes } from './known-causes.js'

/** What is known when a wait ended badly: the lines of the host's logs since the start, and what else was seen. */
export interface Scene {
  readonly host: string
  /** Title of what failed, e.g. `Elasticsearch did not start`; used when no cause is more specific. */
  readonly title: string
  /** What the names of the logs of the failed component begin with; absent when it is not known which failed. */
  readonly logs?: string
  readonly lines: readonly SceneLine[]
}

export interface SceneLine {
  /** Absolute path of the log. */
  readonly file: string
  readonly text: string
}

/** Turns a scene into the problem that people are told: the first known cause, or else the lines that matter most. */
export function explain(scene: Scene): Problem {
  for (const cause of causes) {
    const found = firstMatch(scene.lines, cause.pattern)
    if (found !== undefined) return known(scene, cause, found)
  }
  return unknownCause(scene)
}

/** True when a line of the scene tells a known cause. */
export function isExplained(scene: Scene): boolean {
  return causes.some((cause) => firstMatch(scene.lines, cause.pattern) !== undefined)
}

function known(scene: Scene, cause: Cause, found: { line: SceneLine; match: RegExpExecArray }): Problem {
  return {
    code: cause.code,
    severity: 'error',
    title: cause.title,
    cause: cause.cause(found.match),
    evidence: `${found.line.file}\n${found.line.text}`,
    remedy: cause.remedy(found.match),
    host: scene.host,
  }
}

function unknownCause(scene: Scene): Problem {
  const telling = tellingLines(scene)
  return {
    code: 'start-failed',
    severity: 'error',
    title: scene.title,
    cause: 'no known cause was recognised; these are the lines that matter most',
    evidence: telling.length === 0 ? 'the host has logged nothing since the start' : telling.join('\n'),
    remedy: 'the whole logs are on the host, below data/logs and run/pm2',
    host: scene.host,
  }
}

/** What failed tells most of itself: its errors and last lines; then the errors of the rest. At most 20, each with the name of its log. */
function tellingLines({ lines, logs }: Scene): readonly string[] {
  const ofLogs = lines.filter(({ file }) => file.includes('/'))
  const isOwn = ({ file }: SceneLine): boolean => logs !== undefined && nameOf(file).startsWith(logs)
  const own = pick(ofLogs.filter(isOwn), { errors: 8, last: 5 })
  const others = ofLogs.filter((line) => !isOwn(line))
  const chosen = [...own, ...pick(others, own.length === 0 ? { errors: 14, last: 6 } : { errors: 7, last: 0 })]
  return chosen.map(({ file, text }) => `${nameOf(file)}: ${text}`)
}

const isError = ({ text }: SceneLine): boolean => /\b(?:error|exception|fatal|fail(?:ed|ure)?|exited)\b/i.test(text)

/** The last errors, and the last lines before silence, in their order. */
function pick(lines: readonly SceneLine[], most: { errors: number; last: number }): readonly SceneLine[] {
  const errors = lines.filter(isError).slice(-most.errors)
  return lines.filter((line, index) => errors.includes(line) || index >= lines.length - most.last)
}

function nameOf(file: string): string {
  return file.split('/').at(-1) ?? ''
}

function firstMatch(
  lines: readonly SceneLine[],
  pattern: RegExp,
): { line: SceneLine; match: RegExpExecArray } | undefined {
  for (const line of lines) {
    const match = pattern.exec(line.text)
    if (match !== null) return { line, match }
  }
  return undefined
}
