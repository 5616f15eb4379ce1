import type { BundledPart, Dependency, Manifest } from '../bundle/manifest.js'
import type { TextOptions } from './failure.js'
import { createPaint, type Paint } from './paint.js'
import { sanitize } from './sanitize.js'
import { alignCells } from './table.js'
import { cut, wrap } from './text.js'
import { bytes, count } from './units.js'

/** What a bundle is made of, as `bundle ls` prints it. */
export function renderBundle(manifest: Manifest, { colour, columns }: TextOptions): string {
  const paint = createPaint(colour)
  const { release, label, parts, dependencies, files, platform } = manifest
  const rows = [...parts.map(partCells), dependencyCells(dependencies, manifest)]
  const head = ['part', 'version', 'size', 'licence', 'source']
  const [first = '', ...lines] = alignCells([head, ...rows].map((cells) => cells.map(clean)))
  const costs = parts.filter(({ cost }) => cost !== undefined).flatMap((part) => costLines(part, columns, paint))
  return [
    ` ${paint.strong(release.slice(0, 7))} · ${clean(label)} · ${platform}`,
    '',
    ` ${paint.faint(cut(first, columns - 2))}`,
    ...lines.map((line) => ` ${cut(line, columns - 2)}`),
    ...(costs.length === 0 ? [] : ['', ...costs]),
    '',
    ` ${count(files.count, 'file')}, ${bytes(files.bytes)}`,
    '',
  ].join('\n')
}

function partCells({ name, version, bytes: size, licence, source, files }: BundledPart): readonly string[] {
  return [name, version || '–', files === 0 ? '–' : bytes(size), licence || '–', source]
}

function dependencyCells(dependencies: readonly Dependency[], { files, parts }: Manifest): readonly string[] {
  const rest = files.bytes - parts.reduce((sum, part) => sum + part.bytes, 0)
  return [
    'dependencies',
    count(dependencies.length, 'package'),
    bytes(Math.max(0, rest)),
    licencesIn(dependencies),
    'npm',
  ]
}

/** The most frequent first. */
function licencesIn(dependencies: readonly Dependency[]): string {
  const counts = new Map<string, number>()
  for (const { licence } of dependencies) counts.set(licence || 'unknown', (counts.get(licence || 'unknown') ?? 0) + 1)
  const sorted = [...counts].sort(([, one], [, other]) => other - one).map(([licence]) => licence)
  return sorted.length <= 3 ? sorted.join(', ') : `${sorted.slice(0, 3).join(', ')} and ${sorted.length - 3} more`
}

function costLines({ name, cost = '' }: BundledPart, columns: number, paint: Paint): readonly string[] {
  const [first = '', ...more] = wrap(clean(cost), columns - 16)
  return [` ${paint.warn(name.padEnd(13))} ${first}`, ...more.map((line) => `${' '.repeat(15)}${line}`)]
}

/** One part, or the npm packages of one name, as `bundle show` prints them. */
export function renderFound(
  { parts, packages }: { readonly parts: readonly BundledPart[]; readonly packages: readonly Dependency[] },
  { colour, columns }: TextOptions,
): string {
  const paint = createPaint(colour)
  const blocks = [...parts.map(partFields), ...packages.map(packageFields)]
  return `\n${blocks.map((fields) => fieldLines(fields, columns, paint).join('\n')).join('\n\n')}\n`
}

type Fields = readonly (readonly [string, string | undefined])[]

function partFields(part: BundledPart): Fields {
  const archive = part.archiveBytes === undefined ? undefined : `${bytes(part.archiveBytes)}, sha256 ${part.sha256}`
  return [
    [part.name, `${part.title} ${part.version}`.trim()],
    ['licence', part.licence || 'not known'],
    ['source', part.source],
    ['archive', archive],
    ['in', part.to || 'the release itself'],
    ['size', `${count(part.files, 'file')}, ${bytes(part.bytes)}`],
    ['cost', part.cost],
  ]
}

function packageFields({ name, version, licence, path, integrity }: Dependency): Fields {
  return [
    [name, version],
    ['licence', licence || 'not known'],
    ['in', path],
    ['integrity', integrity || undefined],
  ]
}

function fieldLines(fields: Fields, columns: number, paint: Paint): readonly string[] {
  const told = fields.filter((field): field is [string, string] => field[1] !== undefined)
  return told.flatMap(([name, text], index) => {
    const label = clean(name).padEnd(12)
    const [first = '', ...more] = wrap(clean(text), Math.max(20, columns - 16))
    return [
      ` ${index === 0 ? paint.strong(label) : paint.faint(label)}  ${first}`,
      ...more.map((line) => `${' '.repeat(15)}${line}`),
    ]
  })
}

/** What a manifest says may be somebody else's text. */
function clean(text: string): string {
  return sanitize(text)
}
