import { request } from 'node:http'
import { createServer, type Socket } from 'node:net'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** One HTTP request; `undefined` when there is no answer within `limitMs`, or no connection. */
export function ask(host: string, port: number, path = '/', limitMs = 5000): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const asked = request({ host, port, path, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (data) => {
        body += data
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    asked.setTimeout(limitMs, () => asked.destroy())
    asked.on('error', () => resolve(undefined))
    asked.end()
  })
}

/** The parsed body of a 200 answer. */
export async function askJson(host: string, port: number, path: string): Promise<Record<string, unknown> | undefined> {
  const answer = await ask(host, port, path)
  return answer?.status === 200 ? JSON.parse(answer.body) : undefined
}

/** Takes a port, as somebody else's process would; it accepts and says nothing. */
export async function takePort(host: string, port: number): Promise<AsyncDisposable> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => sockets.add(socket.on('error', () => {})))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const dispose = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  return { [Symbol.asyncDispose]: dispose }
}
