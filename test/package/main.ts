import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { lackingForNamespaces } from '../helpers/namespaces.js'
import { absolute, inFolder, refuse, run, say } from './course.js'
import { cycle } from './cycle.js'

const usage = `usage: npm run test:package -- PATH [--java DIR]

Takes a Trueno package through the whole cycle (up, status, faults, down, up again) on four hosts made of Linux network
namespaces, each with a real sshd. Engines that the package lacks are the stand-in's. Needs Linux and root.

  PATH        folder of a Trueno package, or a .tgz of one, as for --release
  --java DIR  the hosts' JAVA_HOME (default: the Java of this machine)
`

interface Given {
  /** Absolute. */
  readonly path: string
  /** Absolute. */
  readonly java?: string
}

async function main(argv: readonly string[]): Promise<number> {
  const given = read(argv)
  if (typeof given === 'number') return given
  const lacking = lackingForNamespaces()
  if (lacking.length > 0) return refuse(`test:package cannot run here. It needs ${lacking.join(', ')}.`)
  return inFolder('package', (places) => run({ ...given, steps: cycle, transcript: false }, places))
}

function read(argv: readonly string[]): Given | number {
  const options = { java: { type: 'string' }, help: { type: 'boolean' } } as const
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true })
    if (values.help) return help()
    const [path] = positionals
    if (path === undefined || positionals.length > 1) return refuse(usage)
    return checked({ path: absolute(path), ...(values.java !== undefined && { java: absolute(values.java) }) })
  } catch (error) {
    return refuse(`${(error as Error).message}\n\n${usage}`)
  }
}

function help(): 0 {
  say(usage)
  return 0
}

function checked(given: Given): Given | number {
  const { path, java } = given
  if (!existsSync(path)) return refuse(`${path} does not exist`)
  if (java !== undefined && !existsSync(join(java, 'bin/java'))) return refuse(`${java} has no bin/java`)
  return given
}

// After an interruption, a step may still be waiting.
process.exit(await main(process.argv.slice(2)))
