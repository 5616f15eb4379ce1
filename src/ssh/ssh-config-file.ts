import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import SSHConfig, { glob } from 'ssh-config'
import type { Access } from '../cluster/cluster.js'
import type { SshSettings } from './ssh-settings.js'

/** SSH configuration read without an ssh on this machine, and what of it could not be understood. */
export interface ReadSettings {
  readonly settings: SshSettings
  readonly notes: readonly string[]
}

export interface ConfigFiles {
  /** The one file to read; absent: the user's, then the system's. */
  readonly configFile?: string
  readonly home: string
}

/**
 * What the configuration files come to for one access, by a parser of ours. Nothing is run and nothing is looked up:
 * `Match exec`, canonical names and an `Include` inside of a block are named in `notes`.
 */
export function readSshConfig(access: Access, files: ConfigFiles): ReadSettings {
  const paths =
    files.configFile === undefined ? [join(files.home, '.ssh/config'), '/etc/ssh/ssh_config'] : [files.configFile]
  const { user, name, port } = splitName(access.ssh)
  const text = paths.map((path) => readWithIncludes(path, dirname(path), files.home, 0)).join('\n')
  const notes = unresolved.filter(({ pattern }) => pattern.test(text)).map(({ note }) => note)
  const found = computed(text, name, access.user ?? user)
  const own = {
    host: name,
    user: access.user ?? user,
    port: access.port ?? port,
    identityfile: access.identityFile,
    proxyjump: access.proxyJump,
  }
  return { settings: merge(own, found), notes }
}

/** `user@name`, `ssh://user@name:port`: ssh takes them as a destination. */
function splitName(destination: string): { user?: string; name: string; port?: string } {
  const groups = /^(?:ssh:\/\/)?(?:(?<user>.*)@)?(?<name>\[[^\]]*\]|[^:]*|[^@]*)(?::(?<port>\d+))?$/.exec(
    destination,
  )?.groups
  const { user, name = destination, port } = groups ?? {}
  return {
    name: name.replace(/^\[|\]$/g, ''),
    ...(user !== undefined && { user }),
    ...(port !== undefined && { port }),
  }
}

const unresolved = [
  { pattern: /^\s*Match\b.*\bexec\b/im, note: 'blocks under `Match exec` are left out: that needs the ssh program' },
  {
    pattern: /^\s*CanonicalizeHostname\s+(?:yes|always)/im,
    note: '`CanonicalizeHostname` is left out: that needs the ssh program',
  },
  { pattern: /^\s+Include\b/im, note: 'an `Include` inside of a block is left out: that needs the ssh program' },
]

function computed(text: string, host: string, user: string | undefined): Record<string, string | string[]> {
  const safe = text.replace(/^\s*CanonicalizeHostname\b.*$/gim, '')
  const asked = user === undefined ? { Host: host } : { Host: host, User: user }
  return SSHConfig.parse(safe).compute(asked, { ignoreCase: true, matchExec: false })
}

function merge(
  own: Readonly<Record<string, string | number | undefined>>,
  found: Record<string, string | string[]>,
): SshSettings {
  const settings = new Map<string, readonly string[]>()
  for (const [keyword, value] of Object.entries(found)) settings.set(keyword, listOf(keyword, value))
  for (const [keyword, value] of Object.entries(own)) if (value !== undefined) settings.set(keyword, [String(value)])
  return settings
}

// `ssh -G` prints several files of one keyword in one line.
function listOf(keyword: string, value: string | string[]): readonly string[] {
  if (keyword === 'setenv') return [value].flat().flatMap(wordsOf)
  if (typeof value === 'string') return [value]
  return keyword.endsWith('knownhostsfile') ? [value.join(' ')] : value
}

/** Words apart, without the quotes that hold some of them together. */
function wordsOf(text: string): readonly string[] {
  return (text.match(/(?:[^\s"]|"[^"]*")+/g) ?? []).map((word) => word.replaceAll('"', ''))
}

const deepestInclude = 16

function readWithIncludes(path: string, base: string, home: string, depth: number): string {
  const text = readText(path)
  if (depth >= deepestInclude) return text
  return text.replace(/^Include[ \t=]+(.*)$/gim, (_, patterns: string) =>
    patterns
      .split(/\s+/)
      .flatMap((pattern) => expandGlob(pattern.replaceAll('"', ''), base, home))
      .map((file) => readWithIncludes(file, base, home, depth + 1))
      .join('\n'),
  )
}

function expandGlob(pattern: string, base: string, home: string): readonly string[] {
  const path = resolve(base, pattern.replace(/^~(?=\/)/, home))
  return listDirectory(dirname(path))
    .filter((name) => glob(basename(path), name))
    .sort()
    .map((name) => join(dirname(path), name))
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function listDirectory(path: string): readonly string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}
