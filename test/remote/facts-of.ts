import { expect } from 'vitest'
import type { Facts } from '../../src/cluster/facts.js'
import { parseFacts } from '../../src/cluster/parse-facts.js'
import type { RunOptions, TestHost } from './test-host.js'

export interface FactsOptions extends RunOptions {
  readonly key?: string
  readonly home?: string
  readonly data?: string
  /** What else is asked for: `hostname`, `java=PATH`, `name=NAME`. */
  readonly asked?: readonly string[]
}

/** What facts.sh says, parsed; it must say it without a word on standard error. */
export async function factsOf(host: TestHost, ports: readonly number[] = [], more: FactsOptions = {}): Promise<Facts> {
  const { key = '127.0.0.1', home = host.home, data = host.data, asked = [] } = more
  const { code, stdout, stderr } = await host.run('facts', [home, data, key, ...ports, ...asked], more)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return parseFacts(key, stdout)
}
