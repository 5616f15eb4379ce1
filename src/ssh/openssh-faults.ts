import type { ConnectionFault } from './connection.js'

/** What kept ssh from logging in. `dropped`: the host hung up before anything was exchanged. */
export function faultOf(said: string): ConnectionFault | 'dropped' {
  return faults.find(({ pattern }) => pattern.test(said))?.fault ?? 'protocol'
}

/** What ssh says, in the order in which to look for it: whole sentences of its own, since it has no codes for these. */
const faults: readonly { readonly pattern: RegExp; readonly fault: ConnectionFault | 'dropped' }[] = [
  { pattern: /WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!/, fault: 'host-key-changed' },
  { pattern: /WARNING: REVOKED HOST KEY DETECTED!|^Host (?:CA )?key .* revoked by file /m, fault: 'host-key-revoked' },
  { pattern: /^Host key verification failed\.$/m, fault: 'host-key-unknown' },
  { pattern: /: Permission denied \([^)\n]*\)\.$|Too many authentication failures$/m, fault: 'auth-failed' },
  { pattern: /^ssh: Could not resolve hostname /m, fault: 'name-not-found' },
  { pattern: /^ssh: connect to host .*: Connection refused$/m, fault: 'refused' },
  { pattern: /^(?:ssh: connect to host .*: )?Connection timed out/m, fault: 'timed-out' },
  { pattern: /^ssh: connect to host .*: (?:No route to host|Network is unreachable)$/m, fault: 'no-route' },
  { pattern: /^(?:kex_exchange_identification: |Connection (?:closed|reset) by )/m, fault: 'dropped' },
]
