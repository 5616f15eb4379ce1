/** The seam to everything outside that brings bytes: the user's own clients, and the network. Tests give their own. */
export interface Clients {
  /**
   * Runs a program of the user's. Null: there is no such program here.
   * @throws FetchError when it must not be run
   */
  run(program: string, args: readonly string[], options: RunOptions): Promise<Ran | null>
  /** Asks for a URL; redirects are followed. @throws FetchError when nobody answers */
  get(url: string, options: GetOptions): Promise<Reply>
  /** Bytes that a user may still write below a folder. */
  freeBytes(folder: string): Promise<number>
}

export interface RunOptions {
  readonly directory: string
  /** Beside the user's own environment. */
  readonly environment?: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  /** Is told each line that it prints. */
  readonly onLine?: (line: string) => void
}

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface GetOptions {
  /** First byte that is wanted. */
  readonly offset: number
  /** What the server called the version of which we have the first bytes; it sends all when it has another. Empty: not known. */
  readonly version: string
  readonly signal: AbortSignal
}

export interface Reply {
  readonly status: number
  /** Name of this version (ETag); empty: the server has none. */
  readonly version: string
  /** At which byte of the file the body begins. */
  readonly begin: number
  /** Bytes of the whole file; null: not told. */
  readonly total: number | null
  readonly body: AsyncIterable<Uint8Array>
  /** To be called where the body is not read. */
  close(): void
}

/** A way that does not lead to the source; the message says why, for people. */
export class FetchError extends Error {
  override readonly name = 'FetchError'
}
