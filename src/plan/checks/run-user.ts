import type { Host } from '../../cluster/cluster.js'
import type { Facts } from '../../cluster/facts.js'
import type { Problem } from '../../errors.js'
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
  return facts.receipt !== null || !host.member || other === facts.user.name ? [] : [mayRunAs(other, host, facts)]
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
