import { type ChildProcess, spawn } from 'node:child_process'
import { statfs } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { dirname } from 'node:path'
import { PassThrough, type Readable } from 'node:stream'
import { DialError } from '../ssh/dial.js'
import type { Networks } from '../ssh/networks.js'
import { webRequest } from '../ssh/web-request.js'
import type { World } from '../world.js'
import { type Clients, FetchError, type GetOptions, type Ran, type Reply, type RunOptions } from './clients.js'
import { publicUrl } from './spec.js'

export interface RealOptions {
  readonly world: World
  /** The user's, handed on to his clients. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Networks that alone may be reached (TRUENO_DEPLOY_ONLY); null: all. */
  readonly only: Networks | null
  /** How long a server may send nothing. Default: two minutes. */
  readonly idleMs?: number
}

/** The user's own clients, and the network. */
export function realClients(options: RealOptions): Clients {
  return {
    run: (program, args, runOptions) => run(program, args, runOptions, options),
    get: (url, getOptions) => get(url, getOptions, options, mostRedirects),
    freeBytes,
  }
}

async function run(
  program: string,
  args: readonly string[],
  { directory, environment, signal, onLine }: RunOptions,
  options: RealOptions,
): Promise<Ran | null> {
  // Nobody could hold it to the networks that are allowed.
  if (options.only !== null)
    throw new FetchError(`TRUENO_DEPLOY_ONLY=${options.only.text} allows no registry; ${program} was not started`)
  signal.throwIfAborted()
  const child = spawn(program, args, {
    cwd: directory,
    env: { ...options.environment, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that it can be ended with all that it has started.
    detached: true,
  })
  const stop = (): void => endGroup(child.pid)
  signal.addEventListener('abort', stop)
  const [stdout, stderr] = [read(child.stdout, onLine), read(child.stderr, onLine)]
  try {
    const code = await exitOf(child)
    signal.throwIfAborted()
    return code === notThere ? null : { code, stdout: stdout(), stderr: stderr() }
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? resolve(notThere) : reject(error)))
    child.on('close', (code) => resolve(code))
  })
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGTERM')
  } catch {
    // It has ended by itself.
  }
}

/** Tells each line as it comes; gives what was read so far. */
function read(stream: Readable, onLine: RunOptions['onLine']): () => string {
  let all = ''
  let told = 0
  stream.setEncoding('utf8').on('data', (piece: string) => {
    all += piece
    for (let end = all.indexOf('\n', told); end !== -1; end = all.indexOf('\n', told)) {
      onLine?.(all.slice(told, end))
      told = end + 1
    }
  })
  return () => all
}

const notThere = -1
const mostRedirects = 5

async function get(url: string, options: GetOptions, real: RealOptions, redirects: number): Promise<Reply> {
  const message = await ask(new URL(url), options, real)
  const { location } = message.headers
  const status = message.statusCode ?? 0
  if (status < 300 || status > 399 || location === undefined) return replyOf(message, options)
  message.resume()
  if (redirects === 0) throw new FetchError('it redirects for ever')
  return get(new URL(location, url).href, options, real, redirects - 1)
}

function replyOf(message: IncomingMessage, { offset }: GetOptions): Reply {
  const { statusCode: status = 0, headers } = message
  const [, from = offset, all] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? []
  const begin = status === 206 ? Number(from) : 0
  const length = headers['content-length']
  const end = length === undefined ? null : begin + Number(length)
  return {
    status,
    version: headers.etag ?? '',
    begin,
    total: status === 206 && all !== undefined && all !== '*' ? Number(all) : end,
    body: bodyOf(message),
    close: () => void message.destroy(),
  }
}

/** All that arrived, and only then that it broke off: the stream itself would throw away what is not read yet. */
function bodyOf(message: IncomingMessage): AsyncIterable<Uint8Array> {
  const arrived = new PassThrough()
  let failure: Error | null = null
  message.on('error', (error) => {
    failure = error
    arrived.end()
  })
  message.pipe(arrived)
  return (async function* () {
    try {
      yield* arrived
    } finally {
      message.destroy()
    }
    if (failure !== null || !message.complete) throw failure ?? new Error('it broke off')
  })()
}

async function ask(url: URL, { offset, version, signal }: GetOptions, real: RealOptions): Promise<IncomingMessage> {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new FetchError(`${publicUrl(url.href)} is no web address`)
  const headers = {
    'user-agent': 'trueno-deploy',
    ...(offset > 0 && { range: `bytes=${offset}-`, 'if-range': version }),
  }
  const request = await webRequest(url, { ...real, headers, signal }).catch((error: unknown) => {
    throw error instanceof DialError ? new FetchError(error.message) : error
  })
  return new Promise((resolve, reject) => {
    request.on('response', resolve).on('error', reject).end()
  })
}

/** Of the nearest folder that is there. */
async function freeBytes(folder: string): Promise<number> {
  const found = await statfs(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' || dirname(folder) === folder) throw error
    return null
  })
  return found === null ? freeBytes(dirname(folder)) : found.bavail * found.bsize
}
