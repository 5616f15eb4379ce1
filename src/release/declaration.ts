import validRange from 'semver/ranges/valid.js'
import { errorProblem, type Problem } from '../errors.js'
import type { Release } from '../trueno/release.js'
import { isRecord } from './identify.js'

/** What a package may say of itself under `truenoDeploy` in its package.json; what it does not say is as real Trueno has it. */
export interface Declaration {
  readonly kind: Release['kind']
  readonly label: string
  /** Range of Node versions. */
  readonly node: string
  readonly binds: Release['binds']
  readonly killTimeoutMs: number
  readonly needsJava: boolean
  readonly realElasticsearch: boolean
}

/** Real Trueno: pm2 survives crash loops on these Nodes only, and ports are bound on all addresses (contract, 1.2 and 5). */
export const realTrueno: Omit<Declaration, 'label' | 'realElasticsearch'> = {
  kind: 'trueno',
  node: '^8 || ^12',
  binds: 'all',
  killTimeoutMs: 10_000,
  needsJava: true,
}

/** The keys of a declaration that can be used, and a problem when there are others. */
export function readDeclaration(value: unknown): { declared: Partial<Declaration>; problems: readonly Problem[] } {
  if (value === undefined) return { declared: {}, problems: [] }
  if (!isRecord(value)) return { declared: {}, problems: [declarationProblem(['truenoDeploy: must be an object'])] }
  const entries = Object.entries(value)
  const faults = entries.flatMap(([key, given]) => faultOf(key, given))
  const declared = Object.fromEntries(entries.filter(([key, given]) => faultOf(key, given).length === 0))
  return { declared, problems: faults.length === 0 ? [] : [declarationProblem(faults)] }
}

const allowed = {
  kind: { is: (value) => value === 'trueno' || value === 'standin', text: '"trueno" or "standin"' },
  label: { is: (value) => typeof value === 'string' && /^\P{C}{1,100}$/u.test(value), text: 'a text of one line' },
  node: {
    is: (value) => typeof value === 'string' && validRange(value) !== null,
    text: 'a range of versions like "^8"',
  },
  binds: { is: (value) => value === 'all' || value === 'host', text: '"all" or "host"' },
  killTimeoutMs: { is: isMilliseconds, text: 'milliseconds, from 0 to 600000' },
  needsJava: { is: (value) => typeof value === 'boolean', text: 'true or false' },
  realElasticsearch: { is: (value) => typeof value === 'boolean', text: 'true or false' },
} as const satisfies Record<keyof Declaration, { is: (value: unknown) => boolean; text: string }>

function isMilliseconds(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 600_000
}

function faultOf(key: string, value: unknown): readonly string[] {
  if (!Object.hasOwn(allowed, key)) return [`truenoDeploy/${key}: there is no such key`]
  const { is, text } = allowed[key as keyof Declaration]
  return is(value) ? [] : [`truenoDeploy/${key}: ${JSON.stringify(value)} must be ${text}`]
}

function declarationProblem(faults: readonly string[]): Problem {
  return errorProblem({
    code: 'release-declaration',
    title: 'The package says something of itself that is not understood',
    cause: `truenoDeploy in its package.json has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}`,
    evidence: faults.join('\n'),
    remedy: `allowed are ${Object.keys(allowed).join(', ')}; without them the package is taken for real Trueno`,
  })
}
