import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countedHosts, nameAllHosts, nameHosts, withoutHost } from '../../src/report/host-list.js'
import { oneLine, sanitize, terminalSafeJson } from '../../src/report/sanitize.js'
import { cut, cutMiddle, pad, widthOf, wrap } from '../../src/report/text.js'
import { bytes, count, duration, upTime, wholeSeconds } from '../../src/report/units.js'

/** Text as hosts send it: letters of all widths, control codes, broken sequences. */
const anyText = fc.string({
  unit: fc.oneof(fc.constantFrom(' ', '\n', 'a', '漢', '⏳', 'é', '\u0301', '\u001b', '[', 'm', '\u009b'), fc.string()),
})
const clean = anyText.map(oneLine)

describe('a command of ours', () => {
  const up = 'trueno-deploy up some/folder/cluster.json'

  it('is never broken, so that it can be copied', () => {
    expect(wrap(`Run \`${up}\` again to continue, \`trueno-deploy down\` to stop.`, 30)).toEqual([
      'Run',
      `\`${up}\``,
      'again to continue,',
      '`trueno-deploy down` to stop.',
    ])
    expect(wrap(`Next: ${up} -i 'my lab.yaml'`, 20)).toEqual(['Next:', `${up} -i 'my lab.yaml'`])
  })
})

describe('text on a terminal', () => {
  it.each([
    ['abc', 3],
    ['漢字', 4],
    ['⏳ x', 4],
    ['é', 1],
    ['e\u0301', 1],
    ['', 0],
  ])('%s takes %i columns', (text, width) => {
    expect(widthOf(text)).toBe(width)
  })

  it('is cut at its end or in its middle to what fits', () => {
    expect([cut('elasticsearch', 8), cutMiddle('node-01.rack2.example', 13), cut('漢字漢字', 4)]).toEqual([
      'elastic…',
      'node-0…xample',
      '漢…',
    ])
  })

  it('never takes more columns than it may, however it is cut, and is whole where it fits', () => {
    fc.assert(
      fc.property(clean, fc.integer({ min: 0, max: 40 }), (text, width) => {
        for (const shortened of [cut(text, width), cutMiddle(text, width)]) {
          expect(widthOf(shortened)).toBeLessThanOrEqual(width)
          if (widthOf(text) <= width) expect(shortened).toBe(text)
        }
        expect(widthOf(pad(text, width))).toBeGreaterThanOrEqual(width)
      }),
    )
  })

  it('is broken between words, within them only where it has to be, and loses nothing', () => {
    expect(wrap('one two  three\nfour', 8)).toEqual(['one two', 'three', 'four'])
    expect(wrap('abcdefghij k', 4)).toEqual(['abcd', 'efgh', 'ij k'])
    expect(wrap('look with `ss -ltnp` there', 12)).toEqual(['look with', '`ss -ltnp`', 'there'])
    expect(wrap('`a span that is too long` x', 12)).toEqual(['`a span that', 'is too long`', 'x'])
    fc.assert(
      fc.property(clean, fc.integer({ min: 2, max: 40 }), (text, width) => {
        const lines = wrap(text, width)
        expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width)
        expect(lines.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''))
      }),
    )
  })
})

describe('text of a host', () => {
  it('loses colours, titles, cursor movements and marks of direction', () => {
    expect(sanitize('\u001b[31mred\u001b[0m \u001b]0;title\u0007x\u001b[2A\u202ey\tz\r\nnext')).toBe('red xy  z\nnext')
  })

  it('is one line of bearable length where a line is drawn', () => {
    expect(oneLine(' a\n\tb  c ')).toBe('a b c')
    expect(oneLine('x'.repeat(10_000))).toHaveLength(501)
  })

  it('keeps nothing that a terminal would obey, whatever comes', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(sanitize(text)).not.toMatch(/[^\P{Cc}\n]/u)
        expect(terminalSafeJson(text)).not.toMatch(/\p{Cc}/u)
        expect(JSON.parse(terminalSafeJson(text))).toBe(text)
      }),
    )
  })
})

describe('names of hosts', () => {
  const many = Array.from({ length: 10 }, (_, index) => `192.168.1.${42 + index}`)

  it('are told in a few words', () => {
    expect([
      nameHosts([]),
      nameHosts(['a']),
      nameHosts(many.slice(0, 3)),
      nameHosts(many),
      nameHosts(['10.0.0.9', 'b', '10.0.0.8', '10.0.1.1'], 4),
    ]).toEqual([
      '',
      'a',
      '192.168.1.42, .43 and .44',
      '192.168.1.42, .43 and 8 more',
      '10.0.0.9, b, 10.0.0.8 and 10.0.1.1',
    ])
  })

  it('are told all, neighbours joined', () => {
    expect(nameAllHosts([...many, '192.168.1.60', '192.168.1.61', 'node7', 'node8'])).toBe(
      '192.168.1.42–.51, .60, .61, node7, node8',
    )
    expect(nameAllHosts(['n9.lab', 'n10.lab', 'n11.lab', 'n11.dev', 'r1n01', 'r1n02', 'r1n03', 'r2n04'])).toBe(
      'n9–11.lab, n11.dev, r1n01–03, r2n04',
    )
  })

  it('are counted where they are many, and of very many only some are named', () => {
    const odd = Array.from({ length: 50 }, (_, index) => `node${2 * index + 1}`)
    expect([countedHosts(many.slice(0, 3)), countedHosts(many), countedHosts(odd)]).toEqual([
      '192.168.1.42–.44',
      '10 hosts: 192.168.1.42–.51',
      '50 hosts: node1, node3, node5, node7, node9, node11, node13 and 43 more',
    ])
  })

  it('are replaced where they stand as a whole', () => {
    expect(withoutHost('10.0.0.4:22 and 10.0.0.42, not x10.0.0.4', '10.0.0.4', '…')).toBe(
      '…:22 and 10.0.0.42, not x10.0.0.4',
    )
  })
})

describe('numbers for people', () => {
  it('durations', () => {
    expect([0, 640, 9949, 9951, 38_000, 65_000, 300_000, 4_800_000].map(duration)).toEqual([
      '0.0s',
      '0.6s',
      '9.9s',
      '10s',
      '38s',
      '1m 5s',
      '5m',
      '1h 20m',
    ])
    expect([-5, 900, 21_400, 300_000].map(wholeSeconds)).toEqual(['0s', '1s', '21s', '5m'])
    expect([45, 820, 20_000, 300_000].map(upTime)).toEqual(['45s', '13m', '5h', '3d'])
  })

  it('amounts', () => {
    expect([0, 999, 12_000, 3_900_000, 412_000_000, 1_200_000_000].map(bytes)).toEqual([
      '0 B',
      '999 B',
      '12 kB',
      '3.9 MB',
      '412 MB',
      '1.2 GB',
    ])
    expect([count(1, 'host'), count(0, 'host')]).toEqual(['1 host', '0 hosts'])
  })
})
