import type { Host, Sha256 } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import { engineSettings } from '../trueno/engine-settings.js'
import { environmentFile } from '../trueno/environment.js'
import { layoutOf } from '../trueno/layout.js'
import type { PlanContext } from './context.js'
import { sha256 } from './state.js'

/** The settings that a host should have: its files `etc/environment` and `etc/engines`. */
export interface SettingsFile {
  readonly sha256: Sha256
  /** Null: it must lie there already. Values may be secrets, so no receipt tells them to whoever has no inventory. */
  readonly content: string | null
  /** Of `etc/engines`, whose hash is in the content; empty: no such file is needed. */
  readonly engines: string
}

/** With an inventory file, or on a host without a receipt, what the files say; else what the receipt says. */
export function settingsFileOf(
  host: Host,
  facts: Facts,
  { cluster, release }: Pick<PlanContext, 'cluster' | 'release'>,
): SettingsFile {
  const { receipt } = facts
  if (!cluster.hasInventory && receipt !== null)
    return { sha256: receipt.settings.environment, content: null, engines: '' }
  const javaHome = release?.hasJava ? layoutOf(facts.home.path).javaHome : facts.javaHome
  const engines = engineSettings(host, cluster)
  const content = environmentFile(host, javaHome, engines === '' ? null : sha256(engines))
  return { sha256: sha256(content), content, engines }
}
