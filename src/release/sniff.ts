/** How much of a file `whatIsFile` wants to see. */
export const sniffBytes = 512

/** What a file is by its first bytes, for people; null: a gzipped file, as a .tgz is. */
export function whatIsFile(head: Buffer): string | null {
  if (head.length === 0) return 'an empty file'
  const text = head.toString('latin1')
  if (text.startsWith('\x1f\x8b')) return null
  if (text.slice(257, 262) === 'ustar') return 'a tar that is not compressed: gzip it'
  return kinds.find(([start]) => text.trimStart().startsWith(start))?.[1] ?? 'no gzipped tar'
}

const kinds: readonly (readonly [string, string])[] = [
  ['PK\x03\x04', 'a zip archive: unpack it and give the folder'],
  ['BZh', 'packed with bzip2: pack it with gzip'],
  ['\xfd7zXZ', 'packed with xz: pack it with gzip'],
  ['\x28\xb5\x2f\xfd', 'packed with zstd: pack it with gzip'],
  ['<', 'a web page: the download ended at a page instead of the file'],
  ['{', 'a JSON text'],
  ['version https://git-lfs', 'a pointer of Git LFS, not the file itself: run git lfs pull'],
  ['\x7fELF', 'a program'],
]
