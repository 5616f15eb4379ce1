import type { ClientRequest, IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Emit } from '../engine/events.js'
import { errorProblem, ProblemError } from '../errors.js'
import type { Mirror } from '../mirror/mirror.js'
import type { OpenRelease } from '../release/open.js'
import type { Networks } from '../ssh/networks.js'
import type { Environment } from '../ssh/web-proxy.js'
import { distrustOf, webRequest } from '../ssh/web-request.js'
import type { Artifact } from '../trueno/release.js'
import type { World } from '../world.js'

export interface PushContext {
  readonly world: World
  readonly emit: Emit
  readonly signal: AbortSignal
  /** Networks that alone may be dialled; null: all. */
  readonly only: Networks | null
  /** Where proxies are named. */
  readonly environment: Environment
}

/** What came of it. */
export interface Pushed {
  readonly sent: number
  readonly bytes: number
  /** Were there already. */
  readonly kept: number
}

/** Puts what hosts will want of a release on a mirror, each part under the sha256 of what travels. @throws ProblemError */
export async function push(release: OpenRelease, mirror: Mirror, context: PushContext): Promise<Pushed> {
  const pushed = { sent: 0, bytes: 0, kept: 0 }
  for (const artifact of release.release.artifacts) {
    const bytes = await pushOne(artifact, release, mirror, context)
    if (bytes === 0) pushed.kept += 1
    else Object.assign(pushed, { sent: pushed.sent + 1, bytes: pushed.bytes + bytes })
  }
  return pushed
}

/** Bytes that were sent; 0: it was there. */
async function pushOne(
  artifact: Artifact,
  release: OpenRelease,
  mirror: Mirror,
  context: PushContext,
): Promise<number> {
  const file = await release.open(artifact.sha256)
  const ask = (method: 'HEAD' | 'PUT', headers = {}, body?: Readable): Promise<IncomingMessage> =>
    send(mirror.address(file.sha256, method, context.world.now()), method, headers, body, context).catch(
      (error: Error) => {
        throw context.signal.aborted
          ? context.signal.reason
          : new ProblemError([refused(mirror, distrustOf(error) ?? error.message)])
      },
    )
  const there = await ask('HEAD')
  if (there.statusCode === 200 && there.headers['content-length'] === String(file.bytes)) return 0
  context.emit({ kind: 'note', message: `Putting ${artifact.name} on ${mirror.name}.` })
  const headers = { 'Content-Length': file.bytes, 'Content-Type': 'application/octet-stream' }
  const { statusCode = 0 } = await ask('PUT', headers, Readable.from(file.read()))
  if (statusCode < 200 || statusCode > 299) throw new ProblemError([refused(mirror, `it answers ${statusCode}`)])
  return file.bytes
}

async function send(
  address: string,
  method: string,
  headers: Readonly<Record<string, string | number>>,
  body: Readable | undefined,
  { world, only, environment, signal }: PushContext,
): Promise<IncomingMessage> {
  const request = await webRequest(new URL(address), {
    method,
    headers: { ...headers, Connection: 'close', ...(body && { Expect: '100-continue' }) },
    world,
    only,
    environment,
    signal,
  })
  return await new Promise((resolve, reject) => {
    request.on('error', reject).on('response', (response) => {
      response.resume()
      response.on('error', reject).on('end', () => {
        resolve(response)
        request.destroy()
      })
    })
    if (body === undefined) request.end()
    else
      whenWanted(request, { world, signal })
        .then(() => pipeline(body, request), reject)
        .catch(reject)
  })
}

/** Who refuses what comes says so before it is sent; who knows nothing of that gets it after a second, as from curl. */
async function whenWanted(request: ClientRequest, { world, signal }: Pick<PushContext, 'world' | 'signal'>) {
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  request.flushHeaders()
  await new Promise((resolve) => {
    request.once('continue', resolve)
    world.sleep(1000, either).then(resolve, () => {})
  })
  over.abort()
}

function refused(mirror: Mirror, evidence: string) {
  return errorProblem({
    code: 'mirror-refused',
    title: 'the mirror takes nothing',
    cause: `nothing could be put on ${mirror.name}`,
    evidence,
    remedy: 'look whether it is the right address, takes PUT, and knows these keys',
  })
}
