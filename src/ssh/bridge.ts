import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { quoteAll } from './quote.js'

/** A way for the ssh of this machine through a connection of ours. */
export interface Bridge {
  /** For ssh's ProxyCommand. */
  readonly command: string
  close(): void
}

/** Joins its standard input and output with a socket in the file system. */
const joinScript = `const socket = require('node:net').connect(process.argv[1]); process.stdin.pipe(socket).pipe(process.stdout)`

/** `open` makes the connection when ssh comes; what goes wrong then is told to `onError`. `directory` is private to us. */
export async function createBridge(
  directory: string,
  open: () => Promise<Duplex>,
  onError: (error: unknown) => void,
): Promise<Bridge> {
  const path = join(directory, 'jump')
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    open().then(
      (stream) => {
        // ssh may have gone in the meantime.
        if (socket.destroyed) stream.destroy()
        stream.once('close', () => socket.destroy())
        socket.once('close', () => stream.destroy())
        socket.pipe(stream).pipe(socket)
      },
      (error) => {
        onError(error)
        socket.destroy()
      },
    )
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve))
  const command = quoteAll([process.execPath, '-e', joinScript, path])
  return { command: command.replaceAll('%', '%%'), close: () => void server.close() }
}
