import type { HostKey } from '../cluster/cluster.js'
import { onAbort } from './abort.js'
import { createBeginning } from './beginning.js'
import type { FollowOptions } from './connection.js'
import { ConnectionError } from './errors.js'
import type { Link, Session } from './link.js'
import { noShell } from './run-script.js'
import { followScript, invokeWithData } from './scripts.js'
import { startSession } from './start-session.js'
import { createTailLines } from './tail-lines.js'

/** Follows files on a link until the signal aborts. @throws ConnectionError `lost` when it ends before that. */
export async function followFiles(
  link: Link,
  host: HostKey,
  files: readonly string[],
  options: FollowOptions,
): Promise<void> {
  if (options.signal.aborted) return
  const { command, input } = invokeWithData(followScript, files)
  const lines = createTailLines(files, options.onLine)
  const output = createBeginning(host, (chunk) => options.signal.aborted || lines.push(chunk))
  const printed = { output: output.take, errors: () => {} }
  const session = await startSession(link, command, printed, options.signal)
  session.input.write(input)
  const code = await endOf(session, options.signal)
  if (options.signal.aborted) return
  const noise = output.noise()
  throw noise === undefined ? endedByItself(host, code) : noShell(host, code, noise, Buffer.alloc(0))
}

async function endOf(session: Session, signal: AbortSignal): Promise<number | null> {
  const release = onAbort(signal, () => session.close())
  try {
    return await session.ended
  } catch (error) {
    if (signal.aborted) return null
    throw error
  } finally {
    release()
  }
}

function endedByItself(host: HostKey, code: number | null): ConnectionError {
  return new ConnectionError('lost', host, { cause: `Following the logs ended by itself, with ${code ?? 'a signal'}` })
}
