import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { catalogue, entryOf } from '../src/catalogue/catalogue.js'
import { problemsPage } from '../src/catalogue/page.js'
import { commandLine } from './helpers/command-line.js'

describe('the catalogue', () => {
  it('has each code once, with all its texts', () => {
    const codes = catalogue.map(({ code }) => code)
    expect(codes).toEqual([...new Set(codes)])
    for (const { code, title, means, usually, remedy } of catalogue) {
      expect(code).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
      for (const text of [title, means, usually, remedy]) expect(text, code).toMatch(/\S/)
    }
  })

  it('is what docs/problems.md says: `npm run docs` writes it anew', () => {
    expect(readFileSync(new URL('../docs/problems.md', import.meta.url), 'utf8')).toBe(problemsPage())
  })
})

describe('explain', () => {
  const explain = (...argv: readonly string[]) => commandLine('/', ['explain', ...argv]).done

  it('prints what is known of a code', async () => {
    const { code, stdout, stderr } = await explain('max-map-count-low')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/max-map-count-low {2}Too few memory maps\n\n {2}means .*262144.*remedy .*sudo sysctl/s)
    expect(stdout).toContain('page        docs/problems.md#max-map-count-low')
  })

  it('prints it as a document', async () => {
    const { code, stdout } = await explain('port-taken', '--json')
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      { version: 1, ...entryOf('port-taken'), documentation: 'docs/problems.md#port-taken' },
    ])
  })

  it('lists all codes without one', async () => {
    const { code, stdout } = await explain()
    expect(code).toBe(0)
    for (const known of catalogue) expect(stdout).toContain(`   ${known.code} `)
    expect(JSON.parse((await explain('--json')).stdout).problems).toHaveLength(catalogue.length)
  })

  it('proposes the code that was meant, and ends with 2', async () => {
    const { code, stdout, stderr } = await explain('port-take')
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('Did you mean "port-taken"?')
  })
})
