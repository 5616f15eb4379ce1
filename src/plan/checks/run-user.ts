import type { Host } from '../../cluster/cluster.js'
import type { Facts } from '../../cluster/facts.js'
import { errorProblem, type Problem } from '../../errors.js'
import { apiPort } from '../../trueno/balancer.js'

/**
 * Trueno may run there as a user whose directories were not looked into: only an inventory names that user, and what is in
 * the home of another may be hidden from the login.
 */
export function otherRunUser(host: Host, facts: Facts): readonly Problem[] {
  const listener = facts.listeners.find(
    ({ port, address, ours }) => port === apiPort && !ours && (address === '*' || facts.ownAddresses.includes(address)),
  )
  const other = listener?.user ?? facts.user.name
  return facts.receipt !== null || facts.keptByOthers.length > 0 || !host.member || other === facts.user.name
    ? []
    : [mayRunAs(other, host, facts)]
}

/** Another user keeps this host. To go on as this one would make another cluster beside it. */
export function keptByAnother({ key }: Host, { user, home, keptByOthers }: Facts): readonly Problem[] {
  const [other, ...more] = keptByOthers
  if (other === undefined) return []
  return [
    errorProblem({
      code: 'kept-by-another-user',
      title: 'the cluster is kept there by another user',
      cause: `${user.name} has nothing of it in ${home.path}, and user ${other.user} has its receipt in ${other.path}`,
      evidence: more.map((one) => `so has ${one.user} in ${one.path}`).join('\n'),
      remedy: `say so in the inventory: \`runAs: ${other.user}\`; or remove ${other.path} if nobody needs it any more`,
      host: key,
    }),
  ]
}

function mayRunAs(other: string, { key }: Host, facts: Facts): Problem {
  return {
    code: 'runs-as-another-user',
    severity: 'warning',
    title: 'Trueno may run there as another user',
    cause: `${facts.user.name} has nothing of this cluster in ${facts.home.path}, and user ${other} listens on port ${apiPort}, Trueno's own`,
    evidence: '',
    remedy: `if that is Trueno, say so in the inventory: \`runAs: ${other}\``,
    host: key,
  }
}
