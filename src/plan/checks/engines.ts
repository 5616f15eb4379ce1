import { isLocal } from '../../cluster/addresses.js'
import { hasRole } from '../../cluster/cluster.js'
import { runsSparkMaster, runsSparkWorker } from '../../trueno/components.js'
import type { Checked } from './checked.js'

type Running = Pick<Checked, 'host' | 'context' | 'release'>

/** The stand-in's engines are no Java, and want nothing of the machine. */
export function runsJava({ host, release }: Running): boolean {
  return release?.needsJava === true && host.member
}

export function runsRealElasticsearch({ host, release }: Running): boolean {
  return release?.realElasticsearch === true && hasRole(host, 'index')
}

export function runsRealSpark(running: Running): boolean {
  const { host, context } = running
  return runsJava(running) && (runsSparkMaster(host, context.cluster) || runsSparkWorker(host, context.cluster))
}

/** Elasticsearch refuses a machine that is not fit only where it listens on an address that others can route to. */
export function elasticsearchInsists(checked: Checked): boolean {
  return runsRealElasticsearch(checked) && !checked.facts.ownAddresses.every(isLocal)
}

export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}
