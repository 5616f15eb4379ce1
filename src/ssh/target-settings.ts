import type { Access } from '../cluster/cluster.js'
import { wildcard } from './known-hosts.js'
import { configuredOnlyOpenSsh } from './only-openssh.js'
import { isNo, isYes, type One } from './settings-words.js'
import type { SshSettings } from './ssh-settings.js'
import type { AlgorithmKind, Methods, StrictHostKeyChecking, Target } from './target.js'
import { expandPath, expandTokens, type TokenValues } from './tokens.js'

/** What a target is made of. */
export interface TargetParts {
  readonly access: Access
  readonly settings: SshSettings
  /** What ssh does where nothing is configured. */
  readonly defaults: SshSettings
  readonly me: Pick<TokenValues, 'home' | 'localUser' | 'localHost' | 'userId' | 'variables'>
  readonly jumps: readonly Target[]
  readonly sshArguments: readonly string[] | null
  readonly notes: readonly string[]
  readonly sources: Target['sources']
}

/** Settings in ssh's words as a `Target`, with ssh's defaults for what they do not say. */
export function buildTarget(parts: TargetParts): Target {
  const values = tokenValues(parts)
  const one = (keyword: string): string | undefined => parts.settings.get(keyword)?.[0]
  const path = (text: string): string => expandPath(text, values)
  const yes = (keyword: string): boolean => isYes(one(keyword))
  const onlyOpenSsh = configuredOnlyOpenSsh(one, (keyword) => parts.defaults.get(keyword)?.[0])
  return {
    name: values.name,
    hostname: values.hostname,
    port: values.port,
    user: values.user,
    identityFiles: filesOf(parts.settings.get('identityfile') ?? defaultIdentityFiles).map(path),
    identityFilesChosen: parts.sources.identityfile !== undefined,
    identitiesOnly: yes('identitiesonly'),
    identityAgent: agentSocket(one('identityagent'), values),
    jumps: parts.jumps,
    proxyCommand: proxyCommand(one('proxycommand'), values),
    knownHosts: {
      user: fileList(one('userknownhostsfile') ?? defaultUserFiles).map(path),
      global: fileList(one('globalknownhostsfile') ?? defaultGlobalFiles).map(path),
    },
    hashKnownHosts: yes('hashknownhosts'),
    hostKeyAlias: values.hostKeyAlias,
    strictHostKeyChecking: checking[one('stricthostkeychecking') ?? ''] ?? 'ask',
    algorithms: algorithmsOf(parts),
    // With 0 there is no limit but ours.
    connectTimeoutMs: seconds(one('connecttimeout')) || null,
    keepalive: keepaliveOf(one),
    addressFamily: one('addressfamily') === 'inet' ? 'inet' : one('addressfamily') === 'inet6' ? 'inet6' : 'any',
    bindAddress: one('bindaddress') ?? null,
    compression: yes('compression'),
    environment: environmentOf(parts),
    forwardAgent: forwardedAgent(one('forwardagent'), agentSocket(one('identityagent'), values), values),
    methods: methodsOf(one),
    passwordPrompts: Number(one('numberofpasswordprompts') ?? 3),
    sshArguments: parts.sshArguments,
    logVerbose: one('logverbose') !== undefined,
    transport: parts.access.transport ?? 'auto',
    onlyOpenSsh,
    sources: parts.sources,
    notes: [...parts.notes, ...(parts.sshArguments === null ? onlyOpenSsh.map(leftOut) : [])],
  }
}

function leftOut(keyword: string): string {
  return `\`${keyword}\` is left out: that needs the ssh program`
}

const defaultIdentityFiles = ['~/.ssh/id_rsa', '~/.ssh/id_ecdsa', '~/.ssh/id_ed25519']
const defaultUserFiles = '~/.ssh/known_hosts ~/.ssh/known_hosts2'
const defaultGlobalFiles = '/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2'

function tokenValues({ access, settings, me, jumps }: TargetParts): TokenValues {
  const name = settings.get('host')?.[0] ?? access.ssh
  const values: TokenValues = {
    ...me,
    name,
    hostname: name,
    port: Number(settings.get('port')?.[0] ?? 22),
    user: settings.get('user')?.[0] ?? me.localUser,
    jump: jumps.map((jump) => jump.name).join(','),
    hostKeyAlias: settings.get('hostkeyalias')?.[0] ?? null,
  }
  return { ...values, hostname: expandTokens(settings.get('hostname')?.[0] ?? name, values) }
}

function filesOf(files: readonly string[]): readonly string[] {
  return files.filter((file) => file !== 'none')
}

