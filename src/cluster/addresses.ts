/** Loopback or link-local: nobody else gets there. */
export function isLocal(address: string): boolean {
  return address === '::1' || /^(127\.|169\.254\.|fe[89ab][\da-f]:)/i.test(address)
}

/** All the world can route to it, unless something on the way forbids that. */
export function isPublic(address: string): boolean {
  return address.includes(':') ? isPublicV6(address) : isPublicV4(address)
}

function isPublicV4(address: string): boolean {
  const [a = 0, b = 0, c = 0] = address.split('.').map(Number)
  return a > 0 && a < 224 && !notPublic.some((isOne) => isOne(a, b, c))
}

/** RFC 6890: networks of one's own, of a machine or a provider, and those of examples and measurements. */
const notPublic: readonly ((a: number, b: number, c: number) => boolean)[] = [
  (a) => a === 10 || a === 127,
  (a, b) => a === 100 && b >= 64 && b < 128,
  (a, b) => a === 169 && b === 254,
  (a, b) => a === 172 && b >= 16 && b < 32,
  (a, b) => a === 192 && b === 168,
  (a, b, c) => a === 192 && b === 0 && (c === 0 || c === 2),
  (a, b) => a === 198 && (b === 18 || b === 19),
  (a, b, c) => a === 198 && b === 51 && c === 100,
  (a, b, c) => a === 203 && b === 0 && c === 113,
]

/** Of what is handed out at all, that for examples is left out. */
function isPublicV6(address: string): boolean {
  return /^[23][\da-f]{3}:/i.test(address) && !/^2001:0?db8:/i.test(address)
}
