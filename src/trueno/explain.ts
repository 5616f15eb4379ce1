import type { Problem } from '../errors.js'
import type { Cause, Clue } from './causes/cause.js'
import { causes } from './causes/known.js'
import { nameOf, type Scene, type SceneLine } from './scene.js'

/** More of one host hide what matters. */
const mostProblems = 5

/**
 * Turns a scene into the problems that people are told, those of the failed component first: all that is known to keep
 * it from starting; else what it waits for; else the lines that matter most. At least one.
 */
export function explain(scene: Scene): readonly Problem[] {
  const failures = failuresIn(scene)
  if (failures.length > 0) return failures
  const delays = delaysIn(scene)
  return delays.length > 0 ? delays : [unknownCause(scene)]
}

/** What is known to keep it from starting. */
export function failuresIn(scene: Scene): readonly Problem[] {
  const failures = found(scene, 'failure')
  const known = new Set(failures.map(({ clue }) => clue.owner))
  // A line of core or pm2 says once more what the component's own log says.
  const isTold = ({ clue }: Found): boolean =>
    known.has(clue.owner) || known.has('') || (known.size > 0 && !isOfComponent(clue))
  const headings = found(scene, 'heading').filter((one) => !isTold(one))
  const own = ({ clue }: Found): number => (scene.logs !== undefined && clue.owner === scene.logs ? 0 : 1)
  return told(
    [...failures, ...headings].toSorted((one, other) => own(one) - own(other)),
    scene,
  )
}

/** Whether a known cause is about what these logs belong to, or about the whole host. */
export function explains(scene: Scene, logs: string): boolean {
  const all = [...found(scene, 'failure'), ...found(scene, 'heading')]
  return all.some(({ clue }) => clue.owner === logs || (clue.owner === '' && clue.words.length > 0))
}

/** What it waits for. */
export function delaysIn(scene: Scene): readonly Problem[] {
  return told(found(scene, 'delay'), scene)
}

/** True when one line tells by itself that the start cannot succeed. */
export function isTelling(line: SceneLine): boolean {
  return causes.some(
    (cause) =>
      cause.tells === 'failure' &&
      cause.pattern?.test(line.text) === true &&
      cause.find({ host: '', title: '', lines: [line], condition: null }).length > 0,
  )
}

interface Found {
  readonly cause: Cause
  readonly clue: Clue
}

function found(scene: Scene, tells: Cause['tells']): readonly Found[] {
  return causes
    .filter((cause) => cause.tells === tells)
    .flatMap((cause) => cause.find(scene).map((clue) => ({ cause, clue })))
}

function isOfComponent({ owner }: Clue): boolean {
  return owner !== '' && owner !== 'Trueno-Core' && owner !== 'pm2.log'
}

/** What asks for the same remedy is told once; so is one line that two causes know. */
function told(all: readonly Found[], scene: Scene): readonly Problem[] {
  const lines = new Set<string>()
  const remedies = new Set<string>()
  const problems: Problem[] = []
  for (const { cause, clue } of all) {
    const problem = problemOf(cause, clue, scene)
    const remedy = `${problem.code} ${problem.remedy}`
    const isNew = !remedies.has(remedy) && (clue.evidence === '' || !lines.has(clue.evidence))
    lines.add(clue.evidence)
    remedies.add(remedy)
    if (isNew) problems.push(problem)
  }
  return problems.slice(0, mostProblems)
}

function problemOf(
  { code, title, cause, remedy, also }: Cause,
  { words, evidence, owner }: Clue,
  scene: Scene,
): Problem {
  return {
    code,
    severity: 'error',
    title: typeof title === 'string' ? title : title(owner),
    cause: cause(words, scene),
    evidence: [evidence, also?.(scene) ?? ''].filter((text) => text !== '').join('\n'),
    remedy: remedy(words, scene),
    host: scene.host,
  }
}

/** What to say of a failure that nothing known explains. */
export function unknownCause(scene: Scene): Problem {
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
