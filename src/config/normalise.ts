import { createHash } from 'node:crypto'
import { basename, dirname, extname, join, resolve } from 'node:path'
import {
  type Access,
  type Balancer,
  type Cluster,
  type Host,
  type HostKey,
  type Role,
  roles,
} from '../cluster/cluster.js'
import { completeBalancer, completeSettings, completeTimeouts, defaults, present } from './defaults.js'
import { type ConfigFile, isMapping, keysAt, type Path, valueAt } from './document.js'
import type { HostEntry, Inventory, Settings } from './inventory.js'

/** What `normalise` needs; the files have been found to be right. All paths are absolute. */
export interface Wanted {
  readonly clusterFile: { readonly path: string; readonly file: ConfigFile }
  /** Null: there is none. */
  readonly inventoryFile: { readonly path: string; readonly file: ConfigFile } | null
  readonly overrides: Overrides
  readonly homeDirectory: string
  readonly workingDirectory: string
}

/** What options of the command line put in the place of the inventory's. */
export interface Overrides {
  /** A path relative to the working directory, or `standin`. */
  readonly release?: string
  /** Milliseconds. */
  readonly timeoutStartMs?: number
}

/** Makes of the files what the program works with: nothing left open, every path absolute, every duration in milliseconds. */
export function normalise(wanted: Wanted): Cluster {
  const { clusterFile, inventoryFile, overrides } = wanted
  const inventory = (inventoryFile?.file.value ?? {}) as Inventory
  const content = clusterFile.file.text
  const timeouts = completeTimeouts(inventory.timeouts ?? {})
  const { hosts, balancer } = hostsOf(wanted, inventory)
  return {
    name: inventory.name ?? nameOf(clusterFile.path),
    hosts,
    coordinator: coordinatorOf(hosts),
    balancer,
    keepReleases: inventory.keepReleases ?? defaults.keepReleases,
    timeouts: { ...timeouts, ...present({ start: overrides.timeoutStartMs }) },
    file: { content, sha256: createHash('sha256').update(content).digest('hex') },
    ...present({ release: releaseOf(wanted, inventory), mirror: inventory.mirror }),
    hasInventory: inventoryFile !== null,
  }
}

function hostsOf(wanted: Wanted, inventory: Inventory): { hosts: readonly Host[]; balancer: Balancer | null } {
  const { file } = wanted.clusterFile
  const toHost = (key: HostKey, member: boolean): Host => ({
    key,
    roles: rolesOf(file, key),
    member,
    ...settingsOf(wanted, inventory, key),
  })
  const keys = keysAt(file, [])
  const balancer = inventory.balancer ? completeBalancer(inventory.balancer) : null
  const outside = balancer === null || keys.includes(balancer.host) ? [] : [balancer.host]
  return { hosts: [...keys.map((key) => toHost(key, true)), ...outside.map((key) => toHost(key, false))], balancer }
}

function rolesOf(file: ConfigFile, key: HostKey): readonly Role[] {
  return roles.filter((role) => valueAt(file, [key, role]) === true)
}

function settingsOf(wanted: Wanted, inventory: Inventory, key: HostKey): Omit<Host, 'key' | 'roles' | 'member'> {
  const ofHost = inventory.hosts && Object.hasOwn(inventory.hosts, key) ? inventory.hosts[key] : null
  const entry = overlay(inventory.defaults ?? {}, ofHost ?? {}) as HostEntry
  return { access: accessOf(wanted, entry, key), ...completeSettings(entry as Settings) }
}

/** Mappings key by key; everything else, lists too, replaces what it lies over. What is empty hides nothing. */
function overlay(below: object, above: object): object {
  const merged: Record<string, unknown> = { ...below }
  for (const [key, value] of Object.entries(above)) {
    const other = merged[key]
    if (value === null) continue
    merged[key] = isMapping(value) && isMapping(other) ? overlay(other, value) : value
  }
  return merged
}

function accessOf(wanted: Wanted, entry: HostEntry, key: HostKey): Access {
  const { ssh = key, user, port, identityFile, proxyJump, transport } = entry
  const path = identityFile === undefined ? undefined : besideInventory(wanted, identityFile)
  const given = present({ user, port, identityFile: path, proxyJump, transport, runAs: runAsOf(entry) })
  const from = { ...sourcesOf(wanted, ['defaults']), ...sourcesOf(wanted, ['hosts', key]) }
  return { ssh, ...given, ...(Object.keys(from).length > 0 && { from }) }
}

const accessKeys: ReadonlySet<string> = new Set([
  'ssh',
  'user',
  'port',
  'identityFile',
  'proxyJump',
  'transport',
  'runAs',
])

/** The values of an access that one part of the inventory says, with the name of that part. */
function sourcesOf({ inventoryFile }: Wanted, path: Path): Readonly<Record<string, string>> {
  if (inventoryFile === null) return {}
  const said = keysAt(inventoryFile.file, path).filter((name) => accessKeys.has(name))
  return Object.fromEntries(said.map((name) => [name, `${basename(inventoryFile.path)}, ${path[0]}`]))
}

function runAsOf({ runAs, runAsWith }: HostEntry): Access['runAs'] {
  return runAs === undefined ? undefined : { user: runAs, ...present({ with: runAsWith }) }
}

function coordinatorOf(hosts: readonly Host[]): HostKey {
  const coordinator = hosts.find((host) => host.roles.includes('master'))
  if (coordinator === undefined) throw new Error('there is no master, and no check has found that')
  return coordinator.key
}

function releaseOf(wanted: Wanted, inventory: Inventory): string | undefined {
  const { release } = wanted.overrides
  if (release !== undefined)
    return releasePath(release, (path) => localPath(path, wanted.workingDirectory, wanted.homeDirectory))
  if (inventory.release === undefined) return undefined
  return releasePath(inventory.release, (path) => besideInventory(wanted, path))
}

function releasePath(release: string, toPath: (path: string) => string): string {
  return release === 'standin' ? release : toPath(release)
}

function besideInventory({ inventoryFile, workingDirectory, homeDirectory }: Wanted, path: string): string {
  return localPath(path, inventoryFile === null ? workingDirectory : dirname(inventoryFile.path), homeDirectory)
}

function localPath(path: string, from: string, homeDirectory: string): string {
  if (path === '~') return homeDirectory
  return path.startsWith('~/') ? join(homeDirectory, path.slice(2)) : resolve(from, path)
}

/** The file's name; that of its folder when the file is called `cluster.json`, as most are. */
function nameOf(path: string): string {
  const file = basename(path, extname(path))
  const name = file === 'cluster' ? basename(dirname(path)) : file
  return (
    name
      .replace(/[^\p{L}\p{N}._-]+/gu, '-')
      .replace(/^[._-]+|-+$/g, '')
      .slice(0, 64) || 'cluster'
  )
}
