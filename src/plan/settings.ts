import type { Host, Sha256 } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import { environmentFile } from '../trueno/environment.js'
import { layoutOf } from '../trueno/layout.js'
import type { PlanContext } from './context.js'
import { sha256 } from './state.js'

/** The settings that a host should have: its file `etc/environment`. */
export interface SettingsFile {
  readonly sha256: Sha256
  /** Null: it must lie there already. Values may be secrets, so no receipt tells them to whoever has no inventory. */
  readonly content: string | null
}

/** With an inventory file, or on a host without a receipt, what the files say; else what the receipt says. */
export function settingsFileOf(
  host: Host,
  facts: Facts,
  { cluster, release }: Pick<PlanContext, 'cluster' | 'release'>,
): SettingsFile {
  const { receipt } = facts
  if (!cluster.hasInventory && receipt !== null) return { sha256: receipt.settings.environment, content: null }
  const content = environmentFile(host, release?.hasJava ? layoutOf(facts.home.path).javaHome : facts.javaHome)
  return { sha256: sha256(content), content }
}
