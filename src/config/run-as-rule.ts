import { type ConfigFile, keysAt, type Path, valueAt } from './document.js'
import { atValue, type Finding, findingAt } from './finding.js'

/** How to become another user, where nothing says which. */
export function runAsRule(inventory: ConfigFile): readonly Finding[] {
  const hosts = keysAt(inventory, ['hosts']).map((key) => ['hosts', key])
  const isSaidFor = (scope: Path): boolean => isSaid(inventory, scope, 'runAs')
  const ofAll = isSaidFor(['defaults'])
  const ofHosts = ofAll ? [] : hosts.filter((scope) => isSaid(inventory, scope, 'runAsWith') && !isSaidFor(scope))
  const shared = isSaid(inventory, ['defaults'], 'runAsWith') && !ofAll && !hosts.some(isSaidFor)
  return [...(shared ? [['defaults']] : []), ...ofHosts].map((scope) => asNobody(inventory, scope))
}

function isSaid(inventory: ConfigFile, scope: Path, key: string): boolean {
  return (valueAt(inventory, [...scope, key]) ?? null) !== null
}

function asNobody(inventory: ConfigFile, scope: Path): Finding {
  return findingAt(inventory, [atValue(...scope, 'runAsWith')], {
    code: 'inventory-run-as',
    title: 'No user to become',
    cause: `${[...scope, 'runAsWith'].join('/')} says how to become another user, and no runAs says which`,
    remedy: 'Name the user with runAs, for example runAs: elastic, or take it out.',
  })
}
