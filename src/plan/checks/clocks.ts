import type { HostKey } from '../../cluster/cluster.js'
import type { ClockReading } from '../../cluster/surroundings.js'
import type { FindAcross, FoundAcross } from './checked.js'

/** By so much clocks may differ. */
const toleratedMs = 5000

/** Clocks against the middle one of all, that of this machine among them. Time zones do not matter. */
export const clocksAgree: FindAcross = ({ surroundings: { clocks } }) => {
  const middle = middleOf([0, ...[...clocks.values()].map(({ aheadMs }) => aheadMs)])
  const wrong = [...clocks].filter(([, { aheadMs, marginMs }]) => Math.abs(aheadMs - middle) - marginMs > toleratedMs)
  const mostMargin = Math.max(0, ...[...clocks.values()].map(({ marginMs }) => marginMs))
  const hereIsWrong = Math.abs(middle) - mostMargin > toleratedMs
  return [...(hereIsWrong ? [wrongHere(middle)] : []), ...wrong.map(([host, clock]) => wrongThere(host, clock, middle))]
}

/** Of an even number the one nearer to this machine's. */
function middleOf(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  const candidates = [sorted[Math.floor((sorted.length - 1) / 2)] ?? 0, sorted[Math.floor(sorted.length / 2)] ?? 0]
  return candidates.sort((one, other) => Math.abs(one) - Math.abs(other))[0] ?? 0
}

function wrongThere(host: HostKey, { aheadMs }: ClockReading, middle: number): FoundAcross {
  return {
    title: `its clock is ${difference(aheadMs - middle)}`,
    cause: 'it differs from the middle of all clocks: its logs do not fit those of others',
    evidence: `${difference(aheadMs)} of this machine, ${difference(aheadMs - middle)} of the middle`,
    remedy: 'let it take its time from a time server: `timedatectl set-ntp true`, or chrony',
    host,
  }
}

function wrongHere(middle: number): FoundAcross {
  return {
    title: `the clock of this machine is ${difference(-middle)}`,
    cause: 'it differs from those of the hosts: times in the records that are kept here do not fit the logs there',
    evidence: `${difference(-middle)} of the middle of all clocks`,
    remedy: 'let this machine take its time from a time server',
  }
}

/** `2 min ahead`. */
function difference(ms: number): string {
  return `${duration(Math.abs(ms))} ${ms < 0 ? 'behind' : 'ahead'}`
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`
}
