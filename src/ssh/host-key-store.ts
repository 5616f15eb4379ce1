import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { HostKey } from '../cluster/cluster.js'
import { ConnectionError } from './errors.js'
import {
  describeKey,
  type HostKeyBlob,
  type HostKeyPins,
  hashName,
  judge,
  type KnownHost,
  knownHostName,
  parseKnownHosts,
  parsePins,
  type Verdict,
} from './known-hosts.js'
import { keyed } from './slots.js'
import type { Target } from './target.js'

/** The keys known on this machine, files read once for all hosts. */
export interface HostKeyStore {
  /** Types of the keys known for this target, best known first. They are asked for before others. */
  knownTypes(target: Target): readonly string[]
  /** No plain key of it is known, but an authority that may vouch for one with a certificate. */
  isKnownByAuthorityAlone(target: Target): boolean
  /** An authority may vouch for it with a certificate, whatever plain keys are known. */
  isKnownByAuthority(target: Target): boolean
  /**
   * Checks a key that a host presented. Never passes one over: a new one is taken only where the user's SSH
   * configuration says `StrictHostKeyChecking accept-new` (or `no`, which counts as that), and is then written down.
   * @throws ConnectionError `host-key-unknown`, `host-key-changed`, `host-key-revoked`
   */
  check(host: HostKey, target: Target, offered: HostKeyBlob): void
  /** Counts for the rest of the run as if it had been pinned before. */
  pin(keys: HostKeyPins): void
  /** All that is pinned. */
  pins(): HostKeyPins
}

export interface HostKeyStoreOptions {
  readonly pins?: { readonly keys: HostKeyPins; readonly file: string }
}

export function createHostKeyStore({ pins }: HostKeyStoreOptions = {}): HostKeyStore {
  const pinned = pins === undefined ? [] : parsePins(pins.keys, pins.file)
  let allPins = pins?.keys ?? {}
  // What was taken in this run counts too: a second link must show the same key even where nothing can be written.
  const accepted: KnownHost[] = []
  const linesOf = keyed(readKnownHosts)
  // Hashed names cost a hash per line and name: looked through once for each target.
  const found = new WeakMap<Target, readonly KnownHost[]>()
  const linesAbout = (target: Target): readonly KnownHost[] => {
    const files = [...target.knownHosts.user, ...target.knownHosts.global]
    const lines = found.get(target) ?? about(target, [...pinned, ...files.flatMap(linesOf)])
    found.set(target, lines)
    return [...lines, ...about(target, accepted)]
  }
  return {
    knownTypes: (target) => [
      ...new Set(
        linesAbout(target)
          .filter(isPlain)
          .map(({ type }) => type),
      ),
    ],
    isKnownByAuthorityAlone: (target) => {
      const lines = linesAbout(target)
      return lines.some(isAuthority) && !lines.some(isPlain)
    },
    isKnownByAuthority: (target) => linesAbout(target).some(isAuthority),
    pin: (keys) => {
      accepted.push(...parsePins(keys, 'pinned in this run'))
      allPins = { ...allPins, ...keys }
    },
    pins: () => allPins,
    check: (host, target, offered) => {
      if (!keyType.test(offered.type)) throw noKey(host, target)
      const known = linesAbout(target)
      const verdict = judge(known, namesOf(target), offered)
      if (verdict.kind === 'known') return
      if (verdict.kind !== 'unknown' || !acceptsNew(target)) throw hostKeyError(host, target, offered, verdict, known)
      accepted.push(...parseKnownHosts(writeDown(target, offered), 'accepted in this run'))
    },
  }
}

/** Words that may stand in a line of known_hosts. The host's own text, and not yet signed for. */
const keyType = /^[\w@.+-]{1,100}$/

function noKey(host: HostKey, target: Target): ConnectionError {
  const cause = `${hostKeyName(target)} presents something that is no host key`
  return new ConnectionError('protocol', host, { cause })
}

