import { type Balancer, type Cluster, members } from '../cluster/cluster.js'

/** Port on which every host serves drivers (contract, 5). */
export const apiPort = 8000

/** `balancer.json` as `trueno balancer --start` reads it (contract, 9). */
export function balancerFile(cluster: Cluster, balancer: Balancer): string {
  const targets = members(cluster).map((host) => ({ host: host.key, port: apiPort }))
  return `${JSON.stringify({ sourcePort: balancer.sourcePort, targets }, null, 2)}\n`
}
