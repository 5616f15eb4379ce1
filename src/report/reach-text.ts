import type { Reach } from '../cluster/reach.js'

/** `user trueno (inventory.yaml, defaults) · port 22 (default)`. */
export function reachText({ values }: Reach): string {
  return Object.entries(values)
    .map(([name, { value, source }]) => `${name} ${value} (${source})`)
    .join(' · ')
}
