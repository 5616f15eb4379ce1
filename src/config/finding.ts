import { errorProblem, type Problem } from '../errors.js'
import { type ConfigFile, isMapping, type Path, pointerOf, type Source, valueAt } from './document.js'

/** A problem in a configuration file, and where it stands: findings are told in the order of the file. */
export interface Finding {
  /** Offset into the file; -1 when it is about the file as a whole. */
  readonly offset: number
  readonly problem: Problem
}

/** What is wrong at a place: at a key itself, or at its value. */
export interface Spot {
  readonly path: Path
  readonly at: 'key' | 'value'
}

export type Texts = Pick<Problem, 'code' | 'title' | 'cause' | 'remedy'>

/** A finding whose evidence is the given places with their values. */
export function findingAt(file: ConfigFile, spots: readonly Spot[], texts: Texts): Finding {
  const evidence = spots.map((spot) => showSpot(file, spot)).join('\n')
  return {
    offset: Math.min(...spots.map((spot) => offsetOf(file, spot))),
    problem: errorProblem({ ...texts, evidence }),
  }
}

export function atKey(...path: string[]): Spot {
  return { path, at: 'key' }
}

export function atValue(...path: string[]): Spot {
  return { path, at: 'value' }
}

export function inOrder(findings: readonly Finding[]): readonly Problem[] {
  return findings.toSorted((left, right) => left.offset - right.offset).map((finding) => finding.problem)
}

/** `cluster.json:3:7` */
export function showPlace({ name, lines }: Source, offset: number): string {
  const line = lines.findLastIndex((start) => start <= offset)
  return `${printable(name)}:${line + 1}:${offset - (lines[line] ?? 0) + 1}`
}

/** `192.168.1.41/backend`; the name of the file for the whole of it. */
export function showPath({ name }: { readonly name: string }, path: Path): string {
  return printable(path.length === 0 ? name : path.join('/'))
}

/** A text without characters that a terminal would obey or hide. */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  )
}

/** Whether something of this name is likely to be a secret, so that its value must not be shown. */
export function isSecretName(name: string): boolean {
  return /pass(word|phrase|wd)|^pass$|_pass$|secret|token|credential|(private|api)_?key/i.test(name)
}

function showSpot(file: ConfigFile, spot: Spot): string {
  const place = showPlace(file, offsetOf(file, spot))
  return `${[place, ...pathIn(spot)].join(' ')}: ${showValue(valueAt(file, spot.path), spot.path)}`
}

function pathIn({ path }: Spot): readonly string[] {
  return path.length === 0 ? [] : [printable(path.map((part) => part || '""').join('/'))]
}

function offsetOf(file: ConfigFile, { path, at }: Spot): number {
  return file.places.get(pointerOf(path))?.[at] ?? 0
}

const widest = 60

function showValue(value: unknown, path: Path): string {
  if (value === undefined || value === null) return 'nothing'
  if (isMapping(value)) return cut(`{${Object.keys(value).map(printable).join(', ')}}`)
  if (Array.isArray(value)) return value.length === 1 ? 'a list of 1' : `a list of ${value.length}`
  if (isSecret(path)) return '(not shown)'
  return cut(typeof value === 'string' ? printable(JSON.stringify(value)) : String(value))
}

function isSecret(path: Path): boolean {
  return path.includes('environment') || path.some(isSecretName)
}

function cut(text: string): string {
  return text.length <= widest ? text : `${text.slice(0, widest)}…`
}
