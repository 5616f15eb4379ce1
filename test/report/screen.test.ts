import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPaint } from '../../src/report/paint.js'
import { layout, type Size } from '../../src/report/screen.js'
import { widthOf } from '../../src/report/text.js'
import { bigRun } from './big-run.js'
import { eventsOf, stateAfter } from './recorded.js'

const runs = {
  big: bigRun(30),
  up: eventsOf('up'),
  failed: eventsOf('up-failed'),
  interrupted: eventsOf('up-interrupted'),
  hostile: eventsOf('hostile'),
}

describe('the layout of the task list', () => {
  it('fits every screen at every moment of every run', () => {
    const moment = fc.record({
      name: fc.constantFrom(...(Object.keys(runs) as (keyof typeof runs)[])),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
      columns: fc.integer({ min: 20, max: 160 }),
      rows: fc.integer({ min: 5, max: 60 }),
    })
    fc.assert(
      fc.property(moment, ({ name, part, columns, rows }) => {
        const run = runs[name]
        const lines = linesOf(run, Math.floor(run.length * part), { columns, rows })
        expect(lines.length).toBeLessThan(rows)
        expect(Math.max(0, ...lines.map(widthOf))).toBeLessThan(columns)
      }),
      { numRuns: 300 },
    )
  })

  it('shows what failed before what waits, and that before what is done', () => {
    const run = bigRun(60)
    const marks = linesOf(run, run.length - 30, { columns: 100, rows: 40 })
      .filter((line) => line.startsWith('   '))
      .map((line) => line.trim().charAt(0))
    expect(marks.join('')).toMatch(/^✖+[⠀-⣿]+✔+$/)
  })

  it('leaves hosts their lines when the screen is low', () => {
    const events = eventsOf('up')
    const signals = events.findLastIndex(({ kind }) => kind === 'phaseProgress') - 20
    const lines = linesOf(events, signals, { columns: 60, rows: 12 })
    expect(lines.filter((line) => /192\.168\.1\.4\d {2,}(Elastic|>>|Spark|Wait)/.test(line)).length).toBeGreaterThan(1)
  })
})

function linesOf(run: ReturnType<typeof bigRun>, count: number, size: Size): readonly string[] {
  const events = run.slice(0, count)
  const { head, phases, foot } = layout(stateAfter(events), events.at(-1)?.time ?? 0, size, createPaint(false))
  const shown = phases.filter(({ title }) => title !== '')
  return [...head, ...shown.flatMap(({ title, rows }) => [` x ${title}`, ...rows]), ...foot]
}
