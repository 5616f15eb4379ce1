import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchHosts } from './hosts.js'
import { nodeCommand } from './measure.js'
import type { VisitOptions } from './visit.js'

/** The bare ssh2 library, doing the same. */
export function bareLoop({ directory, hosts, key }: BenchHosts): readonly string[] {
  return nodeCommand(new URL('./bare-loop.js', import.meta.url), hostsFileOf(directory, hosts), key.file)
}

/** The tool's SSH alone. `identity`: another private key than the cluster's. */
export function visitCommand(
  { directory, hosts, key, knownHostsFile }: BenchHosts,
  options: VisitOptions = {},
  identity = key.file,
): readonly string[] {
  const config = configFile(directory, identity, knownHostsFile)
  const script = new URL('./visit.js', import.meta.url)
  return nodeCommand(script, hostsFileOf(directory, hosts), config, JSON.stringify(options))
}

/** What `check` does on hosts, piece by piece. */
export function aroundCommand(
  { directory, hosts, key, knownHostsFile }: BenchHosts,
  rounds: number,
): readonly string[] {
  const config = configFile(directory, key.file, knownHostsFile)
  const script = new URL('./around.js', import.meta.url)
  return nodeCommand(script, hostsFileOf(directory, hosts), config, String(rounds))
}

function configFile(directory: string, identity: string, knownHostsFile: string): string {
  const file = join(directory, `config-${identity.split('/').at(-1)}`)
  const settings = ['Host *', `IdentityFile ${identity}`, 'IdentityAgent none', `UserKnownHostsFile ${knownHostsFile}`]
  writeFileSync(file, `${settings.join('\n  ')}\n`)
  return file
}

function hostsFileOf(directory: string, hosts: BenchHosts['hosts']): string {
  const file = join(directory, 'hosts.json')
  writeFileSync(file, JSON.stringify(hosts))
  return file
}

/** An ssh for each host, 32 at once. ssh's own default key exchange is post-quantum; ssh2 has none of these. */
export function sshEach(cluster: BenchHosts, more = ''): readonly string[] {
  return forEachHost(cluster, 32, `exec ssh ${settingsOf(cluster)} ${more} -p $2 $1 exec sh <$3 >$3.out 2>/dev/null`)
}

/** A master connection for each host, the command over it, and its end. */
export function sshMasters(cluster: BenchHosts, parallel: number): readonly string[] {
  const over = `ssh ${settingsOf(cluster)} -S $3.socket -p $2`
  const one = `${over} -M -N -f $1 && ${over} $1 exec sh <$3 >$3.out 2>/dev/null && ${over} -O exit $1 2>/dev/null`
  return forEachHost(cluster, parallel, one)
}

export function settingsOf({ key, knownHostsFile }: BenchHosts): string {
  return `-F none -i ${key.file} -o UserKnownHostsFile=${knownHostsFile} -o BatchMode=yes`
}

/** `command` is given the destination, the port and the file with the script. */
export function forEachHost({ directory, hosts }: BenchHosts, parallel: number, command: string): readonly string[] {
  const list = join(directory, 'hosts.txt')
  writeFileSync(list, hosts.map((host) => `${host.user}@${host.key} ${host.port} ${host.factsInput}\n`).join(''))
  return ['sh', '-c', `xargs -P ${parallel} -L 1 sh -c '${command}' sh <${list}`]
}

/** What `sshEach` and `sshMasters` wrote. @throws Error when a host said no facts */
export function checkOutputs({ hosts }: BenchHosts): void {
  for (const { key, factsInput } of hosts)
    if (!readFileSync(`${factsInput}.out`, 'utf8').endsWith('\nend\n')) throw new Error(`${key} said no facts to ssh`)
}
