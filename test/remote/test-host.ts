import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Writable } from 'node:stream'
import { afterEach, beforeEach, describe } from 'vitest'

/** Each is a login that hosts have; the last with busybox's tools, too. */
export const shells = ['dash', 'bash', 'busybox'] as const
type Shell = (typeof shells)[number]

export interface Result {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly input?: Buffer | string
  readonly env?: Readonly<Record<string, string>>
  /** What its session begins with, for dash: limits. */
  readonly before?: string
  /** Files below `home` that scripts find in place of those of the system. */
  readonly instead?: Readonly<Record<string, string>>
}

/** Directories on this machine that scripts take for a host's. Its paths hold what is hard to quote. */
export interface TestHost {
  readonly root: string
  readonly home: string
  readonly data: string
  /** Runs a script of `remote/` to its end. */
  run(script: string, args: readonly (string | number)[], options?: RunOptions): Promise<Result>
  /** Starts one, for whoever talks with it. */
  start(script: string, args: readonly (string | number)[]): RunningScript
  /** Puts a program before all others on the PATH of scripts. */
  fakeTool(name: string, text: string): void
  /** Makes a file below `home`, and what is missing above it. */
  put(file: string, content: string | Buffer): void
  read(file: string): string
  /** Names in a directory below `home`, hidden ones too, sorted; none when it is not there. */
  list(directory: string): string[]
  /** Another directory of the same machine, taken for another host's. */
  another(): TestHost
  /** Makes `home` a file system of its own with this size, as mount takes it. */
  mountSmallDisk(size: string): void
  /** Gives that another size, or other options behind it. */
  remountDisk(size: string): void
  /** Leaves nothing of it free, and takes that back. */
  fillDisk(): void
  emptyDisk(): void
}

export interface RunningScript {
  readonly stdin: Writable
  /** What it has printed so far, once the result was asked for. */
  said(): string
  /** To be asked for at once: what comes before is lost. */
  result(): Promise<Result>
}

/** Defines tests three times: in each shell, each with a host of its own. */
export function inEachShell(define: (host: () => TestHost) => void): void {
  describe.each(shells)('in %s', (shell) => {
    let host: OwnedHost
    beforeEach(() => {
      host = createHost(shell)
    })
    afterEach(() => host.remove())
    define(() => host)
  })
}

interface OwnedHost extends TestHost {
  remove(): void
}

function createHost(shell: Shell): OwnedHost {
  const root = mkdtempSync(path.join(tmpdir(), 'td-'))
  const home = path.join(root, `it's "a" $home`)
  const mounted: string[] = []
  const others: OwnedHost[] = []
  const program = shell === 'busybox' ? [pathOf(shell), 'sh'] : [pathOf(shell)]
  mkdirSync(path.join(root, 'tools'))
  if (shell === 'busybox') installBusybox(path.join(root, 'applets'))
  const below = (file: string): string => path.join(home, file)
  const put = (file: string, content: string | Buffer): void => {
    mkdirSync(path.dirname(below(file)), { recursive: true })
    writeFileSync(below(file), content)
  }
  return {
    root,
    home,
    data: path.join(root, 'data dir'),
    run: (script, args, options = {}) => {
      const child = start(program, root, script, args.map(String), options)
      child.stdin.end(options.input)
      return resultOf(child)
    },
    start: (script, args) => {
      const child = start(program, root, script, args.map(String), {})
      const text = { stdout: '', stderr: '' }
      return { stdin: child.stdin, said: () => text.stdout, result: () => resultOf(child, text) }
    },
    fakeTool: (name, text) => {
      writeFileSync(path.join(root, 'tools', name), text)
      chmodSync(path.join(root, 'tools', name), 0o755)
    },
    put,
    another: () => {
      const other = createHost(shell)
      others.push(other)
      return other
    },
    read: (file) => readFileSync(below(file), 'utf8'),
    list: (directory) => (existsSync(below(directory)) ? readdirSync(below(directory)).sort() : []),
    mountSmallDisk: (size) => {
      mount(home, size)
      mounted.push(home)
    },
    remountDisk: (size) => execFileSync('mount', ['-o', `remount,size=${size}`, home]),
    fillDisk: () => {
      try {
        for (;;) appendFileSync(below('filler'), Buffer.alloc(4096))
      } catch {
        // it is full
      }
    },
    emptyDisk: () => rmSync(below('filler')),
    remove: () => {
      for (const other of others) other.remove()
      for (const pid of markedPids(home)) killQuietly(pid)
      for (const place of mounted) execFileSync('umount', ['-l', place])
      rmSync(root, { recursive: true, force: true })
    },
  }
}

function installBusybox(directory: string): void {
  mkdirSync(directory)
  execFileSync('busybox', ['--install', '-s', directory])
}

function mount(place: string, size: string): void {
  mkdirSync(place, { recursive: true })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'trueno-deploy-test', place], {
      stdio: 'pipe',
    })
  } catch (error) {
    throw new Error(`this test fills a small disk and must be allowed to mount one: run it as root (${String(error)})`)
  }
}

/** The package's own scripts, run by hand. */
const scripts = new URL('../../remote/', import.meta.url).pathname

function start(
  program: readonly string[],
  root: string,
  script: string,
  args: readonly string[],
  options: RunOptions,
): ChildProcessWithoutNullStreams {
  const searched = [
    path.join(root, 'tools'),
    path.join(root, 'applets'),
    path.dirname(process.execPath),
    '/usr/bin',
    '/bin',
  ]
  const from = options.instead === undefined ? scripts : relocated(root, options.instead)
  const env = { PATH: searched.join(':'), HOME: root, ...options.env }
  const command = [...program, path.join(from, `${script}.sh`), ...args]
  const session = ['-c', `${options.before ?? ':'}; exec "$@"`, 'session', ...command]
  const child = spawn(pathOf('dash'), session, { env, cwd: root })
  child.stdin.on('error', () => undefined)
  return child
}

/** Scripts that look for those files elsewhere, since nobody can put others into /proc. */
function relocated(root: string, instead: Readonly<Record<string, string>>): string {
  const directory = path.join(root, 'scripts')
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory)
  for (const name of readdirSync(scripts).filter((file) => /\.(?:sh|bash|js)$/.test(file))) {
    const text = readFileSync(path.join(scripts, name), 'utf8')
    const moved = Object.entries(instead).reduce((all, [file, other]) => all.replaceAll(file, other), text)
    writeFileSync(path.join(directory, name), moved)
  }
  return directory
}

function resultOf(child: ChildProcessWithoutNullStreams, text = { stdout: '', stderr: '' }): Promise<Result> {
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (chunk: string) => {
      text[stream] += chunk
    })
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, ...text }))
  })
}

/** Absolute path of a tool of this machine. */
export function pathOf(tool: string): string {
  return execFileSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim()
}

const usualTools =
  'awk cat cut date df env grep head id ls mkdir mv readlink rm sed sh sha256sum stat touch tr uname wc'

/** A PATH with the tools that scripts cannot do without: no node, no java. */
export function minimalPath({ root }: TestHost): string {
  const directory = path.join(root, 'minimal')
  mkdirSync(directory)
  for (const tool of usualTools.split(' ')) symlinkSync(pathOf(tool), path.join(directory, tool))
  return directory
}

/** Processes that carry the marker of this home. */
export function markedPids(home: string): number[] {
  const marker = `TRUENO_DEPLOY_HOME=${home}`
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && environmentOf(pid).includes(marker))
}

export function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch {
    return []
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it has ended by itself
  }
}
