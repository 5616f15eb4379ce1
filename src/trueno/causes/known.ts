import type { Cause } from './cause.js'
import { elasticsearch, elasticsearchLate } from './elasticsearch.js'
import { java } from './java.js'
import { machine } from './machine.js'
import { network, networkDelays } from './network.js'
import { stuck } from './stuck.js'
import { trueno } from './trueno.js'

/** All causes that are known. The most specific come first. */
export const causes: readonly Cause[] = [
  ...elasticsearch,
  ...java,
  ...network,
  ...trueno,
  ...machine,
  ...stuck,
  ...networkDelays,
  ...elasticsearchLate,
]
