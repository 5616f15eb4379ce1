import type { Writable } from 'node:stream'
import type { HostKey } from '../cluster/cluster.js'
import type { World } from '../world.js'
import { unlessAborted } from './abort.js'
import { afterMarker, createBeginning, orHindered } from './beginning.js'
import type { RunOptions, ScriptResult } from './connection.js'
import { ConnectionError } from './errors.js'
import type { Link, Session } from './link.js'
import type { Invocation } from './scripts.js'
import { createSpokenLines } from './spoken-lines.js'
import { startSession } from './start-session.js'
import { firstLines, plainText } from './text.js'

/** Most of a stream that is kept, in bytes; what follows is dropped. */
export const longestOutput = 4 * 1024 * 1024

/** Runs a script on a link to its end. @throws ConnectionError `lost`, or `no-shell` when the login runs no scripts. */
export async function runScript(
  link: Link,
  host: HostKey,
  invocation: Invocation,
  { signal, input }: RunOptions,
  patience: Patience,
): Promise<ScriptResult> {
  signal?.throwIfAborted()
  const output = createCollector()
  const errors = createCollector()
  const beginning = createBeginning(host, output.take)
  const spoken = createSpokenLines(input !== undefined)
  const take = (chunk: Buffer): void => {
    beginning.take(chunk)
    spoken.take(chunk)
  }
  const session = await startSession(link, invocation.command, { output: take, errors: errors.take }, signal)
  session.ended.then(spoken.end, spoken.end)
  const data = input === undefined ? undefined : () => input(spoken.hear) ?? []
  const work = Promise.all([session.ended, feed(session, invocation.input, data)])
  const begun = orHindered(work, beginning, { host, ...patience }).catch((error) => {
    session.close()
    throw error
  })
  const [code] = await unlessAborted(begun, signal, () => session.close())
  const noise = beginning.noise()
  if (noise !== undefined) throw noShell(host, code, noise, errors.bytes())
  return { code, stdout: textOf(output.bytes()), stderr: textOf(afterMarker(errors.bytes()) ?? errors.bytes()) }
}

/** How long a login may take until it runs what it is sent. */
export interface Patience {
  readonly world: World
  readonly ms: number
}

interface Collector {
  take(chunk: Buffer): void
  bytes(): Buffer
}

function createCollector(): Collector {
  const chunks: Buffer[] = []
  let size = 0
  return {
    take: (chunk) => {
      if (size < longestOutput) chunks.push(chunk)
      size += chunk.length
    },
    bytes: () => Buffer.concat(chunks).subarray(0, longestOutput),
  }
}

/** Sends the script and its data. Ends early when the command does: it need not read what it does not want. */
async function feed(
  session: Session,
  head: string,
  input: (() => AsyncIterable<Uint8Array> | readonly Uint8Array[]) | undefined,
): Promise<void> {
  const end = watchEnd(session)
  try {
    await write(session.input, Buffer.from(head), end)
    for await (const chunk of input?.() ?? []) {
      if (end.ended) return
      await write(session.input, chunk, end)
    }
    session.input.end()
  } catch (error) {
    session.close()
    throw error
  }
}

interface End {
  ended: boolean
  /** Called when the session ends. */
  wake: () => void
}

function watchEnd(session: Session): End {
  const end: End = { ended: false, wake: () => {} }
  const settle = () => {
    end.ended = true
    end.wake()
  }
  session.ended.then(settle, settle)
  return end
}

// A channel that closes may never call back; a pipe that closes calls back with an error, and its session is about to end.
function write(stream: Writable, chunk: Uint8Array, end: End): Promise<void> {
  return new Promise((resolve) => {
    if (end.ended) return resolve()
    end.wake = resolve
    stream.write(chunk, (error) => {
      if (error) end.ended = true
      resolve()
    })
  })
}

function textOf(output: Buffer): string {
  return plainText(output.toString('utf8'))
}

/** The login answered, but not with a shell that runs our scripts. */
export function noShell(host: HostKey, code: number | null, output: Buffer, errors: Buffer): ConnectionError {
  const said = [output, errors].map((part) => textOf(part).trim()).filter((part) => part !== '')
  return new ConnectionError('no-shell', host, {
    cause: `The login ran something else than our script and ended with ${code ?? 'a signal'}: a restricted shell, or a forced command`,
    evidence: firstLines(said.join('\n'), 10),
  })
}
