import { type Cluster, type EngineSetting, hasRole, members } from '../../cluster/cluster.js'
import { runsSparkWorker } from '../../trueno/components.js'
import type { Release } from '../../trueno/release.js'
import type { Finding } from './checked.js'

/** Finds what is to be known of a cluster as it is laid out, whatever its machines are. Pure. */
export type FindInShape = (cluster: Cluster, release: Release | null) => readonly Finding[]

/** Trueno writes no minimum_master_nodes, so half a cluster takes itself for the whole (real-engines, 3). */
export const majorityNeeded: FindInShape = (cluster, release) => {
  const hosts = indexHosts(cluster)
  if (!release?.realElasticsearch || hosts.length < 2 || hosts.every(({ elasticsearch }) => hasMajority(elasticsearch)))
    return []
  const majority = Math.floor(hosts.length / 2) + 1
  const more = hosts.length === 2 ? ' With two hosts both must then be there: better have three.' : ''
  return [
    {
      title: 'Elasticsearch can split into two clusters',
      cause: `${hosts.length} hosts can be its master, and Trueno asks for no majority: when they lose each other, each part goes on alone and takes writes`,
      remedy: `\`elasticsearch: { settings: { ${majorityKey}: ${majority} } }\` below \`defaults\` in the inventory.${more}`,
    },
  ]
}

export const copiesHavePlaces: FindInShape = (cluster, release) => {
  const [only, ...others] = indexHosts(cluster)
  if (!release?.realElasticsearch || only === undefined || others.length > 0) return []
  return [
    {
      title: 'Elasticsearch will stay yellow',
      cause: `${only.key} is the only index host: the copy that each index wants has no other place, and what is lost with that host is lost`,
      remedy: 'give a second and a third host the role index, or live with yellow',
    },
  ]
}

export const workersThere: FindInShape = (cluster, release) => {
  if (!release?.needsJava || members(cluster).some((host) => runsSparkWorker(host, cluster))) return []
  return [
    {
      title: 'Spark will have no worker',
      cause:
        'no host but perhaps the coordinator has the role compute, and the coordinator runs no worker: jobs would wait for ever',
      remedy: 'give another host the role compute, if Spark is wanted',
    },
  ]
}

const majorityKey = 'discovery.zen.minimum_master_nodes'

function hasMajority({ settings }: { readonly settings: Readonly<Record<string, EngineSetting>> }): boolean {
  return settings[majorityKey] !== undefined
}

function indexHosts(cluster: Cluster): ReturnType<typeof members> {
  return members(cluster).filter((host) => hasRole(host, 'index'))
}
