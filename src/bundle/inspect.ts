import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorProblem, type Problem } from '../errors.js'
import { elfHeadBytes, runtimeOf } from '../release/elf.js'
import { platforms, runsOn } from '../trueno/release.js'
import type { Choice } from './choose.js'

/** Parts that run on one kind of machine only. */
const runtimes = ['node', 'java']

/** Runtimes of the wrong kind: for another processor, another system, or of a version that Trueno does not bear. */
export async function runtimeProblems(root: string, choice: Choice): Promise<readonly Problem[]> {
  const [name = ''] = choice.name.split('@')
  if (!runtimes.includes(name)) return []
  const problem = await platformProblem(join(root, choice.part.launcher), choice)
  if (problem !== null) return [problem]
  return name === 'node' ? nodeProblems(root) : []
}

async function platformProblem(program: string, { name, part, platform }: Choice): Promise<Problem | null> {
  const found = runtimeOf(await readHead(program))
  const wanted = platforms[platform]
  if (found !== null && runsOn(found, wanted)) return null
  return errorProblem({
    code: 'source-platform',
    title: `${part.title} is for other machines`,
    cause:
      found === null
        ? 'its program is none for Linux'
        : `it is for ${found.arch} with ${found.libc}, and is wanted for ${wanted.arch} with ${wanted.libc}`,
    evidence: part.launcher,
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
