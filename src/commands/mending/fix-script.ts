import type { ProposedFix } from '../../cluster/check-report.js'
import type { HostKey } from '../../cluster/cluster.js'
import type { Fix } from '../../plan/checks/fixes.js'
import { quote } from '../../ssh/quote.js'

/** Hosts that need the same get one script. */
export function proposedFixes(fixes: ReadonlyMap<HostKey, readonly Fix[]>): readonly ProposedFix[] {
  const hosts = new Map<string, HostKey[]>()
  for (const [host, some] of fixes) {
    const script = fixScript(some)
    if (some.length > 0) hosts.set(script, [...(hosts.get(script) ?? []), host])
  }
  return [...hosts].map(([script, keys]) => ({ hosts: keys, script, done: false }))
}

/** A POSIX script that does all of it, to be read and then run as root. Doing it twice does it once. */
export function fixScript(fixes: readonly Fix[]): string {
  const parts = Object.entries(composers).flatMap(([kind, compose]) => {
    const some = fixes.filter((fix) => fix.kind === kind)
    return some.length === 0 ? [] : [(compose as (some: readonly Fix[]) => readonly string[])(some)]
  })
  return `${[['#!/bin/sh', 'set -eu'], ...parts].map((lines) => lines.join('\n')).join('\n\n')}\n`
}

type Composers = { readonly [K in Fix['kind']]: (some: readonly Extract<Fix, { kind: K }>[]) => readonly string[] }

const composers: Composers = {
  directory: (some) =>
    some.flatMap(({ path, user }) => [
      '# a directory of ours',
      `mkdir -p ${quote(path)}`,
      `chown ${quote(`${user}:`)} ${quote(path)}`,
      `chmod 700 ${quote(path)}`,
    ]),
  sysctl: (some) => [
    '# now, and after each boot',
    ...some.map(({ name, value }) => `sysctl -w ${quote(`${name}=${value}`)}`),
    ...fileOf(
      '/etc/sysctl.d/60-trueno.conf',
      some.map(({ name, value }) => `${name} = ${value}`),
    ),
  ],
  limit: (some) => [
    '# counts from the next login on',
    ...fileOf(
      '/etc/security/limits.d/60-trueno.conf',
      some.map(({ user, item, value }) => `${user} - ${item} ${value}`),
    ),
  ],
  session: (some) => [
    '# what these users leave running stays when they log out',
    ...fileOf('/etc/systemd/logind.conf.d/60-trueno.conf', [
      '[Login]',
      `KillExcludeUsers=root ${some.map(({ user }) => user).join(' ')}`,
    ]),
    'systemctl restart systemd-logind',
  ],
  hugePages: () => [
    '# now, and after each boot',
    'echo madvise >/sys/kernel/mm/transparent_hugepage/enabled',
    ...fileOf('/etc/tmpfiles.d/60-trueno.conf', ['w /sys/kernel/mm/transparent_hugepage/enabled - - - - madvise']),
  ],
  name: (some) => ['# the names, each with this address and without that of loopback', ...some.flatMap(nameLines)],
}

function fileOf(path: string, lines: readonly string[]): readonly string[] {
  const directory = path.slice(0, path.lastIndexOf('/'))
  return [`mkdir -p ${directory}`, `printf '%s\\n' ${lines.map(quote).join(' ')} >${path}`, `chmod 644 ${path}`]
}

/** The file keeps its place and its rights: it may be mounted there. */
function nameLines({ name, address }: Extract<Fix, { kind: 'name' }>): readonly string[] {
  return [
    `hosts=$(name=${quote(name)} address=${quote(address)} awk '`,
    '  $1 ~ /^(127\\.|::1$)/ || $1 == ENVIRON["address"] {',
    '    line = ""',
    '    for (i = 2; i <= NF && $i !~ /^#/; i++) if ($i != ENVIRON["name"]) line = line " " $i',
    '    if (line != "") print $1 line',
    '    next',
    '  }',
    '  { print }',
    '  END { print ENVIRON["address"], ENVIRON["name"] }',
    "' /etc/hosts)",
    `printf '%s\\n' "$hosts" >/etc/hosts`,
  ]
}
