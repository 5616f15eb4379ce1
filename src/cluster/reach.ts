/** How a host is reached, and why so. Nothing secret is in it. */
export interface Reach {
  /** By name, as the inventory or the SSH configuration write it; what is nowhere said is left out, but for the first four. */
  readonly values: Readonly<Record<string, ReachValue>>
  /** What of the SSH configuration could not be taken into account, in sentences. */
  readonly notes: readonly string[]
}

export interface ReachValue {
  readonly value: string
  /** Where it is from, for people: `inventory.yaml, hosts`, `SSH configuration`, `default`. */
  readonly source: string
}
