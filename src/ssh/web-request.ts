import { type ClientRequest, type OutgoingHttpHeaders, request as plain } from 'node:http'
import { request as secure } from 'node:https'
import { isIP, type Socket } from 'node:net'
import { connect } from 'node:tls'
import { type DialOptions, dial } from './dial.js'

export interface WebOptions extends DialOptions {
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
}

/** Begins a request over HTTP or HTTPS, through the one door to the network. It is the caller's to end. @throws DialError */
export async function webRequest(url: URL, { method, headers, ...options }: WebOptions): Promise<ClientRequest> {
  const isSecure = url.protocol === 'https:'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const socket = await dial(host, Number(url.port || (isSecure ? 443 : 80)), options)
  const createConnection = (): Socket =>
    isSecure ? connect({ socket, host, servername: isIP(host) === 0 ? host : '' }) : socket
  const { signal } = options
  return (isSecure ? secure : plain)(url, {
    createConnection,
    ...(method !== undefined && { method }),
    ...(headers && { headers }),
    ...(signal && { signal }),
  })
}

/** What is wrong with who answered, for people; null: it is another error. */
export function distrustOf(error: unknown): string | null {
  if (!(error instanceof Error && 'code' in error && untrusted.test(String(error.code)))) return null
  return `its certificate is not trusted here (${error.message}); NODE_EXTRA_CA_CERTS can name a file with more authorities`
}

const untrusted = /^(?:ERR_TLS_CERT|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|HOSTNAME_MISMATCH)/
