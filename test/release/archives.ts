import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { extract, type Header, pack } from 'tar-stream'
import type { Content, Files } from './packages.js'

export type TarEntry = Partial<Header> & { readonly name: string; readonly content?: string | Buffer }

/** A gzipped tar of exactly these entries, also such as no packer would make. */
export async function tgz(entries: readonly TarEntry[]): Promise<Buffer> {
  const tar = pack()
  for (const { content, ...header } of entries) {
    if (content === undefined) tar.entry(header)
    else tar.entry(header, content)
  }
  tar.finalize()
  return gzipSync(await buffer(tar as AsyncIterable<unknown>))
}

/** Files as a packer would put them below a top folder. */
export async function tgzOf(files: Files, top = 'package'): Promise<Buffer> {
  return tgz(Object.entries(files).map(([path, content]) => entryOf(`${top}/${path}`, content)))
}

function entryOf(name: string, content: Content): TarEntry {
  if (typeof content === 'string' || Buffer.isBuffer(content)) return { name, content, mode: 0o664 }
  if ('link' in content) return { name, type: 'symlink', linkname: content.link }
  return { name, content: content.program, mode: 0o775 }
}

/** What a tar says of each entry: type, mode, owner and time, name, content or target. */
export async function listing(tar: AsyncIterable<Uint8Array>): Promise<readonly string[]> {
  const lines: string[] = []
  const reader = extract()
  reader.end(await buffer(tar))
  for await (const entry of reader) {
    const { type, mode, uid, gid, mtime, name, linkname } = entry.header
    const content = await buffer(entry as AsyncIterable<unknown>)
    const what = type === 'file' ? `${content.length} bytes` : (linkname ?? '')
    lines.push(`${type} ${mode.toString(8)} ${uid}:${gid} ${mtime.getUTCFullYear()} ${name} ${what}`.trim())
  }
  return lines
}
