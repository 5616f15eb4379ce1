import { writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { quoteAll } from './quote.js'

/** What an ssh asks. `touch`: nothing is to be answered, a device waits to be touched. */
export interface SshQuestion {
  readonly text: string
  readonly kind: 'answer' | 'touch'
}

/** Name of the program that an ssh is given as its SSH_ASKPASS, in the directory of its master. */
export const askpassName = 'askpass'

/**
 * Lets an ssh ask us: makes a program that hands its question to this process over a socket, both in `directory`, which
 * only this user can enter. Answers are in no argument, environment or file. `answer` may reject: then there is none.
 */
export async function startAskpassRelay(
  directory: string,
  answer: (question: SshQuestion) => Promise<string>,
): Promise<Disposable> {
  const socket = join(directory, 'a')
  const server = createServer({ allowHalfOpen: true }, (client) => void serve(client, answer))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(socket, resolve)
  })
  const command = quoteAll([process.execPath, '-e', asking, socket])
  writeFileSync(join(directory, askpassName), `#!/bin/sh\nexec ${command} "$1" "\${SSH_ASKPASS_PROMPT:-}"\n`, {
    mode: 0o700,
  })
  return { [Symbol.dispose]: () => stop(server) }
}

/** Run by the ssh that asks: prints the answer; where there is none it fails, as ssh expects. */
const asking = `
const [socket, ...question] = process.argv.slice(1)
const client = require('node:net').connect({ path: socket, allowHalfOpen: true })
let answer = ''
client.setEncoding('utf8').on('data', (text) => { answer += text })
client.on('end', () => { if (answer === '') process.exitCode = 1; else process.stdout.write(answer) })
client.on('error', () => { process.exitCode = 1 })
client.end(JSON.stringify(question))`

async function serve(client: Socket, answer: (question: SshQuestion) => Promise<string>): Promise<void> {
  client.on('error', () => {})
  try {
    let text = ''
    for await (const piece of client.setEncoding('utf8').iterator({ destroyOnReturn: false })) text += piece
    const [question, hint] = JSON.parse(text) as readonly string[]
    client.end(`${await answer({ text: question ?? '', kind: hint === 'none' ? 'touch' : 'answer' })}\n`)
  } catch {
    client.end()
  }
}

function stop(server: Server): void {
  server.close()
  server.unref()
}