// ssh prints several files in one line without quoting; each of them begins with `/` or `~`.
function fileList(line: string): readonly string[] {
  return filesOf(line.split(/ (?=[/~])/))
}

function agentSocket(configured: string | undefined, values: TokenValues): string | null {
  if (configured === 'none') return null
  if (configured === undefined || configured === 'SSH_AUTH_SOCK') return values.variables.SSH_AUTH_SOCK || null
  if (configured.startsWith('$')) return values.variables[configured.replace(/[${}]/g, '')] || null
  return expandPath(configured, values)
}

/** `ForwardAgent` is a switch, or names the agent to forward. */
function forwardedAgent(configured: string | undefined, own: string | null, values: TokenValues): string | null {
  if (configured === undefined || isNo(configured)) return null
  return isYes(configured) ? own : agentSocket(configured, values)
}

/** What is set for the host, and what is sent of ours. Never its language: what tools print there is read by programs. */
function environmentOf({ settings, me }: TargetParts): Target['environment'] {
  const patterns = (settings.get('sendenv') ?? []).flatMap((line) => line.split(' ')).map(wildcard)
  const sent = Object.entries(me.variables).flatMap(([name, value]) => {
    const isSent =
      value !== undefined && !/^(?:LANG|LANGUAGE|LC_.*)$/.test(name) && patterns.some((one) => one.test(name))
    return isSent ? [[name, value] as const] : []
  })
  return { ...Object.fromEntries(sent), ...Object.fromEntries((settings.get('setenv') ?? []).map(splitAssignment)) }
}

function methodsOf(one: One): Methods {
  const isAsking = !isYes(one('batchmode'))
  return {
    publickey: !isNo(one('pubkeyauthentication')) && wanted(one, 'publickey'),
    keyboardInteractive: isAsking && !isNo(one('kbdinteractiveauthentication')) && wanted(one, 'keyboard-interactive'),
    password: isAsking && !isNo(one('passwordauthentication')) && wanted(one, 'password'),
    onlyOpenSsh: [
      ...(isYes(one('gssapiauthentication')) && wanted(one, 'gssapi-with-mic') ? ['gssapi-with-mic'] : []),
      ...(isYes(one('hostbasedauthentication')) && wanted(one, 'hostbased') ? ['hostbased'] : []),
    ],
  }
}

function proxyCommand(configured: string | undefined, values: TokenValues): string | null {
  return configured === undefined || configured === 'none' ? null : expandTokens(configured, values)
}

// `ssh -G` prints some switches as true and false.
const checking: Readonly<Record<string, StrictHostKeyChecking>> = {
  ask: 'ask',
  yes: 'yes',
  true: 'yes',
  'accept-new': 'accept-new',
  no: 'no',
  off: 'no',
  false: 'no',
}

const algorithmKeywords = {
  kex: 'kexalgorithms',
  cipher: 'ciphers',
  mac: 'macs',
  hostKey: 'hostkeyalgorithms',
} as const satisfies Record<AlgorithmKind, string>

function algorithmsOf({ settings, sources }: TargetParts): Target['algorithms'] {
  const configured = (kind: AlgorithmKind): readonly string[] | null => {
    const keyword = algorithmKeywords[kind]
    return sources[keyword] === undefined ? null : (settings.get(keyword)?.[0]?.split(',') ?? null)
  }
  return {
    kex: configured('kex'),
    cipher: configured('cipher'),
    mac: configured('mac'),
    hostKey: configured('hostKey'),
  }
}

/** Ours finds a dead peer within 30 s, also where ssh is not asked to look. */
function keepaliveOf(one: One): Target['keepalive'] {
  const intervalMs = seconds(one('serveraliveinterval')) ?? 0
  return intervalMs > 0
    ? { intervalMs, countMax: Math.max(1, Number(one('serveralivecountmax') ?? 3)) }
    : { intervalMs: 10_000, countMax: 2 }
}

const unitSeconds: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** ssh's times (`90`, `1m30s`) in milliseconds; null for `none`. */
function seconds(text: string | undefined): number | null {
  if (text === undefined || !/^\d/.test(text)) return null
  const parts = [...text.toLowerCase().matchAll(/(\d+)([smhdw]?)/g)]
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (unitSeconds[unit ?? ''] ?? 1), 0) * 1000
}

function splitAssignment(text: string): [string, string] {
  const at = text.indexOf('=')
  return [text.slice(0, at), text.slice(at + 1)]
}

function wanted(one: One, method: string): boolean {
  const preferred = one('preferredauthentications')
  return preferred === undefined || preferred.split(',').includes(method)
}
