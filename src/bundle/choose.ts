import type { Sha256 } from '../cluster/cluster.js'
import { errorProblem, type Problem, UsageError } from '../errors.js'
import { parseSpec, type Spec, specText } from './spec.js'
import type { Part, Platform, SourceTable, Way } from './table.js'

/** A part of a release, and where it may come from. */
export interface Choice {
  readonly name: string
  readonly part: Part
  /** In the order they are tried; none: it is left out. */
  readonly candidates: readonly Candidate[]
  /** The user has said where from. */
  readonly isGiven: boolean
}

export interface Candidate {
  readonly spec: Spec
  /** Empty: whatever the user gave. */
  readonly version: string
  /** What is known of it, where it is not the version that belongs here. */
  readonly known?: string
  readonly sha256?: Sha256
}

export interface ChooseOptions {
  /** `NAME=WHERE` each. */
  readonly sources: readonly string[]
  readonly flavour: string
  readonly platform: Platform
  /** What paths are relative to. */
  readonly folder: string
}

/** What to make a release of. @throws UsageError with all that is wrong */
export function choose(table: SourceTable, options: ChooseOptions): readonly Choice[] {
  const flavour = table.flavours[options.flavour]
  if (flavour === undefined) throw new UsageError([unknownFlavour(options.flavour, table)])
  const parts = { ...table.common, ...flavour.components }
  const { given, problems } = readSources(options, parts)
  if (problems.length > 0) throw new UsageError(problems)
  return Object.entries(parts).map(([name, part]) => choiceOf(name, part, given.get(name), options))
}

function choiceOf(name: string, part: Part, given: Spec | undefined, { platform, folder }: ChooseOptions): Choice {
  const ways = part.ways.filter((way) => way.platform === undefined || way.platform === platform)
  const candidates = ways.map((way) => candidateOf(way, part, folder))
  if (given === undefined) return { name, part, candidates, isGiven: false }
  // What the table knows of it holds, whoever names it.
  const known = candidates.find(({ spec }) => specText(spec) === specText(given))
  return { name, part, candidates: [known ?? { spec: given, version: '' }], isGiven: true }
}

function candidateOf({ from, version, known, sha256 }: Way, part: Part, folder: string): Candidate {
  const spec = parseSpec(from, folder)
  if (spec === null) throw new Error(`the table of sources has a way that is none: ${from}`)
  return { spec, version: version ?? part.version, ...(known && { known }), ...(sha256 && { sha256 }) }
}

function readSources(
  { sources, folder }: ChooseOptions,
  parts: Readonly<Record<string, Part>>,
): { given: ReadonlyMap<string, Spec>; problems: readonly Problem[] } {
  const given = new Map<string, Spec>()
  const problems: Problem[] = []
  for (const text of sources) {
    const [, name = '', where = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? []
    const spec = parseSpec(where, folder)
    const fault = faultOf(text, name, spec, given, parts)
    if (fault !== null) problems.push(wrongSource(fault))
    else if (spec !== null) given.set(name, spec)
  }
  return { given, problems }
}

function faultOf(
  text: string,
  name: string,
  spec: Spec | null,
  given: ReadonlyMap<string, Spec>,
  parts: Readonly<Record<string, Part>>,
): string | null {
  if (name === '') return `\`${text}\` is not NAME=WHERE`
  const part = Object.hasOwn(parts, name) ? parts[name] : undefined
  if (part === undefined) return `\`${name}\` is no part of this release: ${Object.keys(parts).join(', ')}`
  if (given.has(name)) return `${name} is given twice`
  if (spec === null)
    return `\`${text}\` names no source: a path, a URL, npm:NAME@VERSION, maven:GROUP:ARTIFACT:VERSION[:TYPE[:CLASSIFIER]], pypi:NAME==VERSION, standin or none`
  if (spec.kind === 'standin' && part.standin === undefined) return `there is no stand-in for ${name}`
  return null
}

function wrongSource(cause: string): Problem {
  const remedy = 'see `trueno-deploy bundle --help`'
  return errorProblem({ code: 'source-option', title: 'A source cannot be understood', cause, remedy })
}

function unknownFlavour(flavour: string, { flavours }: SourceTable): Problem {
  return errorProblem({
    code: 'source-option',
    title: 'There is no such flavour',
    cause: `--flavour takes ${Object.keys(flavours).join(' or ')}, not \`${flavour}\``,
    remedy: 'give the branch that your Trueno is of',
  })
}
