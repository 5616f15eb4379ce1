import { unlessAborted } from './abort.js'
import type { Link, Printed, Session } from './link.js'

/**
 * Starts a command, which may have to wait until others have ended. One that is no longer wanted when its turn comes is
 * ended at once. @throws the signal's reason when that aborts
 */
export function startSession(
  link: Link,
  command: string,
  printed: Printed,
  signal: AbortSignal | undefined,
): Promise<Session> {
  const starting = link.exec(command, printed)
  const end = (session: Session): void => session.close()
  return unlessAborted(starting, signal, () => starting.then(end, () => {}))
}
