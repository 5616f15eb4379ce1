import type { Facts } from '../../cluster/facts.js'
import { peersOf } from '../../trueno/peers.js'
import type { Checked } from './checked.js'
import { hostChecks } from './checks.js'
import { isLoopback } from './engines.js'
import { wantedFiles, wantedMaps, wantedThreads } from './kernel.js'

/** What root can do on a host so that a check finds nothing any more. Data: it is shown and composed elsewhere. */
export type Fix =
  | { readonly kind: 'sysctl'; readonly name: string; readonly value: string }
  | { readonly kind: 'limit'; readonly user: string; readonly item: string; readonly value: string }
  | { readonly kind: 'directory'; readonly path: string; readonly user: string }
  | { readonly kind: 'session'; readonly user: string }
  | { readonly kind: 'hugePages' }
  /** A line of /etc/hosts; the name is taken out of those of loopback. */
  | { readonly kind: 'name'; readonly name: string; readonly address: string }

/** All that a script can mend of what the checks find on a host. */
export function fixesFor(checked: Checked): readonly Fix[] {
  return Object.entries(fixes).flatMap(([code, fixesOf]) =>
    hostChecks[code as keyof typeof fixes].find(checked).length > 0 ? fixesOf(checked) : [],
  )
}

/** Whether a script can mend what the check of that name finds. */
export function canFix(code: string, checked: Checked): boolean {
  return Object.hasOwn(fixes, code) && fixes[code as keyof typeof fixes](checked).length > 0
}

const fixes = {
  'home-not-writable': ({ facts }) => ownDirectory(facts, facts.home),
  'data-not-writable': ({ facts }) => ownDirectory(facts, facts.data),
  'max-map-count-low': () => [{ kind: 'sysctl', name: 'vm.max_map_count', value: String(wantedMaps) }],
  'open-files-low': ({ facts }) => limit(facts, 'nofile', String(wantedFiles)),
  'threads-low': ({ facts }) => limit(facts, 'nproc', String(wantedThreads)),
  'memory-not-locked': ({ facts }) => limit(facts, 'memlock', 'unlimited'),
  'address-space-low': ({ facts }) => limit(facts, 'as', 'unlimited'),
  'killed-at-logout': ({ facts: { machine } }) =>
    machine.session === null ? [] : [{ kind: 'session', user: machine.session.user }],
  'huge-pages-always': () => [{ kind: 'hugePages' }],
  'hostname-unknown': ({ facts }) => named(facts.machine.hostname, facts.ownAddresses),
  'name-is-loopback': ({ host, context }) =>
    named(
      host.key,
      [...context.facts.values()].flatMap(({ names }) => names[host.key] ?? []),
    ),
  'name-not-found-there': ({ host, facts, context }) =>
    peersOf(host, context.cluster)
      .filter(({ key }) => facts.names[key]?.length === 0)
      .flatMap(({ key }) => named(key, context.facts.get(key)?.ownAddresses ?? [])),
} satisfies Partial<Record<keyof typeof hostChecks, (checked: Checked) => readonly Fix[]>>

/** One that is there already may be somebody else's. */
function ownDirectory({ user }: Facts, { path, exists, obstructed }: Facts['home']): readonly Fix[] {
  return exists || obstructed ? [] : [{ kind: 'directory', path, user: user.name }]
}

function limit({ user }: Facts, item: string, value: string): readonly Fix[] {
  return [{ kind: 'limit', user: user.name, item, value }]
}

function named(name: string, addresses: readonly string[]): readonly Fix[] {
  const address = addresses.find((one) => !isLoopback(one) && !one.includes(':'))
  return address === undefined ? [] : [{ kind: 'name', name, address }]
}
