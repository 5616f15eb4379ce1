import { expect, it } from 'vitest'
import { createFrame } from '../../src/report/frame.js'

it('has the terminal break a line that goes by, and cut those that are drawn in place', () => {
  const written: string[] = []
  const frame = createFrame(
    (text) => written.push(text),
    () => ({ columns: 20, rows: 24 }),
  )
  frame.draw(['below'])
  frame.print(['a line that is longer than the terminal'])
  const text = written.at(-1) ?? ''
  const places = ['a line that', '\u001b[?7l', 'below', '\u001b[?7h'].map((part) => text.indexOf(part))
  expect(places).not.toContain(-1)
  expect(places).toEqual(places.toSorted((one, other) => one - other))
  frame.done()
})
