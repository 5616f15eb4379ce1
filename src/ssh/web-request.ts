import { type ClientRequest, type OutgoingHttpHeaders, request as plain } from 'node:http'
import { request as secure } from 'node:https'
import { isIP, type Socket } from 'node:net'
import { connect } from 'node:tls'
import { assertPermitted } from './dial.js'
import { type ReachOptions, reach } from './reach.js'
import { credentialsOf, dialProxy, type Environment, proxyFor, tunnelThrough } from './web-proxy.js'

export interface WebOptions extends ReachOptions {
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
  /** Where proxies are named. */
  readonly environment: Environment
}

/** Where it is not said. */
const mostIdleMs = 120_000

/** Begins a request over HTTP or HTTPS, through the one door to the network. It is the caller's to end. @throws DialError */
export async function webRequest(url: URL, options: WebOptions): Promise<ClientRequest> {
  const { only, idleMs = mostIdleMs, environment, signal, method = 'GET', headers = {} } = options
  const proxy = proxyFor(url, environment)
  if (proxy !== null) assertPermitted(hostOf(url), only)
  const way = url.protocol === 'https:' ? secureWay : plainWay
  const { socket, begin } = await way(url, proxy, { ...options, idleMs })
  const request = begin({ method, headers, ...(signal && { signal }) })
  socket.on('timeout', () => request.destroy(new Error(`nothing came for ${idleMs / 1000} s`)))
  return request
}

interface WayOptions {
  readonly method: string
  readonly headers: OutgoingHttpHeaders
  readonly signal?: AbortSignal
}

interface Way {
  readonly socket: Socket
  begin(options: WayOptions): ClientRequest
}

async function secureWay(url: URL, proxy: URL | null, options: WebOptions): Promise<Way> {
  const host = hostOf(url)
  const port = url.port || '443'
  const socket = await (proxy === null
    ? reach(host, Number(port), options)
    : tunnelThrough(proxy, `${url.hostname}:${port}`, options))
  const createConnection = () => connect({ socket, host, servername: isIP(host) === 0 ? host : '' })
  return { socket, begin: (request) => secure(url, { ...request, createConnection }) }
}

async function plainWay(url: URL, proxy: URL | null, options: WebOptions): Promise<Way> {
  const socket = await (proxy === null
    ? reach(hostOf(url), Number(url.port || 80), options)
    : dialProxy(proxy, options))
  const createConnection = () => socket
  if (proxy === null) return { socket, begin: (request) => plain(url, { ...request, createConnection }) }
  const path = `${url.origin}${url.pathname}${url.search}`
  const begin = ({ headers, ...others }: WayOptions) =>
    plain(url, { ...others, path, headers: { ...headers, ...credentialsOf(proxy) }, createConnection })
  return { socket, begin }
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '')
}

/** What is wrong with who answered, for people; null: it is another error. */
export function distrustOf(error: unknown): string | null {
  if (!(error instanceof Error && 'code' in error && untrusted.test(String(error.code)))) return null
  return `its certificate is not trusted here (${error.message}); NODE_EXTRA_CA_CERTS can name a file with more authorities`
}

const untrusted = /^(?:ERR_TLS_CERT|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|HOSTNAME_MISMATCH)/
