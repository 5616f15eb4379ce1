import { type ChildProcess, spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'

/** A process of this machine. */
export interface Running {
  readonly pid: number
  readonly command: string
  readonly environment: Readonly<Record<string, string>>
}

export type Environment = Readonly<Record<string, string>>

/** A process that goes on, and what it has printed so far; `code` is undefined while it lives. */
export interface Started {
  readonly child: ChildProcess
  readonly printed: { out: string; err: string; code: number | null | undefined }
}

/** Starts a process that goes on. */
export function started(command: string, args: readonly string[], options: { cwd: string; env: Environment }): Started {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const printed: Started['printed'] = { out: '', err: '', code: undefined }
  child.stdout.on('data', (data) => {
    printed.out += data
  })
  child.stderr.on('data', (data) => {
    printed.err += data
  })
  child.on('close', (code) => {
    printed.code = code
  })
  return { child, printed }
}

/** What listens in the network of a process: `address:port`, `*` for any address. */
export async function listeners(pid: number): Promise<readonly string[]> {
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readText(`/proc/${pid}/net/${name}`)))
  const rows = tables.flatMap((table) => table.split('\n')).map((row) => row.trim().split(/\s+/))
  return rows.filter((row) => row[3] === '0A').map((row) => socketName(row[1] ?? ''))
}

function socketName(hex: string): string {
  const [address = '', port = ''] = hex.split(':')
  const bytes = (address.slice(-8).match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).reverse()
  return `${/^0+$/.test(address) ? '*' : bytes.join('.')}:${Number.parseInt(port, 16)}`
}

/** Waits until `probe` gives something truthy, and returns it. */
export async function eventually<T>(what: string, probe: () => Promise<T> | T): Promise<NonNullable<T>> {
  const end = Date.now() + 120_000
  for (;;) {
    const value = await probe()
    if (value) return value
    if (Date.now() > end) throw new Error(`in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

export function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended by itself.
  }
}

/** What runs with this mark in its environment. */
export async function runningOf(id: string): Promise<readonly Running[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const all = await Promise.all(pids.map(running))
  return all.filter((each): each is Running => each?.environment.STANDIN_RIG === id)
}

async function running(pid: string): Promise<Running | undefined> {
  const environment = Object.fromEntries(
    (await readText(`/proc/${pid}/environ`)).split('\0').map((entry) => entry.split(/=(.*)/s).slice(0, 2)),
  )
  const command = (await readText(`/proc/${pid}/cmdline`)).replaceAll('\0', ' ').trim()
  return command === '' ? undefined : { pid: Number(pid), command, environment }
}

/** Content of a file; empty where it is not there. */
export async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '')
}
