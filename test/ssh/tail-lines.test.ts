import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createTailLines, longestLine } from '../../src/ssh/tail-lines.js'

type Line = readonly [file: string, line: string]

/** The lines that come out when `output` comes in pieces that end at the given places. */
function linesOf(files: readonly string[], output: Buffer, cuts: readonly number[] = []): readonly Line[] {
  const lines: Line[] = []
  const tail = createTailLines(files, (file, line) => lines.push([file, line]))
  const places = [0, ...[...cuts].sort((a, b) => a - b), output.length]
  for (let index = 1; index < places.length; index++) tail.push(output.subarray(places[index - 1], places[index]))
  return lines
}

interface Written {
  readonly file: string
  readonly text: string
}

/** What GNU tail and busybox print when these things are written to files, one after the other. */
function tailOutput(written: readonly Written[]): string {
  return written.reduce(
    ({ output, last }, { file, text }) => ({
      output: file === last ? output + text : `${output}${output === '' ? '' : '\n'}==> ${file} <==\n${text}`,
      last: file,
    }),
    { output: '', last: '' },
  ).output
}

const files = ['/log/a', '/log/b']
const text = fc.string({ unit: fc.constantFrom('x', '\n', 'é', '=', '> ', '🚀'), minLength: 1, maxLength: 12 })
const written = fc.array(fc.record({ file: fc.constantFrom(...files), text }), { maxLength: 12 })

test('pieces of any size give the same lines', () => {
  fc.assert(
    fc.property(written, fc.array(fc.nat()), (changes, cuts) => {
      const output = Buffer.from(tailOutput(changes))
      const places = cuts.map((cut) => cut % (output.length + 1))
      expect(linesOf(files, output, places)).toEqual(linesOf(files, output))
    }),
  )
})

test('every whole line of a file comes out, in order, whatever was written in between', () => {
  fc.assert(
    fc.property(written, (changes) => {
      const lines = linesOf(files, Buffer.from(`${tailOutput(changes)}\n==> /log/a <==\n`))
      for (const file of files) {
        const whole = changes
          .filter((change) => change.file === file)
          .map((change) => change.text)
          .join('')
          .split('\n')
          .slice(0, -1)
        const found = lines.filter(([of]) => of === file).map(([, line]) => line)
        expect(
          isSubsequence(
            whole.filter((line) => line !== ''),
            found,
          ),
        ).toBe(true)
        // What comes out beside are beginnings of lines that another file came between.
        expect(found.filter((line) => ![...whole, ...beginnings(changes, file)].includes(line))).toEqual([])
      }
    }),
  )
})

function isSubsequence(some: readonly string[], all: readonly string[]): boolean {
  let at = 0
  for (const line of all) if (line === some[at]) at += 1
  return at === some.length
}

/** What stood at the end of a file, without a line end, after each thing written to it. */
function beginnings(changes: readonly Written[], file: string): readonly string[] {
  const own = changes.filter((change) => change.file === file)
  return own.map(
    (_, index) =>
      own
        .slice(0, index + 1)
        .map((change) => change.text)
        .join('')
        .split('\n')
        .at(-1) ?? '',
  )
}

describe('headers', () => {
  test('a header of a file that was not asked for is a line', () => {
    expect(linesOf(['/log/a'], Buffer.from('==> /log/a <==\none\n\n==> /log/c <==\ntwo\n'))).toEqual([
      ['/log/a', 'one'],
      ['/log/a', ''],
      ['/log/a', '==> /log/c <=='],
      ['/log/a', 'two'],
    ])
  })

  test('what comes before the first header belongs to no file', () => {
    expect(linesOf(files, Buffer.from('noise\n==> /log/a <==\none\n'))).toEqual([['/log/a', 'one']])
  })

  test('a line that another file came between is joined', () => {
    const output = tailOutput([
      { file: '/log/a', text: 'External API awaiting ' },
      { file: '/log/b', text: 'else\n' },
      { file: '/log/a', text: 'for connections\n' },
    ])
    expect(linesOf(files, Buffer.from(output)).filter(([file]) => file === '/log/a')).toEqual([
      ['/log/a', 'External API awaiting '],
      ['/log/a', 'External API awaiting for connections'],
    ])
  })
})

test('colours, titles and control codes are left out, tabs and words stay', () => {
  const line = '\u001b[32minfo\u001b[39m:\t\u001b]0;title\u0007done\r\u0000\u202e!'
  expect(linesOf(['/a'], Buffer.from(`==> /a <==\n${line}\n`))).toEqual([['/a', 'info:\tdone!']])
})

test('bytes that are no UTF-8 are marked, and nothing else is lost', () => {
  const output = Buffer.concat([Buffer.from('==> /a <==\nok '), Buffer.from([0xff, 0xc3]), Buffer.from(' on\n')])
  expect(linesOf(['/a'], output)).toEqual([['/a', 'ok \ufffd\ufffd on']])
})

test('of a line without end the beginning is handed on', () => {
  const [[, line = ''] = ['', '']] = linesOf(['/a'], Buffer.from(`==> /a <==\n${'x'.repeat(3 * longestLine)}\n`))
  expect(line).toBe(`${'x'.repeat(longestLine)}…`)
})
