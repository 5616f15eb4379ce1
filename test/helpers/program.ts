import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Lab } from './lab.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** How a process ended. */
export interface Exited {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface ProgramRun {
  readonly child: ChildProcess
  readonly done: Promise<Exited>
  /** Resolves when standard output matches so far. */
  printed(pattern: RegExp): Promise<void>
}

/** The built program as it is installed: by the link that npm makes for it. */
export interface Program {
  /** What its environment is. */
  readonly env: NodeJS.ProcessEnv
  run(...argv: readonly string[]): Promise<Exited>
  start(...argv: readonly string[]): ProgramRun
}

/** Builds what is not built yet. */
export function build(): void {
  execFileSync('sh', [join(root, 'scripts/prepare.sh')], { stdio: ['ignore', 'ignore', 'inherit'] })
}

export interface ProgramOptions {
  /** More environment. */
  readonly env?: NodeJS.ProcessEnv | undefined
  /** What it finds open as descriptor 3. */
  readonly descriptor?: number | undefined
}

/** The program, typed in a lab's directory; `ssh` reads the lab's own configuration, if it has one, and no other. */
export function programIn({ directory }: Pick<Lab, 'directory'>, options: ProgramOptions = {}): Program {
  const tools = join(directory, 'bin')
  mkdirSync(tools, { recursive: true })
  const program = join(tools, 'trueno-deploy')
  if (!existsSync(program)) symlinkSync(join(root, 'dist/bin.js'), program)
  const config = join(directory, 'ssh_config')
  if (!existsSync(config)) writeFileSync(config, '')
  writeFileSync(join(tools, 'ssh'), `#!/bin/sh\nPATH=\${PATH#*:} exec ssh -F '${config}' "$@"\n`)
  chmodSync(join(tools, 'ssh'), 0o755)
  const env = {
    PATH: `${tools}${delimiter}${process.env.PATH}`,
    HOME: directory,
    // What it leaves behind is found.
    TMPDIR: directory,
    TRUENO_DEPLOY_ONLY: '127.0.0.0/8',
    ...options.env,
  }
  const start = (...argv: readonly string[]): ProgramRun =>
    watched(
      spawn(program, argv, { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe', options.descriptor ?? 'ignore'] }),
    )
  return { env, start, run: (...argv) => start(...argv).done }
}

function watched(child: ChildProcess): ProgramRun {
  const printed = { stdout: '', stderr: '' }
  const looks: (() => void)[] = []
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text
      for (const look of looks) look()
    })
  const done = new Promise<Exited>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, ...printed }))
  })
  const until = (pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (pattern.test(printed.stdout)) resolve()
      }
      looks.push(look)
      look()
      done.then(({ stderr }) => reject(new Error(`it ended without printing ${pattern}: ${stderr}`)), reject)
    })
  return { child, done, printed: until }
}
