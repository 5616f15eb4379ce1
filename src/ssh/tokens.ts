import { createHash } from 'node:crypto'

/** What ssh's percent tokens stand for. */
export interface TokenValues {
  /** Home directory of the user here. */
  readonly home: string
  readonly localUser: string
  readonly localHost: string
  /** As given to ssh, and after HostName. */
  readonly name: string
  readonly hostname: string
  readonly port: number
  readonly user: string
  readonly jump: string
  readonly hostKeyAlias: string | null
  readonly userId: number
  readonly variables: Readonly<Record<string, string | undefined>>
}

/** A path of the SSH configuration with `~`, `%` tokens and `${VARIABLES}` replaced, as ssh_config(5) says under TOKENS. */
export function expandPath(path: string, values: TokenValues): string {
  const tilde = path.replace(/^~(?=\/|$)/, values.home)
  return expandTokens(tilde, values).replace(/\$\{(\w+)\}/g, (_, name: string) => values.variables[name] ?? '')
}

/** `text` with its `%` tokens replaced; one that is not known stays. */
export function expandTokens(text: string, values: TokenValues): string {
  return text.replace(/%(.)/g, (token, letter: string) => tokens[letter]?.(values) ?? token)
}

const tokens: Readonly<Record<string, (values: TokenValues) => string>> = {
  '%': () => '%',
  C: (v) => createHash('sha1').update(`${v.localHost}${v.hostname}${v.port}${v.user}${v.jump}`).digest('hex'),
  L: (v) => v.localHost.split('.')[0] ?? '',
  d: (v) => v.home,
  h: (v) => v.hostname,
  i: (v) => String(v.userId),
  j: (v) => v.jump,
  k: (v) => v.hostKeyAlias ?? v.name,
  l: (v) => v.localHost,
  n: (v) => v.name,
  p: (v) => String(v.port),
  r: (v) => v.user,
  u: (v) => v.localUser,
}
