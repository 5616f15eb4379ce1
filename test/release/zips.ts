import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipEntry {
  readonly name: string
  readonly content?: string | Buffer
  /** With the type: 0o100755 a program, 0o120777 a link. Default: a file. */
  readonly mode?: number
  /** What the archive claims of it, where that is not true. */
  readonly claims?: { readonly size?: number; readonly crc?: number }
}

/** A zip of exactly these entries, also such as no packer would make. */
export function zip(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const { local, central } = record(entry, offset)
    locals.push(local)
    directory.push(central)
    offset += local.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50)
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, central, end])
}

function record({ name, content = '', mode = 0o100644, claims }: ZipEntry, offset: number) {
  const bytes = Buffer.from(content)
  const packed = deflateRawSync(bytes)
  const path = Buffer.from(name)
  const common = Buffer.alloc(26)
  common.writeUInt16LE(20, 0)
  common.writeUInt16LE(8, 4)
  common.writeUInt32LE(claims?.crc ?? crc32(bytes), 10)
  common.writeUInt32LE(packed.length, 14)
  common.writeUInt32LE(claims?.size ?? bytes.length, 18)
  common.writeUInt16LE(path.length, 22)
  const rest = Buffer.alloc(14)
  rest.writeUInt32LE((mode << 16) >>> 0, 6)
  rest.writeUInt32LE(offset, 10)
  return {
    local: Buffer.concat([signature(0x04034b50), common, path, packed]),
    central: Buffer.concat([signature(0x02014b50), Buffer.from([20, 3]), common, rest, path]),
  }
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
