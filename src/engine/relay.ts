import type { HostKey, Sha256 } from '../cluster/cluster.js'
import type { Hear, ScriptResult } from '../ssh/connection.js'
import { ConnectionError } from '../ssh/errors.js'
import { connectionOf, type Engine } from './engine.js'
import { said } from './script-problem.js'

/** A host that passes on what it is sent, also while that arrives, to hosts that bring a grant. */
export interface Relay {
  /** Lets a host take something once. Null: it does not serve any more. */
  grant(wire: Sha256, bytes: number, client: string): Promise<Grant | null>
  /** Nobody needs it any more. */
  drop(wire: Sha256): void
  /** Whether it has ended as it should: then nothing of it is left on the host. */
  close(): Promise<boolean>
}

export interface Grant {
  readonly address: string
  readonly port: number
  readonly secret: string
}

export interface RelayOptions {
  readonly host: HostKey
  readonly home: string
  /** Where the others reach it. */
  readonly address: string
  readonly cluster: string
}

/** So often the host hears that we live; after 30 s without a word it stops serving. */
const pingMs = 5000

/** Resolves when it serves; with the reason why it cannot where that is so. */
export async function startRelay(engine: Engine, options: RelayOptions): Promise<Relay | string> {
  const { address } = options
  const speaker = createSpeaker(engine)
  const run = runRelay(engine, options, speaker)
  const reason = await Promise.race([speaker.serves.then(() => null), run])
  if (reason !== null) return reason
  return {
    grant: async (wire, bytes, client) => {
      const port = speaker.port()
      const secret = engine.world.secret()
      const asked = port !== null && speaker.ask(['grant', secret, wire, String(bytes), client])
      return port !== null && (await inTime(engine, asked)) ? { address, port, secret } : null
    },
    drop: (wire) => speaker.say(`drop ${wire}`),
    close: async () => {
      speaker.say(null)
      return (await run) === ended
    },
  }
}

const answerMs = 10_000

/** What it answers; false when it does not. */
async function inTime({ world }: Engine, answer: Promise<boolean> | boolean): Promise<boolean> {
  const over = new AbortController()
  const late = world.sleep(answerMs, over.signal).catch(() => undefined)
  const first = await Promise.race([answer, late.then(() => false)])
  over.abort()
  return first
}

/** Resolves when it has ended, with why. */
async function runRelay(engine: Engine, options: RelayOptions, speaker: Speaker): Promise<string> {
  const { host, home, address, cluster } = options
  const args = [String(engine.token), home, cluster, 'serve', address, String(engine.relayLimit ?? 0)]
  try {
    const { input } = speaker
    return endOf(await connectionOf(engine, host).run('relay', args, { input, signal: engine.signal }))
  } catch (error) {
    if (error instanceof ConnectionError) return error.problem.cause
    if (engine.signal.aborted) return 'it was stopped'
    throw error
  } finally {
    speaker.end()
  }
}

const ended = ''

function endOf(result: ScriptResult): string {
  return result.code === 0 ? ended : said(result, 'its relay')
}

/** Talks with the relay's script; from the beginning, at another port, when that runs again after a lost link. */
interface Speaker {
  readonly input: (hear: Hear) => AsyncGenerator<Uint8Array>
  /** Resolves when it serves for the first time. */
  readonly serves: Promise<void>
  /** Null: it does not serve now. */
  port(): number | null
  /** Null: the last word. */
  say(line: string | null): void
  /** Whether it was granted. */
  ask(words: readonly string[]): Promise<boolean>
  end(): void
}

function createSpeaker(engine: Engine): Speaker {
  const mailbox = createMailbox()
  const asked = new Map<string, (granted: boolean) => void>()
  let port: number | null = null
  let count = 0
  let isServing: () => void = () => undefined
  const serves = new Promise<void>((resolve) => {
    isServing = resolve
  })
  const end = (): void => {
    port = null
    for (const settle of asked.values()) settle(false)
    asked.clear()
  }
  const listen = async (hear: Hear): Promise<void> => {
    for (let line = await hear(); line !== undefined; line = await hear()) {
      const [word, number = ''] = line.split(' ')
      if (word === 'listening') {
        port = Number(number)
        isServing()
      }
      if (word === 'granted') asked.get(number)?.(true)
    }
    end()
  }
  return {
    input: (hear) => {
      listen(hear)
      return speak(engine, mailbox)
    },
    serves,
    port: () => port,
    say: mailbox.put,
    ask: ([word, ...rest]) => {
      count += 1
      const number = String(count)
      mailbox.put([word, number, ...rest].join(' '))
      return new Promise((resolve) => asked.set(number, resolve))
    },
    end,
  }
}

/** Lines on their way to a script. */
interface Mailbox {
  /** Null: nothing follows. */
  put(line: string | null): void
  /** Undefined: nothing for now. */
  take(): string | null | undefined
  /** Resolves as soon as there is something. */
  filled(): Promise<void>
}

function createMailbox(): Mailbox {
  const lines: (string | null)[] = []
  let waiting: (() => void)[] = []
  return {
    put: (line) => {
      lines.push(line)
      for (const wake of waiting) wake()
      waiting = []
    },
    // Whoever reads after a lost link finds the last word again.
    take: () => (lines[0] === null ? null : lines.shift()),
    filled: () => (lines.length > 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  }
}

async function* speak(engine: Engine, mailbox: Mailbox): AsyncGenerator<Uint8Array> {
  for (;;) {
    const line = mailbox.take()
    if (line === null) return
    if (line !== undefined) yield Buffer.from(`${line}\n`)
    else if (await isQuiet(engine, mailbox)) yield Buffer.from('\n')
  }
}

/** Whether nothing came up for a while. */
async function isQuiet({ world }: Engine, mailbox: Mailbox): Promise<boolean> {
  const over = new AbortController()
  const quiet = world.sleep(pingMs, over.signal).then(
    () => true,
    () => false,
  )
  const first = await Promise.race([quiet, mailbox.filled().then(() => false)])
  over.abort()
  return first
}
