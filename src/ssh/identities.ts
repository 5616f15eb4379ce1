import { existsSync, readFileSync } from 'node:fs'
import ssh2, { type BaseAgent, type ParsedKey, type SigningRequestOptions } from 'ssh2'
import { agentKeysOnlyOpenSsh } from './agent-keys.js'
import type { Ask } from './asking.js'
import { readKeyEnvelope } from './key-envelope.js'
import { keyed } from './slots.js'

/** A key to log in with. */
export interface Identity {
  /** Where it is from, for people: a path, or the agent with the key's comment. */
  readonly name: string
  readonly publicKey: ParsedKey
  /** @throws Error when the key cannot be used after all: no passphrase, the agent refuses. */
  sign(data: Buffer, options: SigningRequestOptions): Promise<Buffer>
}

/** Why a file gives no identity. */
export interface NoIdentity {
  readonly name: string
  /** Null: there is no such file. */
  readonly reason: string | null
}

/** Keys of this machine, each read, parsed and decrypted once however many hosts they are for. */
export interface IdentityStore {
  file(path: string): Identity | PublicOnly | NoIdentity
  /** The key lies in a device (FIDO), which ssh2 cannot ask. */
  isHardwareKey(path: string): boolean
  /** A certificate lies beside the key, which ssh shows to hosts with it and ssh2 cannot. */
  hasCertificate(path: string): boolean
  /** Rejects when nothing answers at the socket. */
  agent(socket: string): Promise<readonly Identity[]>
  /** Types of the agent's keys that ssh2 cannot use. */
  agentOnlyOpenSsh(socket: string): Promise<readonly string[]>
}

/** The public half alone: names a key that the agent may have. */
export interface PublicOnly {
  readonly name: string
  readonly publicKey: ParsedKey
}

/** `ask` is null where there is nobody to ask. */
export function createIdentityStore(ask: Ask | null): IdentityStore {
  return {
    file: keyed((path) => readIdentity(path, ask)),
    isHardwareKey: keyed((path) => /^sk-/.test(readKeyEnvelope(readText(path) ?? '').publicKey ?? '')),
    hasCertificate: keyed((path) => existsSync(`${path}-cert.pub`)),
    agent: keyed(agentIdentities),
    agentOnlyOpenSsh: keyed(agentKeysOnlyOpenSsh),
  }
}

function readIdentity(path: string, ask: Ask | null): Identity | PublicOnly | NoIdentity {
  const text = readText(path)
  if (text === undefined) return publicHalf(path) ?? { name: path, reason: null }
  const parsed = ssh2.utils.parseKey(text)
  if (!(parsed instanceof Error))
    return parsed.isPrivateKey() ? plainIdentity(path, parsed) : { name: path, publicKey: parsed }
  const envelope = readKeyEnvelope(text)
  if (!envelope.encrypted) return { name: path, reason: parsed.message }
  const publicKey = parseWhole(envelope.publicKey) ?? publicHalf(path)?.publicKey
  if (ask === null) return { name: path, reason: 'it needs a passphrase, and there is nobody to ask for it' }
  return publicKey === undefined
    ? { name: path, reason: `it needs a passphrase, and ${path}.pub is not there` }
    : lockedIdentity(path, text, publicKey, ask)
}

function publicHalf(path: string): PublicOnly | undefined {
  const publicKey = parseWhole(readText(`${path}.pub`))
  return publicKey === undefined ? undefined : { name: path, publicKey }
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
function lockedIdentity(name: string, text: string, publicKey: ParsedKey, ask: Ask): Identity {
  let unlocked: Promise<ParsedKey> | undefined
  return {
    name,
    publicKey,
    sign: async (data, { hash }) => {
      unlocked ??= unlock(name, text, ask)
      return signed((await unlocked).sign(data, hash))
    },
  }
}

const passphraseTries = 3

async function unlock(name: string, text: string, ask: Ask): Promise<ParsedKey> {
  for (let attempt = 1; attempt <= passphraseTries; attempt++) {
    const again = attempt === 1 ? '' : ' (that was not it)'
    const passphrase = await ask(`Passphrase for ${name}${again}: `, { secret: true })
    if (passphrase === '') break
    const key = ssh2.utils.parseKey(text, passphrase)
    if (!(key instanceof Error)) return key
  }
  throw new Error(`no passphrase for ${name}`)
}

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
