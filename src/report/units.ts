/** `0.6s`, `38s`, `1m 12s`, `2h 5m`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000
  return seconds < 9.95 ? `${seconds.toFixed(1)}s` : wholeSeconds(ms)
}

/** The same in whole seconds, for what goes on: `4s`, `5m`. */
export function wholeSeconds(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return pair(minutes, 'm', seconds % 60, 's')
  return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'm')
}

/** How long something is up, by its largest unit: `45s`, `13m`, `5h`, `3d`. */
export function upTime(seconds: number): string {
  if (seconds < 60) return `${Math.floor(seconds)}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`
}

/** `412 MB`, `1.2 GB`; decimal units. */
export function bytes(amount: number): string {
  const unit = units.findLast(({ size }) => amount >= size) ?? { size: 1, name: 'B' }
  const value = amount / unit.size
  return `${value < 10 && unit.size >= 1e6 ? value.toFixed(1) : Math.round(value)} ${unit.name}`
}

/** `1 host`, `4 hosts`. */
export function count(number: number, noun: string): string {
  return number === 1 ? `1 ${noun}` : `${number} ${noun}s`
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit} ${small}${smallUnit}`
}

const units = [
  { size: 1, name: 'B' },
  { size: 1e3, name: 'kB' },
  { size: 1e6, name: 'MB' },
  { size: 1e9, name: 'GB' },
  { size: 1e12, name: 'TB' },
] as const
