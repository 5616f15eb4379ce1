import { resolve } from 'node:path'

/** Where a part is had from, as `--source NAME=…` says it. */
export type Spec =
  | { readonly kind: 'none' }
  | { readonly kind: 'standin' }
  /** A folder or an archive; absolute. */
  | { readonly kind: 'path'; readonly path: string }
  | Remote

/** What is fetched, and kept in the cache. */
export type Remote =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'npm'; readonly name: string; readonly version: string }
  /** `group:artifact:version[:type[:classifier]]`. */
  | { readonly kind: 'maven'; readonly artifact: string }
  | { readonly kind: 'pypi'; readonly name: string; readonly version: string }

/** Reads a source; null when it is none that we know. A path is relative to `folder`. */
export function parseSpec(text: string, folder: string): Spec | null {
  if (text === 'none' || text === 'standin') return { kind: text }
  const form = forms.find(({ start }) => start.test(text))
  if (form !== undefined) return form.read(text)
  return text === '' || /^[a-z]+:/.test(text) ? null : { kind: 'path', path: resolve(folder, text) }
}

/** The name under which a lock file knows it. */
export function specText(spec: Spec): string {
  switch (spec.kind) {
    case 'none':
    case 'standin':
      return spec.kind
    case 'path':
      return spec.path
    case 'url':
      return publicUrl(spec.url)
    case 'npm':
      return `npm:${spec.name}@${spec.version}`
    case 'maven':
      return `maven:${spec.artifact}`
    case 'pypi':
      return `pypi:${spec.name}==${spec.version}`
  }
}

/** An address without what lets somebody in: so it is shown, and written into locks and manifests. */
export function publicUrl(text: string): string {
  const url = new URL(text)
  const secrets = [...url.searchParams.keys()].filter((name) => secret.test(name))
  if (secrets.length === 0 && `${url.username}${url.password}` === '') return text
  url.username = ''
  url.password = ''
  for (const name of secrets) url.searchParams.delete(name)
  return url.href
}

const secret = /token|secret|signature|credential|passw|api-?key|^(?:sig|key|auth)$|^x-(?:amz|goog)-/i

export function isRemote(spec: Spec): spec is Remote {
  return spec.kind !== 'none' && spec.kind !== 'standin' && spec.kind !== 'path'
}

interface Form {
  readonly start: RegExp
  readonly read: (text: string) => Spec | null
}

const version = '[0-9A-Za-z][0-9A-Za-z.+_-]*'
const npmSpec = new RegExp(`^npm:(?<name>(?:@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*)@(?<version>${version})$`)
const mavenSpec = new RegExp(
  `^maven:(?<artifact>[A-Za-z0-9][\\w.-]*:[A-Za-z0-9][\\w.-]*:${version}(?::[\\w.-]+){0,2})$`,
)
const pypiSpec = new RegExp(`^pypi:(?<name>[A-Za-z0-9][\\w.-]*)==(?<version>${version})$`)

/** Nothing that could be taken for an option or for anything else gets into a client's arguments. */
const forms: readonly Form[] = [
  { start: /^https?:\/\//, read: readUrl },
  { start: /^npm:/, read: (text) => pair('npm', npmSpec.exec(text)) },
  { start: /^pypi:/, read: (text) => pair('pypi', pypiSpec.exec(text)) },
  {
    start: /^maven:/,
    read: (text) => {
      const artifact = mavenSpec.exec(text)?.groups?.artifact
      return artifact === undefined ? null : { kind: 'maven', artifact }
    },
  },
]

function readUrl(text: string): Spec | null {
  return URL.canParse(text) ? { kind: 'url', url: text } : null
}

function pair(kind: 'npm' | 'pypi', match: RegExpExecArray | null): Spec | null {
  const { name, version } = match?.groups ?? {}
  return name === undefined || version === undefined ? null : { kind, name, version }
}
