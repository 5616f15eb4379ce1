import { extname } from 'node:path'
import { errorProblem } from '../errors.js'
import type { ConfigFile, Duplicate, Fault, Format, Reading } from './document.js'
import type { FileReading } from './files.js'
import { atKey, type Finding, findingAt, isSecretName, printable, showPath, showPlace } from './finding.js'
import { readJson } from './json.js'

/** What is to be opened. */
export interface FileName {
  /** As the user gave it; for messages. */
  readonly name: string
  readonly role: 'cluster' | 'inventory'
}

/** A file as far as it could be read, and what is wrong with it so far. */
export interface Opened {
  readonly file: ConfigFile | null
  readonly findings: readonly Finding[]
}

/** Makes a configuration file of what was read: decodes it, parses it, finds keys that stand twice. */
export async function openFile(fileName: FileName, reading: FileReading): Promise<Opened> {
  if (reading.kind !== 'content') return failed(aboutFile(fileName, unreadTexts(fileName, reading)))
  const text = decode(reading.bytes)
  if (text === undefined) return failed(aboutFile(fileName, notUtf8(reading.bytes)))
  if (text.trim() === '') return failed(aboutFile(fileName, empty))
  const format = formatOf(fileName)
  const parsed = await parse(text, format)
  if ('fault' in parsed) return failed(syntaxFinding(fileName, text, format, parsed.fault))
  const file = { ...parsed.content, name: fileName.name, format, text }
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
async function parse(text: string, format: Format): Promise<Reading> {
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

interface FileTexts {
  readonly code: string
  readonly title: string
  /** Follows the file's name. */
  readonly is: string
  readonly remedy: string
}

function aboutFile({ name }: FileName, { is, ...texts }: FileTexts): Finding {
  const shown = printable(name)
  return { offset: -1, problem: errorProblem({ ...texts, cause: `${shown} ${is}`, evidence: shown }) }
}

function unreadTexts({ role }: FileName, reading: Exclude<FileReading, { kind: 'content' }>): FileTexts {
  const name =
    role === 'cluster' ? 'Give the path of the cluster file as argument' : 'Give the path of the inventory with -i'
  if (reading.kind === 'missing')
    return {
      code: 'config-missing-file',
      title: 'File not found',
      is: 'does not exist',
      remedy: `${name}, or make the file.`,
    }
  if (reading.kind === 'notAFile')
    return { code: 'config-not-a-file', title: 'Not a file', is: `is ${reading.what}`, remedy: `${name}.` }
  if (reading.kind === 'tooLarge')
    return {
      code: 'config-too-large',
      title: 'File too large',
      is: 'is larger than 1 MiB',
      remedy: `${name}; this is something else.`,
    }
  const is = `cannot be read: ${reading.reason}`
  return { code: 'config-unreadable', title: 'File not readable', is, remedy: 'Make it readable for you.' }
}

const empty: FileTexts = {
  code: 'config-empty',
  title: 'File empty',
  is: 'has nothing in it',
  remedy: 'Fill it, an example comes with trueno-deploy. An inventory can also be left away.',
}

function notUtf8(bytes: Uint8Array): FileTexts {
  const mark = `${bytes[0]} ${bytes[1]}`
  const what = mark === '255 254' || mark === '254 255' ? 'is UTF-16' : `is not UTF-8 (line ${lineOfFault(bytes)})`
  return {
    code: 'config-not-utf8',
    title: 'File not in UTF-8',
    is: what,
    remedy: 'Save it as UTF-8 without byte order mark.',
  }
}

/** The decoder puts a replacement character where it finds a fault. */
function lineOfFault(bytes: Uint8Array): number {
  const text = new TextDecoder().decode(bytes)
  return text.slice(0, text.indexOf('\ufffd')).split('\n').length
}

function syntaxFinding({ name, role }: FileName, text: string, format: Format, fault: Fault): Finding {
  const isYaml = role === 'cluster' && /\.ya?ml$/.test(name)
  const remedy = isYaml ? 'The cluster file is JSON. An inventory is given with -i.' : fault.remedy
  const evidence = `${showPlace(name, text, fault.offset)}${lineAt(text, fault.offset)}`
  const title = format === 'json' ? 'Not valid JSON' : 'Not valid YAML'
  return {
    offset: fault.offset,
    problem: errorProblem({ code: 'config-syntax', title, cause: fault.cause, evidence, remedy }),
  }
}

/** The line with the fault, as far as it can be shown. */
function lineAt(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const line = (text.slice(start).split(/\r?\n/, 1)[0] ?? '').trim()
  return line === '' || isSecretName(line) ? '' : ` ${printable(line.slice(0, 60))}`
}

function duplicateFinding(file: ConfigFile, { path, first, second }: Duplicate): Finding {
  const places = [first, second].map((offset) => `${showPlace(file.name, file.text, offset)} ${showPath(file, path)}`)
  const finding = findingAt(file, [atKey(...path)], {
    code: 'config-duplicate-key',
    title: 'Key stands twice',
    cause: `${showPath(file, path)} stands twice, the first one would be ignored`,
    remedy: 'Leave one of the two.',
  })
  return { offset: second, problem: { ...finding.problem, evidence: places.join('\n') } }
}
