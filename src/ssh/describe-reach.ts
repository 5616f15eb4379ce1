import type { Reach, ReachValue } from '../cluster/reach.js'
import type { Target } from './target.js'
import type { ChosenTransport } from './transport.js'

/** What people are told of how a host is reached, with the source of each value. `runAs`: who everything is done as there. */
export function describeReach(target: Target, transport: ChosenTransport, runAs?: string): Reach {
  const { sources } = target
  const always: Record<string, ReachValue> = {
    hostname: { value: target.hostname, source: sources.hostname ?? 'cluster.json' },
    user: { value: target.user, source: sources.user ?? 'default' },
    port: { value: String(target.port), source: sources.port ?? 'default' },
    transport: { value: transport.name, source: transport.reason ?? sources.transport ?? 'default' },
  }
  const other = runAs === undefined ? {} : { runAs: { value: runAs, source: sources.runas ?? 'default' } }
  const said = Object.entries(told).flatMap(([name, value]) => {
    const source = sources[name.toLowerCase()]
    return source === undefined ? [] : [[name, { value: value(target), source }] as const]
  })
  const notes = [...target.notes, ...leftToOpenSsh(target, transport)]
  return { values: { ...always, ...other, ...Object.fromEntries(said) }, notes }
}

/** What is configured and not honoured since ssh2 was asked for. */
function leftToOpenSsh({ onlyOpenSsh, sshArguments }: Target, { name }: ChosenTransport): readonly string[] {
  // Without an ssh the target says it itself.
  if (name === 'openssh' || sshArguments === null) return []
  return onlyOpenSsh.map((keyword) => `\`${keyword}\` is left out: that needs the transport openssh`)
}

/** What is told where somebody has said it. A command or a variable may hold a secret: only its name is told. */
const told: Readonly<Record<string, (target: Target) => string>> = {
  identityFile: ({ identityFiles }) => identityFiles.join(', ') || 'none',
  identitiesOnly: ({ identitiesOnly }) => yesNo(identitiesOnly),
  identityAgent: ({ identityAgent }) => identityAgent ?? 'none',
  proxyJump: ({ jumps }) => jumps.map(({ name }) => name).join(', ') || 'none',
  proxyCommand: ({ proxyCommand }) => (proxyCommand === null ? 'none' : `${proxyCommand.split(/\s/)[0]} …`),
  userKnownHostsFile: ({ knownHosts }) => knownHosts.user.join(', ') || 'none',
  globalKnownHostsFile: ({ knownHosts }) => knownHosts.global.join(', ') || 'none',
  hostKeyAlias: ({ hostKeyAlias }) => hostKeyAlias ?? 'none',
  strictHostKeyChecking: ({ strictHostKeyChecking }) => strictHostKeyChecking,
  connectTimeout: ({ connectTimeoutMs }) => seconds(connectTimeoutMs),
  serverAliveInterval: ({ keepalive }) => seconds(keepalive.intervalMs),
  serverAliveCountMax: ({ keepalive }) => String(keepalive.countMax),
  addressFamily: ({ addressFamily }) => addressFamily,
  bindAddress: ({ bindAddress }) => bindAddress ?? 'any',
  compression: ({ compression }) => yesNo(compression),
  kexAlgorithms: ({ algorithms }) => list(algorithms.kex),
  ciphers: ({ algorithms }) => list(algorithms.cipher),
  macs: ({ algorithms }) => list(algorithms.mac),
  hostKeyAlgorithms: ({ algorithms }) => list(algorithms.hostKey),
  setEnv: ({ environment }) => list(Object.keys(environment)),
  forwardAgent: ({ forwardAgent }) => forwardAgent ?? 'none',
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no'
}

function seconds(ms: number | null): string {
  return ms === null ? 'none' : `${ms / 1000} s`
}

function list(values: readonly string[] | null): string {
  return values?.join(', ') || 'none'
}
