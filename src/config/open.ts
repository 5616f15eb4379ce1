import { extname } from 'node:path'
import { errorProblem } from '../errors.js'
import {
  type ConfigFile,
  type Duplicate,
  type Fault,
  type Format,
  linesOf,
  type Reading,
  type Source,
} from './document.js'
import { emptyFinding, type FileName, notUtf8Finding, unreadFinding } from './file-findings.js'
import type { FileReading } from './files.js'
import { atKey, type Finding, findingAt, isSecretName, printable, showPath, showPlace } from './finding.js'
import { readJson } from './json.js'

/** A file as far as it could be read, and what is wrong with it so far. */
export interface Opened {
  readonly file: ConfigFile | null
  readonly findings: readonly Finding[]
}

/** Makes a configuration file of what was read: decodes it, parses it, finds keys that stand twice. */
export async function openFile(fileName: FileName, reading: FileReading): Promise<Opened> {
  if (reading.kind !== 'content') return failed(unreadFinding(fileName, reading))
  const text = decode(reading.bytes)
  if (text === undefined) return failed(notUtf8Finding(fileName, reading.bytes))
  if (text.trim() === '') return failed(emptyFinding(fileName))
  const source = { name: fileName.name, format: formatOf(fileName), text, lines: linesOf(text) }
  const parsed = await parse(source)
  if ('fault' in parsed) return failed(syntaxFinding(fileName, source, parsed.fault))
  const file = { ...source, ...parsed.content }
  return { file, findings: file.duplicates.map((duplicate) => duplicateFinding(file, duplicate)) }
}

function failed(finding: Finding): Opened {
  return { file: null, findings: [finding] }
}

/** Trueno reads `cluster.json` with `JSON.parse`, whatever its name. */
function formatOf({ name, role }: FileName): Format {
  return role === 'cluster' || extname(name) === '.json' ? 'json' : 'yaml'
}

/** The YAML reader is loaded only when there is YAML: it takes a while. */
async function parse({ text, format }: Source): Promise<Reading> {
  if (format === 'json') return readJson(text)
  const { readYaml } = await import('./yaml.js')
  return readYaml(text)
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function syntaxFinding({ name, role }: FileName, source: Source, { offset, cause, remedy }: Fault): Finding {
  const isYaml = role === 'cluster' && /\.ya?ml$/.test(name)
  const problem = errorProblem({
    code: 'config-syntax',
    title: source.format === 'json' ? 'Not valid JSON' : 'Not valid YAML',
    cause,
    evidence: [showPlace(source, offset), ...lineAt(source.text, offset)].join(' '),
    remedy: isYaml ? 'The cluster file is JSON. An inventory is given with -i.' : remedy,
  })
  return { offset, problem }
}

/** The line with the fault, as far as it can be shown. */
function lineAt(text: string, offset: number): readonly string[] {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const line = (text.slice(start).split(/\r?\n/, 1)[0] ?? '').trim()
  return line === '' || isSecretName(line) ? [] : [printable(line.slice(0, 60))]
}

function duplicateFinding(file: ConfigFile, { path, first, second }: Duplicate): Finding {
  const places = [first, second].map((offset) => `${showPlace(file, offset)} ${showPath(file, path)}`)
  const finding = findingAt(file, [atKey(...path)], {
    code: 'config-duplicate-key',
    title: 'Key stands twice',
    cause: `${showPath(file, path)} stands twice, the first one would be ignored`,
    remedy: 'Leave one of the two.',
  })
  return { offset: second, problem: { ...finding.problem, evidence: places.join('\n') } }
}
