import { type Host, hasRole } from '../../cluster/cluster.js'
import { errorProblem, type Problem } from '../../errors.js'
import type { Release } from '../../trueno/release.js'
import type { Checked } from './checked.js'

export function elasticsearchNotRoot({ host, facts, release }: Checked): readonly Problem[] {
  if (!runsRealElasticsearch(host, release) || facts.user.uid !== 0) return []
  return [
    errorProblem({
      code: 'elasticsearch-as-root',
      title: 'Elasticsearch would run as root',
      cause: 'Trueno would run as root, and Elasticsearch refuses to run as root',
      remedy:
        'name a user of the host that everything is done as: `runAs: USER` in the inventory; or log in as another: `user:` in the inventory or User in your SSH configuration',
      host: host.key,
    }),
  ]
}

const wantedMaps = 262_144
const wantedFiles = 65_536

/** Elasticsearch enforces these only when it listens on an address that others can route to. */
export function kernelLimits({ host, facts, release }: Checked): readonly Problem[] {
  if (!runsRealElasticsearch(host, release) || facts.ownAddresses.every(isLocal)) return []
  const { maxMapCount, limits } = facts.machine
  const openFiles = limits['open-files']
  const low: Problem[] = []
  if (maxMapCount !== null && maxMapCount < wantedMaps) low.push(mapsLow(host, maxMapCount))
  if (openFiles !== null && openFiles < wantedFiles) low.push(filesLow(host, openFiles))
  return low
}

function mapsLow(host: Host, found: number): Problem {
  return errorProblem({
    code: 'max-map-count-low',
    title: 'Elasticsearch would not start',
    cause: `the kernel allows too few memory maps: vm.max_map_count is ${found}, Elasticsearch wants ${wantedMaps}`,
    remedy: `sudo sysctl -w vm.max_map_count=${wantedMaps}`,
    host: host.key,
  })
}

function filesLow(host: Host, found: number): Problem {
  return errorProblem({
    code: 'open-files-low',
    title: 'Elasticsearch would not start',
    cause: `the run user may open at most ${found} files (hard limit of this session), Elasticsearch wants ${wantedFiles}`,
    remedy: `raise nofile to ${wantedFiles} for that user in /etc/security/limits.conf`,
    host: host.key,
  })
}

function runsRealElasticsearch(host: Host, release: Release | null): boolean {
  return release?.realElasticsearch === true && hasRole(host, 'index')
}

/** Loopback or link-local: there Elasticsearch warns of low limits, and starts. */
function isLocal(address: string): boolean {
  return address === '::1' || /^(127\.|169\.254\.|fe[89ab][\da-f]:)/i.test(address)
}
