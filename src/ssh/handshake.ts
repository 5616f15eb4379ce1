import type { Duplex } from 'node:stream'
import ssh2, { type AnyAuthMethod, type Client } from 'ssh2'
import type { HostKey } from '../cluster/cluster.js'
import { onAbort } from './abort.js'
import { NoAlgorithmError, offeredAlgorithms } from './algorithms.js'
import type { Authentication } from './authentication.js'
import { BeyondSsh2Error } from './beyond-ssh2.js'
import { ConnectionError } from './errors.js'
import type { Greeting } from './greeting.js'
import type { HostKeyStore } from './host-key-store.js'
import { readHostKey } from './known-hosts.js'
import { describeTarget, type Target } from './target.js'
import { plainText, shorten } from './text.js'
import { EarlyDropError } from './way.js'

export interface HandshakeOptions {
  readonly hostKeys: HostKeyStore
  readonly authentication: Authentication
  readonly greeting: Greeting
  /** Ends it; its reason is thrown. */
  readonly signal: AbortSignal
}

/** SSH over an open stream, up to a login that was accepted. @throws ConnectionError, EarlyDropError */
export async function handshake(
  stream: Duplex,
  host: HostKey,
  target: Target,
  options: HandshakeOptions,
): Promise<Client> {
  const client = new ssh2.Client()
  const progress: Progress = { keysExchanged: false, refusal: undefined }
  client.on('handshake', () => {
    progress.keysExchanged = true
  })
  try {
    await ready(client, options.signal, () => start(client, stream, host, target, options, progress))
    return client
  } catch (error) {
    stream.destroy()
    options.signal.throwIfAborted()
    throw progress.refusal ?? handshakeError(host, target, error, progress, options)
  }
}

interface Progress {
  keysExchanged: boolean
  /** Our own verdict about the host's key. */
  refusal: unknown
}

function start(
  client: Client,
  stream: Duplex,
  host: HostKey,
  target: Target,
  options: HandshakeOptions,
  progress: Progress,
): void {
  const { forwardAgent, keepalive } = target
  client.connect({
    sock: stream,
    username: target.user,
    algorithms: offeredAlgorithms(target, options.hostKeys.knownTypes(target)),
    hostVerifier: (blob: Buffer) => accepts(() => options.hostKeys.check(host, target, readHostKey(blob)), progress),
    authHandler: (offered, partial, next) =>
      void nextMethod(options.authentication, offered, partial === true, next as NextMethod),
    // Only for its questions, one at least in every interval of `watchSilence`, which decides what counts as an answer.
    keepaliveInterval: keepalive.intervalMs / 2,
    keepaliveCountMax: Number.MAX_SAFE_INTEGER,
    // Ours is kept elsewhere: it stands still while somebody is asked for a passphrase.
    readyTimeout: 0,
    ...(forwardAgent !== null && { agent: forwardAgent, agentForward: true }),
  })
  options.greeting.listen(stream)
}

function accepts(check: () => void, progress: Progress): boolean {
  try {
    check()
    return true
  } catch (error) {
    progress.refusal = error
    return false
  }
}

type NextMethod = (method: AnyAuthMethod | false) => void

// ssh2 gives null where its types say a list: before the host has said anything.
async function nextMethod(
  authentication: Authentication,
  offered: readonly string[] | null,
  partial: boolean,
  next: NextMethod,
): Promise<void> {
  next(await authentication.next(offered, partial).catch(() => false))
}

/** Resolves when the login is accepted; rejects with the first error, or with nothing when the host just hung up. */
function ready(client: Client, signal: AbortSignal, begin: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const release = onAbort(signal, () => reject(signal.reason))
    client.once('ready', () => {
      release()
      resolve()
    })
    // Stays for good: without a listener an error ends the process. One key of an agent that fails is not the end.
    client.on('error', (error: Error & { level?: string }) => error.level === 'agent' || reject(error))
    client.once('close', () => reject(undefined))
    begin()
  })
}

function handshakeError(
  host: HostKey,
  target: Target,
  error: unknown,
  { keysExchanged }: Progress,
  { authentication, greeting }: HandshakeOptions,
): Error {
  const level = error instanceof Error && 'level' in error ? error.level : undefined
  // A host may put anything into its farewell.
  const message = error instanceof Error ? shorten(plainText(error.message), 500) : 'the host closed the connection'
  if (level === 'client-authentication') return authentication.failure(host, '')
  if (keysExchanged && tooLong.test(message)) return beyondLength(host, target, message)
  if (keysExchanged && (error === undefined || level === 'client-socket')) return lostMidway(host, target, message)
  if (keysExchanged) return authentication.failure(host, `the host ended the connection: ${message}`)
  const foreign = greeting.foreign()
  if (foreign !== undefined) return notSsh(host, target, foreign)
  if (error === undefined || level === 'client-socket' || message === lostEarly) return new EarlyDropError(message)
  const failure = new ConnectionError('protocol', host, { cause: protocolCause(target, error), evidence: message })
  return nothingInCommon.test(message) ? new BeyondSsh2Error(`${message} (ssh2)`, failure) : failure
}

/** Nothing was refused. Not tried again here: somebody may have typed a password, and hosts count tries. */
function lostMidway(host: HostKey, target: Target, message: string): ConnectionError {
  const cause = `The connection to ${describeTarget(target)} broke off while we were logging in: ${message}`
  return new ConnectionError('lost', host, { cause })
}

function notSsh(host: HostKey, target: Target, said: string): ConnectionError {
  const cause = `What answers at ${target.hostname} port ${target.port} is no SSH server`
  return new ConnectionError('protocol', host, { cause, evidence: said, remedy: whichPort })
}

const whichPort = 'Does sshd listen at another port? Give it with `port:` in the inventory or in ~/.ssh/config.'

/** A banner may be such a packet. OpenSSH takes longer ones. */
function beyondLength(host: HostKey, target: Target, message: string): BeyondSsh2Error {
  const cause = `${describeTarget(target)} sends a longer packet than this transport takes`
  const failure = new ConnectionError('protocol', host, { cause, evidence: message })
  return new BeyondSsh2Error('the host sends longer packets than ssh2 takes', failure)
}

// The library's own texts: it has no codes for these.
const lostEarly = 'Connection lost before handshake'
const nothingInCommon = /no matching /
const tooLong = /^Bad packet length/

function protocolCause(target: Target, error: unknown): string {
  if (error instanceof NoAlgorithmError) return 'Of the configured algorithms this transport knows none'
  return `${describeTarget(target)} and this program could not agree on a connection`
}
