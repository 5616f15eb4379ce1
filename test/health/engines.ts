import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { type ReadConnection, TunnelError } from '../../src/ssh/connection.js'
import type { World } from '../../src/world.js'

/** Servers that answer as the real engines do (real-engines, 3), and a connection whose tunnels lead to them. */
export interface Rig extends AsyncDisposable {
  readonly connection: ReadConnection
  /** `address:port` of every tunnel that was asked for. */
  readonly tunnels: readonly string[]
  /** Resolves when every connection that a server has seen is closed. */
  allClosed(): Promise<unknown>
}

export async function rigOf(servers: Readonly<Record<number, RequestListener>>): Promise<Rig> {
  const running = new Map<number, Server>()
  const closed: Promise<unknown>[] = []
  for (const [port, answer] of Object.entries(servers)) {
    const server = createServer(answer).listen(0, '127.0.0.1')
    server.on('connection', (socket: Socket) => closed.push(new Promise((resolve) => socket.once('close', resolve))))
    await once(server, 'listening')
    running.set(Number(port), server)
  }
  const tunnels: string[] = []
  const tunnel = async (address: string, port: number) => {
    tunnels.push(`${address}:${port}`)
    const server = running.get(port)
    if (server === undefined) throw new TunnelError('connection refused')
    return channelTo((server.address() as AddressInfo).port)
  }
  return {
    connection: connectionWith(tunnel),
    tunnels,
    allClosed: () => Promise.all(closed),
    [Symbol.asyncDispose]: async () => {
      for (const server of running.values()) server.closeAllConnections()
      await Promise.all([...running.values()].map((server) => once(server.close(), 'close')))
    },
  }
}

export function connectionWith(tunnel: ReadConnection['tunnel']): ReadConnection {
  const unexpected = () => Promise.reject(new Error('a probe only opens tunnels'))
  return { host: '10.0.0.42', read: unexpected, follow: unexpected, tunnel, assertPermitted: () => undefined }
}

/** A channel of SSH is a stream, and no socket. */
async function channelTo(port: number): Promise<Duplex> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  // Destroying the stream is an error of the socket inside.
  socket.on('error', () => {})
  return Duplex.from({ readable: socket, writable: socket })
}

/** A world in which no limit is ever over. */
export const patientWorld: World = worldWhere((_ms, signal) => untilAborted(signal))

/** A world in which a limit is over when `event` has happened. */
export function worldAfter(event: Promise<unknown>): World {
  return worldWhere(async (_ms, signal) => {
    await Promise.race([event, untilAborted(signal)])
  })
}

/** Something that a test waits for. */
export function happening(): { happened: Promise<void>; happens(): void } {
  let happens = () => {}
  const happened = new Promise<void>((resolve) => {
    happens = resolve
  })
  return { happened, happens }
}

function worldWhere(sleep: World['sleep']): World {
  return { now: () => 0, random: () => 0, secret: () => '', sleep }
}

function untilAborted(signal?: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) =>
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true }),
  )
}

/** Answers JSON at some paths, nothing at those with null, and 404 elsewhere. */
export function json(
  answers: Readonly<Record<string, unknown>>,
  type = 'application/json; charset=UTF-8',
): RequestListener {
  return (request, response) => {
    const path = new URL(request.url ?? '', 'http://x').pathname
    if (answers[path] === null) return
    response.writeHead(path in answers ? 200 : 404, { 'content-type': type })
    response.end(JSON.stringify(answers[path] ?? {}))
  }
}

export const info = {
  name: 'host42',
  cluster_name: 'trueno',
  cluster_uuid: 'kD3x',
  version: { number: '5.3.2', build_hash: '3068195', build_snapshot: false, lucene_version: '6.4.2' },
  tagline: 'You Know, for Search',
}

export const health = {
  cluster_name: 'trueno',
  status: 'yellow',
  timed_out: false,
  number_of_nodes: 2,
  number_of_data_nodes: 2,
  unassigned_shards: 1,
  active_shards_percent_as_number: 50,
}

export const nodes = {
  nodes: {
    b: { name: 'host', host: '10.0.0.43', ip: '10.0.0.43', http: { publish_address: '10.0.0.43:8004' } },
    a: { name: 'host', host: '10.0.0.42', ip: '10.0.0.42', http: { publish_address: '10.0.0.42:8004' } },
  },
}

export function worker(host: string, state: string) {
  return { id: `worker-${host}`, host, port: 40001, webuiaddress: `http://${host}:8081`, cores: 2, memory: 1024, state }
}

export function master(workers: readonly object[]) {
  return { url: 'spark://10.0.0.40:8005', workers, cores: 2, activeapps: [], completedapps: [], status: 'ALIVE' }
}

/** The redirect at /json, absolute; the answer at /json/ with Spark's own content type. */
export function sparkMaster(answer: object): RequestListener {
  return (request, response) => {
    if (request.url === '/json') response.writeHead(302, { location: 'http://10.0.0.40:8006/json/' }).end()
    else json({ '/json/': answer }, 'text/json; charset=utf-8')(request, response)
  }
}

/** Never answers a plain GET /; refuses /gremlin without the headers of a WebSocket. */
export const gremlinServer: RequestListener = (request, response) => {
  if (request.url !== '/gremlin') return
  response.writeHead(400, { 'content-type': 'text/plain; charset=UTF-8' })
  // The end of this answer never comes.
  response.write('Failure: 400 Bad Request: not a WebSocket handshake request: missing upgrade\r\n')
}
