import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { deflateRaw } from 'node:zlib'
import type { TarContent } from './tar.js'
import type { Entry } from './tree.js'

const samples = 48
const sampleBytes = 32 * 1024
/** Compressed size of a sample above which compressing costs more time than it saves: jars are compressed already. */
const worthwhile = 0.75

/** Whether gzip makes the content clearly smaller, judged by pieces taken at equal distances. */
export async function isWorthCompressing(content: TarContent): Promise<boolean> {
  const pieces = await Promise.all(placesIn(content.entries).map((place) => readPiece(content.root, place)))
  const sample = Buffer.concat(pieces)
  const packed = await promisify<Buffer, object, Buffer>(deflateRaw)(sample, { level: 1 })
  return packed.length < sample.length * worthwhile
}

interface Place {
  readonly path: string
  readonly offset: number
  readonly length: number
}

/** Equally spaced over all bytes of all files, so that large files count as much as they weigh. */
function placesIn(entries: readonly Entry[]): readonly Place[] {
  const total = entries.reduce((sum, { size }) => sum + size, 0)
  const distance = Math.max(1, Math.ceil(total / samples))
  const length = Math.min(sampleBytes, distance)
  const places: Place[] = []
  let start = 0
  for (const { path, size } of entries) {
    const first = Math.ceil(start / distance) * distance
    for (let at = first; at < start + size; at += distance) places.push({ path, offset: at - start, length })
    start += size
  }
  return places
}

async function readPiece(root: string, { path, offset, length }: Place): Promise<Buffer> {
  await using file = await open(join(root, path))
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset)
  return buffer.subarray(0, bytesRead)
}
