import type { HostKey } from '../cluster/cluster.js'
import type { World } from '../world.js'
import { ConnectionError } from './errors.js'

/** Sessions at once on one connection; sshd's usual MaxSessions is 10. Tunnels do not count there, nor here. */
export const mostSessions = 8

/** The host does not open another session now. */
export class SessionRefusedError extends Error {
  override readonly name = 'SessionRefusedError'
}

const sessionTries = 12

/**
 * sshd counts a session for a moment longer than we do, and may allow fewer than is usual: what it refuses now may be
 * granted when another session has ended. @throws ConnectionError `no-shell` when it never is.
 */
export async function patiently<T>(world: World, host: HostKey, open: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await open()
    } catch (error) {
      if (!(error instanceof SessionRefusedError)) throw error
      if (tries >= sessionTries) throw noSessions(host, error)
    }
    await world.sleep(5 * 2 ** tries)
  }
}

function noSessions(host: HostKey, error: Error): ConnectionError {
  const cause = 'The host opens no session: it allows none, or too few at once (MaxSessions of its sshd_config)'
  return new ConnectionError('no-shell', host, { cause, evidence: error.message })
}
