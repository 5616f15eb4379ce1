import { withoutHost } from './host-list.js'
import type { HostRow, Sending } from './state.js'
import { bytes, duration, wholeSeconds } from './units.js'

/** What a host's row says: the line that matters most. The host's own name is in front of it already. */
export function rowText(row: HostRow): string {
  return withoutHost(texts[row.state](row) ?? '', row.host, '…')
}

const texts = {
  waiting: () => 'waits for its turn',
  working: ({ step }) => step?.message ?? step?.title,
  done: ({ message }) => message,
  failed: ({ message }) => message,
  skipped: ({ message, startedAt }) => message ?? (startedAt === null ? 'left out' : 'given up'),
} satisfies Record<HostRow['state'], (row: HostRow) => string | null | undefined>

/**
 * How long, the fullest form first: `21s of 5m`, `21s`; of what is sent how much: `12 MB of 80 MB · 5.1 MB/s · 14s left`.
 * Empty: there is nothing to tell.
 */
export function rowClocks(row: HostRow, now: number): readonly string[] {
  if (row.state !== 'working') return tookOf(row)
  const { step } = row
  if (step === null) return []
  const elapsed = now - step.startedAt
  if (row.sending.size > 0) return sendingClocks([...row.sending.values()], elapsed)
  const spent = wholeSeconds(elapsed)
  return step.limitMs === null ? [spent] : [`${spent} of ${wholeSeconds(step.limitMs)}`, spent]
}

/** Sent so far in this phase. */
export function sentBytes(row: HostRow): number {
  return row.sentBytes + sentOf([...row.sending.values()])
}

/** Bytes a second; null as long as it cannot be told. */
export function rate(sent: number, elapsedMs: number): number | null {
  return sent === 0 || elapsedMs < 500 ? null : (sent * 1000) / elapsedMs
}

function sendingClocks(all: readonly Sending[], elapsed: number): readonly string[] {
  const reached = sum(all.map((one) => one.bytes))
  const total = sum(all.map(({ totalBytes }) => totalBytes))
  const speed = rate(sentOf(all), elapsed)
  const amount = `${bytes(reached)} of ${bytes(total)}`
  const share = `${total === 0 ? 100 : Math.floor((reached * 100) / total)}%`
  if (speed === null) return [amount, share]
  const left = wholeSeconds(((total - reached) / speed) * 1000 + 999)
  return [`${amount} · ${bytes(speed)}/s · ${left} left`, amount, share]
}

/** Without what was there before. */
function sentOf(all: readonly Sending[]): number {
  return sum(all.map((one) => one.bytes - one.fromBytes))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0)
}

function tookOf({ startedAt, endedAt }: HostRow): readonly string[] {
  return startedAt === null || endedAt === null ? [] : [duration(endedAt - startedAt)]
}
