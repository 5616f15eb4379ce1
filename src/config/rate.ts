/** Bytes a second of a text such as `20MB/s`, decimal units; undefined: it is none. */
export function parseRate(text: string): number | undefined {
  const [, amount, unit = ''] = /^(\d{1,6}(?:\.\d{1,3})?)(B|kB|KB|MB|GB)\/s$/.exec(text.trim()) ?? []
  const bytes = Math.floor(Number(amount) * (units[unit] ?? 0))
  return bytes >= 1 ? bytes : undefined
}

const units: Readonly<Record<string, number>> = { B: 1, kB: 1e3, KB: 1e3, MB: 1e6, GB: 1e9 }
