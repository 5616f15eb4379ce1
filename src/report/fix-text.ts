import type { ProposedFix } from '../cluster/check-report.js'
import { nameAllHosts } from './host-list.js'
import { sanitize } from './sanitize.js'

/** The scripts, as they are to be copied: nothing before their lines. */
export function fixText(fixes: readonly ProposedFix[]): string {
  return fixes
    .map(
      ({ hosts, script, done }) =>
        `${done ? 'Done as root on' : 'To be run as root on'} ${nameAllHosts(hosts)}:\n\n${sanitize(script)}`,
    )
    .join('\n')
}
