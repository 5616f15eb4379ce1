import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { type Io, terminalAsk } from '../../src/commands/io.js'
import { InterruptedError } from '../../src/errors.js'

/** A terminal at which somebody types. */
function terminal({ isTTY = true, columns = 80 } = {}): { io: Io; type: (text: string) => void; shown: () => string } {
  const stdin = Object.assign(new PassThrough(), { isTTY, setRawMode: () => stdin })
  const stderr = Object.assign(new PassThrough(), { isTTY, columns })
  const chunks: string[] = []
  stderr.on('data', (chunk) => chunks.push(String(chunk)))
  return {
    io: { stdin, stderr } as unknown as Io,
    type: (text) => void stdin.write(text),
    shown: () => chunks.join(''),
  }
}

it('asks, and shows what is typed', async () => {
  const { io, type, shown } = terminal()
  const answer = terminalAsk(io)?.('Pin them? ', { secret: false })
  type('yes\r')
  expect(await answer).toBe('yes')
  expect(shown()).toContain('Pin them? ')
  expect(shown()).toContain('yes')
})

it('keeps the cursor within the terminal where a question is wider', async () => {
  const { io, type, shown } = terminal({ columns: 20 })
  const answer = terminalAsk(io)?.('Are these really the hosts that you mean? ', { secret: false })
  type('yes\r')
  expect(await answer).toBe('yes')
  const columns = [...shown().matchAll(/\[(\d+)G/g)].map(([, column]) => Number(column))
  expect(columns.length).toBeGreaterThan(0)
  expect(Math.max(...columns)).toBeLessThanOrEqual(20)
})

it('shows nothing of a secret', async () => {
  const { io, type, shown } = terminal()
  const answer = terminalAsk(io)?.('Passphrase: ', { secret: true })
  type('hunter2\r')
  expect(await answer).toBe('hunter2')
  expect(shown()).toContain('Passphrase: ')
  expect(shown().split('Passphrase: ').at(-1)).not.toMatch(/[hunter]/)
})

it.each([
  ['Ctrl-C', '\u0003'],
  ['the end of the input', '\u0004'],
])('%s is no answer: we are to stop', async (_title, key) => {
  const { io, type } = terminal()
  const answer = terminalAsk(io)?.('Passphrase: ', { secret: true })
  type(key)
  await expect(answer).rejects.toThrow(InterruptedError)
})

it('asks nobody where there is no terminal', () => {
  expect(terminalAsk(terminal({ isTTY: false }).io)).toBeNull()
})
