import type { Sha256 } from '../cluster/cluster.js'
import { errorProblem, type Problem, UsageError } from '../errors.js'
import { type Platform, platforms } from '../trueno/release.js'
import { parseSpec, type Spec, specText } from './spec.js'
import type { Part, SourceTable, Way } from './table.js'

/** A part of a release, and where it may come from. */
export interface Choice {
  readonly name: string
  readonly part: Part
  /** In the order they are tried; none: it is left out. */
  readonly candidates: readonly Candidate[]
  /** The user has said where from. */
  readonly isGiven: boolean
  /** What it is to run on, where that matters. */
  readonly platform: Platform
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
  const parts = { ...table.common, ...flavour.components, ...forOthers(table, options) }
  const { given, problems } = readSources(options, parts)
  if (problems.length > 0) throw new UsageError(problems)
  return Object.entries(parts).map(([name, part]) => choiceOf(name, part, given.get(name), options))
}

/**
 * Runtimes for hosts of other platforms: `node@linux-arm64`, `java@linux-arm64`. Only what is given is taken: not every
 * fleet has such hosts.
 */
function forOthers({ common }: SourceTable, { sources, platform }: ChooseOptions): Readonly<Record<string, Part>> {
  const others = Object.keys(platforms).filter((name) => name !== platform)
  const all = Object.entries(common).flatMap(([name, part]) =>
    part.to.startsWith('runtime/')
      ? others.map((other) => [`${name}@${other}`, forPlatform(part, other)] as const)
      : [],
  )
  return Object.fromEntries(all.filter(([name]) => sources.some((source) => source.startsWith(`${name}=`))))
}

function forPlatform(part: Part, platform: string): Part {
  return { ...part, title: `${part.title} for ${platform}`, to: part.to.replace('runtime/', `runtime/${platform}/`) }
}

function choiceOf(
  name: string,
  part: Part,
  given: Spec | undefined,
  { platform: main, folder }: ChooseOptions,
): Choice {
  const platform = (name.split('@')[1] ?? main) as Platform
  const ways = part.ways.filter((way) => way.platform === undefined || way.platform === platform)
  const candidates = ways.map((way) => candidateOf(way, part, folder))
  if (given === undefined) return { name, part, candidates, isGiven: false, platform }
  // What the table knows of it holds, whoever names it.
  const known = candidates.find(({ spec }) => specText(spec) === specText(given))
  return { name, part, candidates: [known ?? { spec: given, version: '' }], isGiven: true, platform }
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
  if (spec.kind === 'standin' && part.standin === undefined)
    return `there is no stand-in for ${name}, only for ${withStandin(parts)}`
  return null
}

function withStandin(parts: Readonly<Record<string, Part>>): string {
  return Object.keys(parts)
    .filter((name) => parts[name]?.standin !== undefined)
    .join(' and ')
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
