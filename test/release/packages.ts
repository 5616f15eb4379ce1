import { chmod, lutimes, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ProblemError } from '../../src/errors.js'
import { type OpenRelease, openRelease } from '../../src/release/open.js'

/** A directory of a test's own: removed with all that is in it when the test is over. */
export async function workshop(): Promise<Workshop> {
  const root = await mkdtemp(join(tmpdir(), 'release-test-'))
  const cacheDirectory = join(root, 'cache')
  const open = (path: string) => openRelease(path, { cacheDirectory, packageRoot: root })
  return {
    root,
    cacheDirectory,
    open,
    problemsOf: async (path) => {
      const error: unknown = await open(path).then(
        () => null,
        (thrown: unknown) => thrown,
      )
      if (error instanceof ProblemError) return error.problems
      throw error ?? new Error('it has no problems')
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  }
}

interface Workshop extends AsyncDisposable {
  readonly root: string
  readonly cacheDirectory: string
  open(path: string): Promise<OpenRelease>
  problemsOf(path: string): Promise<ProblemError['problems']>
}

/** A text or bytes; a link; a program. */
export type Content = string | Buffer | { readonly link: string } | { readonly program: string | Buffer }
export type Files = Readonly<Record<string, Content>>

/** Lays files out below a folder, with an old time, as an unpacked package has it. */
export async function layOut(folder: string, files: Files): Promise<string> {
  for (const [path, content] of Object.entries(files)) await put(join(folder, path), content)
  return folder
}

async function put(path: string, content: Content): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const old = new Date('1985-10-26T08:15:00Z')
  if (typeof content === 'object' && 'link' in content) {
    await symlink(content.link, path)
    return lutimes(path, old, old)
  }
  const isProgram = typeof content === 'object' && 'program' in content
  await writeFile(path, isProgram ? content.program : content)
  await chmod(path, isProgram ? 0o755 : 0o644)
  await utimes(path, old, old)
}

const engines = 'lib/core/binaries'

/** The least that is a real Trueno package, dependencies installed, with two engines. */
export const trueno: Files = {
  'package.json': JSON.stringify({ name: 'trueno', version: '0.0.0', dependencies: { pm2: '2.6.1', bower: '^1.7.9' } }),
  'lib/trueno.js': '#!/usr/bin/env node\n',
  'conf/trueno-config.yaml': '- interpreter: bash\n'.repeat(1000),
  'node_modules/pm2/package.json': '{"name":"pm2","version":"2.6.1"}',
  'node_modules/pm2/bin/pm2': { program: '#!/usr/bin/env node\n' },
  'node_modules/.bin/pm2': { link: '../pm2/bin/pm2' },
  'node_modules/moment/package.json': '{"name":"moment","version":"2.31.0"}',
  [`${engines}/elasticsearch/bin/elasticsearch`]: { program: '#!/bin/sh\n' },
  [`${engines}/elasticsearch/lib/elasticsearch-5.3.2.jar`]: noise(200_000),
  [`${engines}/elasticsearch/config/jvm.options`]: '-Xms2g\n',
  [`${engines}/gremlin_server/bin/gremlin-server.sh`]: { program: '#!/bin/sh\n' },
  [`${engines}/gremlin_server/lib/gremlin-server-3.2.3.jar`]: 'jar',
  [`${engines}/gremlin_server/conf/gremlin-server-trueno.yaml`]: 'host: localhost\n'.repeat(100),
}

/** Bytes that no compression makes smaller, the same each time. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  let state = 1
  for (let index = 0; index < length; index += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    bytes[index] = state >>> 16
  }
  return bytes
}

/** The first bytes of a 64-bit program for Linux: machine 62 is x86-64; its loader tells its C library. */
export function elf(machine: number, loader: string): Buffer {
  const head = Buffer.alloc(256)
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1])
  head.writeUInt16LE(machine, 18)
  head.writeBigUInt64LE(64n, 32)
  head.writeUInt16LE(56, 54)
  head.writeUInt16LE(1, 56)
  head.writeUInt32LE(3, 64)
  head.writeBigUInt64LE(128n, 72)
  head.writeBigUInt64LE(BigInt(loader.length + 1), 96)
  head.write(loader, 128)
  return head
}
