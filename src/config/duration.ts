const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

type Unit = keyof typeof units

/** The longest duration that a setting can have: 24 hours, in milliseconds. */
export const longestDuration = 24 * units.h

/** Milliseconds of `500ms`, `10s`, `5m` or `1h`; undefined when the text is no such duration, or is longer than 24 hours. */
export function parseDuration(text: string): number | undefined {
  const parts = /^([1-9][0-9]{0,8})(ms|s|m|h)$/.exec(text)
  if (parts === null) return undefined
  const ms = Number(parts[1]) * units[parts[2] as Unit]
  return ms <= longestDuration ? ms : undefined
}

/** The text that `parseDuration` takes, in the largest unit that fits: `5m`, `90s`, `1500ms`. For whole milliseconds above 0. */
export function formatDuration(ms: number): string {
  const unit = (['h', 'm', 's'] as const).find((candidate) => ms % units[candidate] === 0) ?? 'ms'
  return `${ms / units[unit]}${unit}`
}
