import { hostname, userInfo } from 'node:os'
import type { Access } from '../cluster/cluster.js'
import { errorProblem, UsageError } from '../errors.js'
import { keyed } from './slots.js'
import {
  remembered,
  type SshProgram,
  type SshProgramOptions,
  type SshSettings,
  sshArguments,
  sshProgram,
} from './ssh-settings.js'
import type { Target } from './target.js'
import { buildTarget } from './target-settings.js'
import type { TokenValues } from './tokens.js'

/** What reading the SSH configuration depends on. */
export interface ConfigEnvironment {
  /** Read this file instead of the user's and the system's (ssh's `-F`). */
  readonly configFile?: string
  /** Nothing may be asked of the network while names are resolved. Default: false. */
  readonly offline?: boolean
  /** The environment of the process: `SSH_AUTH_SOCK`, and `${NAME}` in paths. */
  readonly variables: Readonly<Record<string, string | undefined>>
  /** Where the settings come from when not from the ssh of this machine. For tests. */
  readonly program?: SshProgram
}

/** Finds out how ssh would reach a host. One question per different access, however often it is asked. */
export type Resolve = (access: Access) => Promise<Target>

/** A `Resolve` with a memory of its own. */
export function createResolver(environment: ConfigEnvironment): Resolve {
  const program = environment.program ?? sshProgram(programOptions(environment))
  const resolving = { environment, program, jumps: remembered(program), me: whoAmI(environment.variables) }
  const resolve = keyed((access) => resolveChain(JSON.parse(access), resolving, 0))
  return (access) => resolve(JSON.stringify(access))
}

function programOptions({ configFile, offline = false }: ConfigEnvironment): SshProgramOptions {
  return { offline, ...(configFile !== undefined && { configFile }) }
}

/** How ssh would reach a host, asked once. @throws UsageError when the SSH configuration is wrong. */
export function resolveTarget(access: Access, environment: ConfigEnvironment): Promise<Target> {
  return createResolver(environment)(access)
}

interface Resolving {
  readonly environment: ConfigEnvironment
  readonly program: SshProgram
  /** The same for jump hosts, which lie before many hosts: all that it says of one is kept. */
  readonly jumps: SshProgram
  readonly me: Me
}

type Me = Pick<TokenValues, 'home' | 'localUser' | 'localHost' | 'userId' | 'variables'>

// ssh goes by the password database, not by $HOME, and so do its files.
function whoAmI(variables: Me['variables']): Me {
  const { homedir, username, uid } = userInfo()
  return { home: homedir, localUser: username, localHost: hostname(), userId: uid, variables }
}

const mostJumps = 8

async function resolveChain(access: Access, resolving: Resolving, depth: number): Promise<Target> {
  if (depth > mostJumps) throw jumpLoop(access)
  const { settings, defaults, notes, hasSsh } = await settingsOf(access, depth > 0, resolving)
  const jumps = await resolveJumps(settings.get('proxyjump')?.[0] ?? 'none', resolving, depth)
  return buildTarget({
    access,
    settings,
    defaults,
    me: resolving.me,
    jumps,
    notes,
    sshArguments: hasSsh ? sshArguments(access, programOptions(resolving.environment)) : null,
    sources: sourcesOf(access, settings, defaults),
  })
}

interface FoundSettings {
  readonly settings: SshSettings
  readonly defaults: SshSettings
  readonly notes: readonly string[]
  readonly hasSsh: boolean
}

async function settingsOf(access: Access, isJump: boolean, resolving: Resolving): Promise<FoundSettings> {
  const { environment, program, jumps, me } = resolving
  const [settings, defaults] = await Promise.all([(isJump ? jumps : program).settings(access), jumps.defaults()])
  if (settings !== null) return { settings, defaults, notes: [], hasSsh: true }
  const { configFile } = environment
  const { readSshConfig } = await import('./ssh-config-file.js')
  const read = readSshConfig(access, { home: me.home, ...(configFile !== undefined && { configFile }) })
  return { ...read, defaults: new Map(), hasSsh: false }
}

/** As ssh does it: the first hop by its own configuration, jumps of its own included; every later one through those before it. */
async function resolveJumps(list: string, resolving: Resolving, depth: number): Promise<readonly Target[]> {
  if (list === 'none') return []
  const [first = '', ...others] = list.split(',')
  const nearest = await resolveChain(jumpAccess(first), resolving, depth + 1)
  const later = others.map((jump) => resolveChain({ ...jumpAccess(jump), proxyJump: 'none' }, resolving, depth + 1))
  return [...nearest.jumps, { ...nearest, jumps: [] }, ...(await Promise.all(later))]
}

/** `[user@]host[:port]`, or an `ssh://` address, which ssh takes apart itself. */
function jumpAccess(jump: string): Access {
  const parts = /^(?<host>(?:.*@)?(?:\[[^\]]+\]|[^:]+)):(?<port>\d+)$/.exec(jump)?.groups
  if (jump.startsWith('ssh://') || parts?.host === undefined) return { ssh: jump }
  return { ssh: parts.host.replace(/[[\]]/g, ''), port: Number(parts.port) }
}

/** Keys of the inventory and ssh's own keywords for them. */
const accessKeywords = {
  user: 'user',
  port: 'port',
  identityFile: 'identityfile',
  proxyJump: 'proxyjump',
  transport: 'transport',
  runAs: 'runas',
} as const

function sourcesOf(access: Access, settings: SshSettings, defaults: SshSettings): Target['sources'] {
  const sources: Record<string, string> = { ...(access.from?.ssh !== undefined && { hostname: access.from.ssh }) }
  const name = settings.get('host')?.[0] ?? access.ssh
  for (const [keyword, values] of settings) {
    const isGiven = keyword === 'host' || (keyword === 'hostname' && values[0] === name)
    if (!isGiven && values.join('\n') !== defaults.get(keyword)?.join('\n')) sources[keyword] = 'SSH configuration'
  }
  for (const [key, keyword] of Object.entries(accessKeywords)) {
    if (access[key as keyof typeof accessKeywords] !== undefined) sources[keyword] = access.from?.[key] ?? 'inventory'
  }
  return sources
}

function jumpLoop(access: Access): UsageError {
  return new UsageError([
    errorProblem({
      code: 'ssh-config-invalid',
      title: 'The SSH configuration cannot be used',
      cause: `the jump hosts of ${access.ssh} lead in a circle, or are more than ${mostJumps}`,
      remedy: 'Give the jump host a `ProxyJump none` of its own, above the block that applies to all.',
    }),
  ])
}
