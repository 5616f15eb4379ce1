import { readFileSync } from 'node:fs'
import ssh2, { type BaseAgent, type ParsedKey, type SigningRequestOptions } from 'ssh2'
import { agentKeysOnlyOpenSsh } from './agent-keys.js'
import { readKeyEnvelope } from './key-envelope.js'
import { type Passphrases, passphraseTries } from './passphrases.js'
import { keyed } from './slots.js'

/** A key to log in with. */
export interface Identity {
  /** Where it is from, for people: a path, or the agent with the key's comment. */
  readonly name: string
  readonly publicKey: ParsedKey
  /** @throws Error when the key cannot be used after all: no passphrase, the agent refuses. */
  sign(data: Buffer, options: SigningRequestOptions): Promise<Buffer>
}

/** The public half alone: names a key that the agent may have. */
export interface PublicOnly {
  readonly name: string
  readonly publicKey: ParsedKey
  /** Why the file itself cannot sign. */
  readonly reason: string
}

/** An encrypted key whose public half is nowhere in the clear: only its passphrase tells which key it is. */
export interface SealedIdentity {
  readonly name: string
  /** @throws Error without the passphrase. */
  unseal(): Promise<Identity>
}

/** Why a file gives no identity. */
export interface NoIdentity {
  readonly name: string
  /** Null: there is no such file. */
  readonly reason: string | null
}

export type FileIdentity = Identity | PublicOnly | SealedIdentity | NoIdentity

/** Keys of this machine, each read, parsed and decrypted once however many hosts they are for. */
export interface IdentityStore {
  file(path: string): FileIdentity
  /** What about a key ssh2 cannot do, in words: a device, a certificate, a format; null: nothing. */
  beyondSsh2(path: string): string | null
  /** Rejects when nothing answers at the socket. */
  agent(socket: string): Promise<readonly Identity[]>
  /** Types of the agent's keys that ssh2 cannot use. */
  agentOnlyOpenSsh(socket: string): Promise<readonly string[]>
}

/** `passphrases` is null where there is nobody to ask for them. */
export function createIdentityStore(passphrases: Passphrases | null): IdentityStore {
  return {
    file: keyed((path) => readIdentity(path, passphrases)),
    beyondSsh2: keyed(beyondSsh2),
    agent: keyed(agentIdentities),
    agentOnlyOpenSsh: keyed(agentKeysOnlyOpenSsh),
  }
}

function readIdentity(path: string, passphrases: Passphrases | null): FileIdentity {
  const text = readText(path)
  if (text === undefined) return publicHalf(path, notThere) ?? { name: path, reason: null }
  const parsed = ssh2.utils.parseKey(text)
  if (!(parsed instanceof Error))
    return parsed.isPrivateKey() ? plainIdentity(path, parsed) : { name: path, publicKey: parsed, reason: notThere }
  const envelope = readKeyEnvelope(text)
  if (!envelope.encrypted) return { name: path, reason: parsed.message }
  const publicKey = parseWhole(envelope.publicKey) ?? publicHalf(path, notThere)?.publicKey
  if (passphrases === null) return { name: path, reason: nobodyToAsk, ...(publicKey && { publicKey }) }
  const unlock = once(() => unlockKey(path, text, passphrases))
  if (publicKey !== undefined) return lockedIdentity(path, publicKey, unlock)
  return { name: path, unseal: async () => plainIdentity(path, await unlock()) }
}

const notThere = 'the private key is not there, and the agent does not have it'
const nobodyToAsk = 'it needs a passphrase, there is nobody to ask for it, and the agent does not have it'

function publicHalf(path: string, reason: string): PublicOnly | undefined {
  const publicKey = parseWhole(readText(`${path}.pub`))
  return publicKey === undefined ? undefined : { name: path, publicKey, reason }
}

function parseWhole(text: string | undefined): ParsedKey | undefined {
  const parsed = text === undefined ? undefined : ssh2.utils.parseKey(text)
  return parsed instanceof Error ? undefined : parsed
}

function plainIdentity(name: string, key: ParsedKey): Identity {
  return { name, publicKey: key, sign: async (data, { hash }) => signed(key.sign(data, hash)) }
}

// ssh2 returns errors here.
function signed(signature: Buffer | Error): Buffer {
  if (signature instanceof Error) throw signature
  return signature
}

/** Asks for the passphrase when a host wants this very key, and only the first one does. */
function lockedIdentity(name: string, publicKey: ParsedKey, unlock: () => Promise<ParsedKey>): Identity {
  return { name, publicKey, sign: async (data, { hash }) => signed((await unlock()).sign(data, hash)) }
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined
  return () => {
    done ??= work()
    return done
  }
}

async function unlockKey(name: string, text: string, passphrases: Passphrases): Promise<ParsedKey> {
  for (let attempt = 1; attempt <= passphraseTries; attempt++) {
    const key = ssh2.utils.parseKey(text, await passphrases(name, attempt))
    if (!(key instanceof Error)) return key
  }
  throw new Error('no passphrase that was given fits')
}

function beyondSsh2(path: string): string | null {
  if (readText(`${path}-cert.pub`) !== undefined) return `${path} has a certificate`
  const text = readText(path) ?? readText(`${path}.pub`) ?? ''
  const { publicKey } = readKeyEnvelope(text)
  if (/^sk-/.test(publicKey ?? text)) return `${path} is a hardware key`
  return unreadable.test(text) ? `${path} is in a format that only the ssh program reads` : null
}

/** PKCS #8, with and without a passphrase. */
const unreadable = /^-----BEGIN (?:ENCRYPTED )?PRIVATE KEY-----/

async function agentIdentities(socket: string): Promise<readonly Identity[]> {
  const agent = ssh2.createAgent(socket)
  const keys = await new Promise<readonly ParsedKey[]>((resolve, reject) => {
    agent.getIdentities((error, found) => (error ? reject(error) : resolve((found ?? []) as ParsedKey[])))
  })
  return keys.map((publicKey) => ({
    name: `agent key ${publicKey.comment}`.trim(),
    publicKey,
    sign: (data, options) => signByAgent(agent, publicKey, data, options),
  }))
}

function signByAgent(agent: BaseAgent, key: ParsedKey, data: Buffer, options: SigningRequestOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    agent.sign(key, data, options, (error, signature) => {
      if (signature === undefined) reject(error ?? new Error('the agent did not sign'))
      else resolve(signature)
    })
  })
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
