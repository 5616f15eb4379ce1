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
  /** A checksum for each line handed on. */
  readonly sums: number[]
  /** How many of them the present reading has come to. */
  at: number
}

/**
 * Compares instead of counting: where a line differs, the file is another one by now (rotated), and all that follows is
 * new. Of lines that were handed on in two goes, a second reading has the whole ones only.
 */
export function createResumableLines(onLine: (file: string, line: string) => void): ResumableLines {
  const files = new Map<string, FileMemory>()
  return {
    onLine: (file, line) => {
      const memory = files.get(file) ?? { sums: [], at: 0 }
      files.set(file, memory)
      if (!isRepeated(memory, crc32(line))) onLine(file, line)
    },
    restart: () => {
      for (const memory of files.values()) memory.at = 0
    },
  }
}

function isRepeated(memory: FileMemory, sum: number): boolean {
  const found = memory.sums.slice(memory.at, memory.at + 2).indexOf(sum)
  if (found >= 0) {
    memory.at += found + 1
    return true
  }
  memory.sums.length = memory.at
  if (memory.sums.length < mostRemembered) memory.sums.push(sum)
  memory.at = memory.sums.length
  return false
}
