import type { ProblemCode } from '../catalogue/catalogue.js'
import { errorProblem } from '../errors.js'
import type { FileReading } from './files.js'
import { type Finding, printable } from './finding.js'

/** A file that is to be read. */
export interface FileName {
  /** As the user gave it; for messages. */
  readonly name: string
  readonly role: 'cluster' | 'inventory'
}

type Unread = Exclude<FileReading, { kind: 'content' }>

/** A file that could not be read at all. */
export function unreadFinding(file: FileName, reading: Unread): Finding {
  return unreadFindings[reading.kind](file, 'detail' in reading ? reading.detail : '')
}

export function emptyFinding(file: FileName): Finding {
  return aboutFile(file, 'config-empty', 'File empty', 'has nothing in it', whatToFillIn[file.role])
}

export function notUtf8Finding(file: FileName, bytes: Uint8Array): Finding {
  const is = isUtf16(bytes) ? 'is UTF-16' : `is not UTF-8 (line ${lineOfFault(bytes)})`
  return aboutFile(file, 'config-not-utf8', 'File not in UTF-8', is, 'Save it as UTF-8 without byte order mark.')
}

const unreadFindings = {
  missing: (file) =>
    aboutFile(
      file,
      'config-missing-file',
      'File not found',
      'does not exist',
      `${howToName[file.role]}, or make the file${howToMake[file.role]}.`,
    ),
  notAFile: (file, what) =>
    aboutFile(file, 'config-not-a-file', 'Not a file', `is ${what}`, `${howToName[file.role]}.`),
  tooLarge: (file) =>
    aboutFile(
      file,
      'config-too-large',
      'File too large',
      'is larger than 1 MiB',
      `${howToName[file.role]}; this is another.`,
    ),
  unreadable: (file, reason) =>
    aboutFile(file, 'config-unreadable', 'File not readable', `cannot be read: ${reason}`, 'Make it readable for you.'),
} satisfies Record<Unread['kind'], (file: FileName, detail: string) => Finding>

const howToName = {
  cluster: 'Give the path of the cluster file as argument',
  inventory: 'Give the path of the inventory with -i',
} satisfies Record<FileName['role'], string>

const howToMake = {
  cluster: ': hosts and their roles. To try without hosts: `trueno-deploy rehearse`',
  inventory: '',
} satisfies Record<FileName['role'], string>

const whatToFillIn = {
  cluster: 'Write the hosts with their roles into it; an example comes with trueno-deploy.',
  inventory: 'Fill it, or remove it: everything in it is optional.',
} satisfies Record<FileName['role'], string>

function aboutFile({ name }: FileName, code: ProblemCode, title: string, is: string, remedy: string): Finding {
  const shown = printable(name)
  return { offset: -1, problem: errorProblem({ code, title, cause: `${shown} ${is}`, evidence: shown, remedy }) }
}

function isUtf16([first, second]: Uint8Array): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
}

/** The decoder puts a replacement character where it finds a fault. */
function lineOfFault(bytes: Uint8Array): number {
  const text = new TextDecoder().decode(bytes)
  return text.slice(0, text.indexOf('\ufffd')).split('\n').length
}
