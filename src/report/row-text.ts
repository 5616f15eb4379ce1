import { withoutHost } from './host-list.js'
import type { HostRow } from './state.js'
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
  if (step.totalBytes !== null) return sending(step.bytes, step.totalBytes, elapsed)
  const spent = wholeSeconds(elapsed)
  return step.limitMs === null ? [spent] : [`${spent} of ${wholeSeconds(step.limitMs)}`, spent]
}

/** Sent so far in this phase. */
export function sentBytes(row: HostRow): number {
  return row.sentBytes + (row.step?.bytes ?? 0)
}

/** Bytes a second; null as long as it cannot be told. */
export function rate(sent: number, elapsedMs: number): number | null {
  return sent === 0 || elapsedMs < 500 ? null : (sent * 1000) / elapsedMs
}

function sending(sent: number, total: number, elapsed: number): readonly string[] {
  const speed = rate(sent, elapsed)
  const amount = `${bytes(sent)} of ${bytes(total)}`
  const share = `${total === 0 ? 100 : Math.floor((sent * 100) / total)}%`
  if (speed === null) return [amount, share]
  const left = wholeSeconds(((total - sent) / speed) * 1000 + 999)
  return [`${amount} · ${bytes(speed)}/s · ${left} left`, amount, share]
}

function tookOf({ startedAt, endedAt }: HostRow): readonly string[] {
  return startedAt === null || endedAt === null ? [] : [duration(endedAt - startedAt)]
}
