import { type IncomingMessage, request } from 'node:http'
import type { Socket } from 'node:net'
import { openTunnel, type Target } from './tunnel.js'

export interface HttpAnswer {
  readonly status: number
  /** As far as it was wanted. */
  readonly body: string
}

/** How much of an answer is read at most: whoever listens there may not be who we think. */
const mostBytes = 4 * 1024 * 1024

/** GET through a tunnel. Reads on until `enough` has seen what it wants, or the end. Rejects when there is no HTTP answer. */
export async function get(
  target: Target,
  path: string,
  over: AbortSignal,
  enough: (answer: HttpAnswer) => boolean,
): Promise<HttpAnswer> {
  const stream = await openTunnel(target, over)
  try {
    const response = await send(target, path, () => stream)
    return await readEnough(response, enough)
  } finally {
    stream.destroy()
  }
}

function send({ address, port }: Target, path: string, createConnection: () => Socket): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // With createConnection and no agent nothing is kept alive, and no name is looked up here.
    const sent = request({ host: address, port, path, createConnection, headers: { connection: 'close' } })
    sent.on('response', resolve).on('error', reject).end()
  })
}

async function readEnough(response: IncomingMessage, enough: (answer: HttpAnswer) => boolean): Promise<HttpAnswer> {
  const answer = { status: response.statusCode ?? 0, body: '' }
  response.setEncoding('utf8')
  if (enough(answer)) return answer
  for await (const text of response) {
    answer.body += text
    if (enough(answer)) return answer
    if (answer.body.length > mostBytes) throw new Error('the answer does not end')
  }
  return answer
}
