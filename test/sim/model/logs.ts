/** A log on a host. It stays the same file when it is moved: what still writes to it writes there. */
export interface LogFile {
  path: string
  readonly lines: string[]
}

/** The log files of one host, and who reads along. */
export interface Logs {
  /** The file at a path; an empty one when there was none. */
  open(path: string): LogFile
  append(file: LogFile, line: string): void
  /** Moves all files below `from` (a file, or a directory) out of the way. */
  setAside(from: string, to: string): void
  /** All files below a directory, or the one at this path. */
  below(path: string): readonly LogFile[]
  /** Hands on all lines of these paths, those there already first; of a file put at a path later, its lines too. */
  follow(paths: readonly string[], onLine: (path: string, line: string) => void): () => void
  /** Called for each line appended to one file, wherever it is. */
  watch(file: LogFile, onLine: (line: string) => void): void
}

type Follower = { readonly paths: ReadonlySet<string>; readonly onLine: (path: string, line: string) => void }

export function createLogs(): Logs {
  const files = new Map<string, LogFile>()
  const followers = new Set<Follower>()
  const watchers = new Map<LogFile, ((line: string) => void)[]>()

  const open = (path: string): LogFile => {
    const known = files.get(path)
    if (known !== undefined) return known
    const file = { path, lines: [] }
    files.set(path, file)
    return file
  }
  const append = (file: LogFile, line: string): void => {
    file.lines.push(line)
    for (const watcher of watchers.get(file) ?? []) watcher(line)
    for (const { paths, onLine } of followers) if (paths.has(file.path)) onLine(file.path, line)
  }
  const below = (path: string): readonly LogFile[] =>
    [...files.values()].filter((file) => file.path === path || file.path.startsWith(`${path}/`))
  const setAside = (from: string, to: string): void => {
    for (const file of below(from)) {
      files.delete(file.path)
      file.path = `${to}/${file.path.slice(file.path.lastIndexOf('/') + 1)}`
      files.set(file.path, file)
    }
  }
  const follow: Logs['follow'] = (paths, onLine) => {
    for (const path of paths) for (const line of files.get(path)?.lines ?? []) onLine(path, line)
    const follower = { paths: new Set(paths), onLine }
    followers.add(follower)
    return () => void followers.delete(follower)
  }
  const watch = (file: LogFile, onLine: (line: string) => void): void => {
    watchers.set(file, [...(watchers.get(file) ?? []), onLine])
  }
  return { open, append, setAside, below, follow, watch }
}
