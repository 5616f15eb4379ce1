import { crc32 } from 'node:zlib'

/** Lines remembered for each file, at most. */
const mostRemembered = 50_000

/** Hands lines on once, although a file is read from its beginning again after a lost connection. */
export interface ResumableLines {
  onLine(file: string, line: string): void
  /** The files are read from their beginning once more. */
  restart(): void
}

interface FileMemory {
  /** A checksum for each line handed on, of all files that had this name one after the other. */
  readonly sums: number[]
  /** Null: what comes is new. Else the places in `sums` that the present reading may have begun at. */
  repeating: Repeating | null
}

/**
 * A file that is read again gives what was handed on last, from where the file begins: at the first line, or further on
 * where it was rotated meanwhile. Which it is shows when the lines end that are known; until then they are held back.
 */
interface Repeating {
  readonly held: string[]
  /** Possible beginnings, the earliest first; undefined: nothing was read yet. */
  paths: readonly Path[] | undefined
}

interface Path {
  /** The next of `sums`. */
  readonly at: number
  /** How many lines were held when it came to the end of `sums`; null: it has not. */
  readonly endedAfter: number | null
}

/**
 * Compares instead of counting bytes: `tail` does not say which file a byte is of when one was rotated. Of lines that
 * were handed on in two goes, a second reading has the whole ones only.
 */
export function createResumableLines(onLine: (file: string, line: string) => void): ResumableLines {
  const files = new Map<string, FileMemory>()
  return {
    onLine: (file, line) => {
      const memory = files.get(file) ?? { sums: [], repeating: null }
      files.set(file, memory)
      for (const fresh of memory.repeating === null ? [line] : sift(memory, memory.repeating, line)) {
        if (memory.sums.length < mostRemembered) memory.sums.push(crc32(fresh))
        onLine(file, fresh)
      }
    },
    restart: () => {
      for (const memory of files.values()) memory.repeating = { held: [], paths: undefined }
    },
  }
}

/** Takes a line of a second reading; returns those that are known to be new by now. */
function sift(memory: FileMemory, repeating: Repeating, line: string): readonly string[] {
  const { sums } = memory
  const { held, paths } = repeating
  const sum = crc32(line)
  held.push(line)
  const advanced = paths === undefined ? beginnings(sums, sum) : paths.flatMap((path) => advance(path, sums, sum))
  repeating.paths = advanced.map((path) => (isAtEnd(path, sums) ? { ...path, endedAfter: held.length } : path))
  const [first] = repeating.paths
  if (first?.endedAfter === null) return []
  memory.repeating = null
  return held.slice(first?.endedAfter ?? 0)
}

/** More places than these are not looked at: where all lines are the same, the earliest is the right one. */
const mostPaths = 32

function beginnings(sums: readonly number[], sum: number): readonly Path[] {
  const places = sums.flatMap((known, index) => (known === sum ? [index] : []))
  return places.slice(0, mostPaths).map((index) => ({ at: index + 1, endedAfter: null }))
}

function isAtEnd({ at, endedAfter }: Path, sums: readonly number[]): boolean {
  return endedAfter === null && at === sums.length
}

/** One line may be passed over: the beginning of what came whole now. */
function advance(path: Path, sums: readonly number[], sum: number): readonly Path[] {
  if (path.endedAfter !== null) return [path]
  if (sums[path.at] === sum) return [{ at: path.at + 1, endedAfter: null }]
  return sums[path.at + 1] === sum ? [{ at: path.at + 2, endedAfter: null }] : []
}