function about(target: Target, lines: readonly KnownHost[]): readonly KnownHost[] {
  const names = namesOf(target)
  return lines.filter((line) => names.some((name) => line.matches(name)))
}

function isAuthority(line: KnownHost): boolean {
  return line.marker === 'cert-authority'
}

function isPlain(line: KnownHost): boolean {
  return line.marker === 'none'
}

function readKnownHosts(file: string): readonly KnownHost[] {
  try {
    return parseKnownHosts(readFileSync(file, 'utf8'), file)
  } catch {
    return []
  }
}

/** The name that a key of this target is known by: `host`, `[host]:port`, or the alias. */
export function hostKeyName(target: Target): string {
  return namesOf(target)[0] ?? target.hostname
}

/** With an alias the port does not count, as in ssh. */
function namesOf(target: Target): readonly string[] {
  if (target.hostKeyAlias !== null) return [target.hostKeyAlias.toLowerCase()]
  return [...new Set([knownHostName(target.hostname, target.port), target.hostname.toLowerCase()])]
}

function acceptsNew(target: Target): boolean {
  return target.strictHostKeyChecking === 'accept-new' || target.strictHostKeyChecking === 'no'
}

/** Adds a line to the user's first file, as ssh does; not being able to is no reason to refuse the host. Returns the line. */
function writeDown(target: Target, key: HostKeyBlob): string {
  const name = hostKeyName(target)
  const line = `${target.hashKnownHosts ? hashName(name, randomBytes(20)) : name} ${key.type} ${key.key}\n`
  const [file] = target.knownHosts.user
  try {
    if (file !== undefined) {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
      appendFileSync(file, `${hasOpenLine(file) ? '\n' : ''}${line}`, { mode: 0o600 })
    }
  } catch {
    // A read-only home: the key still counts for this run.
  }
  return line
}

/** What is added to a last line without an end would make another key of it. */
function hasOpenLine(file: string): boolean {
  return existsSync(file) && /[^\n]$/.test(readFileSync(file, 'latin1'))
}

type Refusal = Exclude<Verdict, { kind: 'known' }>

function hostKeyError(
  host: HostKey,
  target: Target,
  offered: HostKeyBlob,
  verdict: Refusal,
  known: readonly KnownHost[],
): ConnectionError {
  const name = hostKeyName(target)
  const hostKey = { ...offered, name }
  const presented = `${name} presents ${describeKey(offered)}`
  switch (verdict.kind) {
    case 'unknown':
      return new ConnectionError('host-key-unknown', host, { cause: unknownCause(known), evidence: presented }, hostKey)
    case 'changed':
      return new ConnectionError(
        'host-key-changed',
        host,
        {
          cause:
            'The host presents another key than the one known for it. It was set up anew, or another machine answers in its place',
          evidence: [
            presented,
            ...verdict.known.map((line) => `known is    ${describeKey(line)}  (${placeOf(line)})`),
          ].join('\n'),
        },
        hostKey,
      )
    case 'revoked':
      return new ConnectionError(
        'host-key-revoked',
        host,
        {
          cause: 'The host presents a key that is marked as revoked',
          evidence: `${presented}\nrevoked by ${placeOf(verdict.by)}`,
        },
        hostKey,
      )
  }
}

/** The lock file is no list of lines: where the key stands in it is looked for when it matters. */
function placeOf({ place, key }: KnownHost): string {
  if (!place.endsWith('.json')) return place
  const line = readLines(place).findIndex((text) => text.includes(key))
  return line < 0 ? place : `${place}:${line + 1}`
}

function readLines(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
}

function unknownCause(known: readonly KnownHost[]): string {
  const authority = known.find(isAuthority)
  if (authority === undefined) return 'No known_hosts file and no pin has a key for this host; nothing was sent to it'
  return `The host is known by a certificate authority only (${authority.place}), and host certificates need the OpenSSH transport`
}
