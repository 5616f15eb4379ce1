import type { Cluster, HostKey, Role } from '../cluster/cluster.js'
import { roles } from '../cluster/cluster.js'
import { suggestion } from '../config/suggest.js'
import { errorProblem, type Problem, UsageError } from '../errors.js'

/** What --hosts and --roles say; `*` stands for any text. */
export interface Choice {
  readonly hosts?: readonly string[]
  readonly roles?: readonly string[]
}

/**
 * The chosen hosts' keys; null when nothing was said. A host is chosen when it matches a pattern and has a role.
 * @throws UsageError when a pattern matches nothing: never is "nothing" taken for "all"
 */
export function choose(cluster: Cluster, choice: Choice): readonly HostKey[] | null {
  if (choice.hosts === undefined && choice.roles === undefined) return null
  const problems = [...unmatched(cluster, choice.hosts ?? []), ...unknownRoles(choice.roles ?? [])]
  if (problems.length > 0) throw new UsageError(problems)
  const keys = cluster.hosts
    .filter((host) => matchesHost(host.key, choice.hosts) && hasOneOf(host.roles, choice.roles))
    .map((host) => host.key)
  if (keys.length === 0) throw new UsageError([nothingChosen(choice)])
  return keys
}

function matchesHost(key: HostKey, patterns: readonly string[] | undefined): boolean {
  return patterns === undefined || patterns.some((pattern) => matches(pattern, key))
}

function matches(pattern: string, key: HostKey): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 'i').test(key)
}

function hasOneOf(has: readonly Role[], wanted: readonly string[] | undefined): boolean {
  return wanted === undefined || has.some((role) => wanted.includes(role))
}

/** Addresses of one cluster resemble each other; more changes than these are another host. */
const likelyTypos = 2

function unmatched(cluster: Cluster, patterns: readonly string[]): readonly Problem[] {
  const keys = cluster.hosts.map((host) => host.key)
  const none = patterns.filter((pattern) => !keys.some((key) => matches(pattern, key)))
  return none.map((pattern) =>
    errorProblem({
      code: 'no-such-host',
      title: 'no such host',
      cause: `--hosts ${pattern} matches no host of the cluster`,
      remedy: `${suggestion(pattern, keys, likelyTypos)}The hosts are ${keys.slice(0, 10).join(', ')}${keys.length > 10 ? ', …' : ''}.`,
    }),
  )
}

function unknownRoles(given: readonly string[]): readonly Problem[] {
  const unknown = given.filter((role) => !(roles as readonly string[]).includes(role))
  return unknown.map((role) =>
    errorProblem({
      code: 'no-such-role',
      title: 'no such role',
      cause: `--roles ${role} is none of Trueno's roles`,
      remedy: `${suggestion(role, roles)}The roles are ${roles.join(', ')}.`,
    }),
  )
}

function nothingChosen(choice: Choice): Problem {
  const said = [
    choice.hosts && `--hosts ${choice.hosts.join(',')}`,
    choice.roles && `--roles ${choice.roles.join(',')}`,
  ]
  return errorProblem({
    code: 'nothing-chosen',
    title: 'no host is chosen',
    cause: `${said.filter(Boolean).join(' and ')} together match no host`,
    remedy: 'leave one of them away',
  })
}
