import type { Runtime } from '../trueno/release.js'

/** How much of an executable `runtimeOf` wants to see. */
export const elfHeadBytes = 64 * 1024

/** What an executable for Linux needs of its host, from its first bytes; null when it is not one. */
export function runtimeOf(head: Buffer): Runtime | null {
  if (head.length < 64 || head.readUInt32BE(0) !== elfMagic || head[4] !== class64 || head[5] !== littleEndian)
    return null
  return { arch: machines[head.readUInt16LE(18)] ?? 'unknown', libc: libcOf(interpreterOf(head)) }
}

const elfMagic = 0x7f454c46
const class64 = 2
const littleEndian = 1
const interpreterSegment = 3

const machines: Readonly<Record<number, string>> = { 62: 'x86_64', 183: 'aarch64', 21: 'ppc64le', 243: 'riscv64' }

/** Path of the dynamic loader that the program asks for; empty when there is none. */
function interpreterOf(head: Buffer): string {
  const table = Number(head.readBigUInt64LE(32))
  const size = head.readUInt16LE(54)
  for (let index = 0; index < head.readUInt16LE(56); index += 1) {
    const at = table + index * size
    if (at + 40 > head.length) return ''
    if (head.readUInt32LE(at) === interpreterSegment) return textAt(head, at)
  }
  return ''
}

function textAt(head: Buffer, segment: number): string {
  const start = Number(head.readBigUInt64LE(segment + 8))
  const length = Number(head.readBigUInt64LE(segment + 32))
  return head
    .subarray(start, start + length)
    .toString('latin1')
    .replace(/\0+$/, '')
}

function libcOf(interpreter: string): Runtime['libc'] {
  if (interpreter.includes('musl')) return 'musl'
  return interpreter.includes('ld-linux') || interpreter.includes('/ld64') ? 'glibc' : 'unknown'
}
