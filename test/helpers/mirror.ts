import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { TestContext } from 'vitest'
import { type TlsIdentity, tlsIdentity } from './certificate.js'
import { loopbackAddress } from './loopback.js'

/** An HTTP server that takes PUT, and gives what it has, with ranges. */
export interface TestMirror {
  readonly address: string
  /** Of one over TLS. */
  readonly identity: TlsIdentity | null
  /** What it has, by path. */
  readonly files: Map<string, Buffer>
  /** Paths that it was asked for, with their queries. */
  readonly asked: readonly string[]
  /** Paths of what it gave. */
  readonly served: readonly string[]
}

/** Starts one on an address of its own, until the test is over. */
export async function startMirror(test: TestContext, { tls = false } = {}): Promise<TestMirror> {
  const files = new Map<string, Buffer>()
  const asked: string[] = []
  const served: string[] = []
  const answer: RequestListener = async (request, response) => {
    const path = request.url ?? ''
    const name = path.replace(/\?.*/, '')
    asked.push(path)
    if (request.method === 'PUT') {
      files.set(name, await buffer(request))
      return void response.writeHead(201).end()
    }
    const file = files.get(name)
    if (file === undefined) return void response.writeHead(404).end()
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
    served.push(name)
    const range = { 'Content-Range': `bytes ${from}-${file.length - 1}/${file.length}` }
    response.writeHead(from > 0 ? 206 : 200, { 'Content-Length': file.length - from, ...(from > 0 && range) })
    response.end(request.method === 'HEAD' ? undefined : file.subarray(from))
  }
  const address = loopbackAddress()
  const identity = tls ? tlsIdentity(address) : null
  const server = identity === null ? createServer(answer) : createSecureServer(identity, answer)
  await new Promise<void>((resolve) => server.listen(0, address, resolve))
  test.onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { address: `http${tls ? 's' : ''}://${address}:${port}`, identity, files, asked, served }
}
