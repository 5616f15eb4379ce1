import { request } from 'node:http'
import { isIP, type Socket } from 'node:net'
import { DialError } from './dial.js'
import { type ReachOptions, reach } from './reach.js'

export type Environment = Readonly<Record<string, string | undefined>>

/** The proxy that the environment names for an address, as curl reads it (`https_proxy`, `no_proxy`, …); null: none. */
export function proxyFor({ protocol, hostname, port }: URL, environment: Environment): URL | null {
  const scheme = protocol.slice(0, -1)
  const text = variable(`${scheme}_proxy`, environment) || variable('all_proxy', environment)
  if (text === '' || isExempt(hostname, port, variable('no_proxy', environment))) return null
  const url = text.includes('://') ? text : `http://${text}`
  return URL.canParse(url) ? new URL(url) : null
}

function variable(name: string, environment: Environment): string {
  return environment[name] ?? environment[name.toUpperCase()] ?? ''
}

/** A name exempts itself and what is below it. */
function isExempt(host: string, port: string, list: string): boolean {
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      const [name = '', only] = isIP(entry) === 6 ? [entry] : entry.split(/:(?=\d+$)/)
      const bare = name.replace(/^\*?\./, '')
      const matches = name === '*' || host === bare || host === `[${bare}]` || host.endsWith(`.${bare}`)
      return matches && (only === undefined || only === port)
    })
}

/** Connects to a proxy. @throws DialError */
export async function dialProxy(proxy: URL, options: ReachOptions): Promise<Socket> {
  if (proxy.protocol !== 'http:') throw new DialError('no-route', `${proxy.protocol}// is no proxy that we can use`)
  return reach(proxy.hostname.replace(/^\[|\]$/g, ''), Number(proxy.port || 80), options)
}

/** Has a proxy connect to `target` (`host:port`). @throws DialError */
export async function tunnelThrough(proxy: URL, target: string, options: ReachOptions): Promise<Socket> {
  const socket = await dialProxy(proxy, options)
  return new Promise((resolve, reject) => {
    const { signal } = options
    request({
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...credentialsOf(proxy) },
      createConnection: () => socket,
      ...(signal && { signal }),
    })
      .on('connect', ({ statusCode }) => {
        if (statusCode === 200) return resolve(socket)
        socket.destroy()
        reject(new DialError('refused', `the proxy ${proxy.host} answers ${statusCode} for ${target}`))
      })
      .on('error', (error) => {
        reject(signal?.aborted ? signal.reason : new DialError('no-route', `the proxy ${proxy.host}: ${error.message}`))
      })
      .end()
  })
}

export function credentialsOf({ username, password }: URL): Record<string, string> {
  if (username === '') return {}
  const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(text).toString('base64')}` }
}
