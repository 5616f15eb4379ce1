import type { Duplex, Writable } from 'node:stream'

/**
 * One SSH connection to one host, as a transport makes it; what runs on it is the business of `link-connection.ts`.
 * All that fails because the link is gone throws `ConnectionError` with fault `lost`.
 */
export interface Link {
  /** Starts a command in the login shell. At most so many at once as a usual sshd allows; more wait. */
  exec(command: string, printed: Printed): Promise<Session>
  /** A TCP connection from the host to an address. @throws TunnelError when the far end refuses. */
  forward(address: string, port: number): Promise<Duplex>
  /** False once it is known to be gone. */
  isOpen(): boolean
  /** Ends the link in order; commands that still run on the host are left without their standard input. */
  close(): Promise<void>
}

/** Takes what a command prints, as it comes. */
export interface Printed {
  output(chunk: Buffer): void
  errors(chunk: Buffer): void
}

/** A command that runs on a host. */
export interface Session {
  readonly input: Writable
  /**
   * Resolves with the exit status when the command has ended and all that it printed was handed out; null when a signal
   * ended it. @throws ConnectionError `lost`
   */
  readonly ended: Promise<number | null>
  /** Closes the channel; the command finds its standard input at an end. */
  close(): void
}
