import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorProblem, type Problem } from '../errors.js'
import { elfHeadBytes, runtimeOf } from '../release/elf.js'
import type { Choice } from './choose.js'
import type { Platform } from './table.js'

/** Programs of a release that run on one kind of machine only. */
const programs = { node: 'runtime/node/bin/node', java: 'runtime/java/bin/java' } as const

/** Runtimes of the wrong kind: for another processor, another system, or of a version that Trueno does not bear. */
export async function runtimeProblems(
  root: string,
  name: string,
  { part, platform }: Pick<Choice, 'part'> & { platform: Platform },
): Promise<readonly Problem[]> {
  const isRuntime = Object.hasOwn(programs, name)
  if (!isRuntime) return []
  const problem = await platformProblem(join(root, part.launcher), name, part.title, platform)
  if (problem !== null) return [problem]
  return name === 'node' ? nodeProblems(root) : []
}

const machines = { 'linux-x64': 'x86_64', 'linux-arm64': 'aarch64' } as const satisfies Record<Platform, string>

async function platformProblem(
  program: string,
  name: string,
  title: string,
  platform: Platform,
): Promise<Problem | null> {
  const found = runtimeOf(await readHead(program))
  if (found !== null && found.arch === machines[platform]) return null
  return errorProblem({
    code: 'source-platform',
    title: `${title} is for other machines`,
    cause:
      found === null
        ? 'its program is none for Linux'
        : `it is for ${found.arch}, and the bundle is made for ${machines[platform]}`,
    evidence: program.slice(program.lastIndexOf('/bin/') + 1),
    remedy: `give one for ${platform}: --source ${name}=PATH; or make the bundle for what your hosts are with --platform`,
  })
}

async function readHead(file: string): Promise<Buffer> {
  await using handle = await open(file)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(elfHeadBytes), 0, elfHeadBytes, 0)
  return buffer.subarray(0, bytesRead)
}

/** Every build of Node brings its headers, which say which it is. */
async function nodeProblems(root: string): Promise<readonly Problem[]> {
  const header = await readFile(join(root, 'include/node/node_version.h'), 'utf8').catch(() => '')
  const major = /^#define NODE_MAJOR_VERSION (\d+)/m.exec(header)?.[1]
  if (major === undefined || major === '8' || major === '12') return []
  return [
    errorProblem({
      code: 'source-node-version',
      title: `Trueno does not run well on Node ${major}`,
      cause: 'its process manager, pm2 2.6.1, dies there when a component crashes, and leaves the others without one',
      evidence: `include/node/node_version.h: NODE_MAJOR_VERSION ${major}`,
      remedy: 'give Node 8 or 12: --source node=PATH',
    }),
  ]
}

/** The branch that a Trueno package is of, by the components that it names itself; null: it does not say. */
export async function flavourOf(root: string): Promise<string | null> {
  const text = await readFile(join(root, 'conf/trueno-component-sources.yaml'), 'utf8').catch(() => '')
  if (text === '') return null
  return /^\s+cassandra:/m.test(text) ? 'master' : 'dev'
}
