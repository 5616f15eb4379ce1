import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { delaysIn, failuresIn, isTelling } from '../../src/trueno/explain.js'
import type { SceneLine } from '../../src/trueno/scene.js'

/** Of hosts that came up, were used and stopped: real engines of Trueno's, each line of its kind once. */
const directory = new URL('../problems/healthy/', import.meta.url)
const logs = readdirSync(directory)

function linesOf(log: string): readonly SceneLine[] {
  const file = `/home/t/trueno/data/logs/${log}`
  const texts = readFileSync(new URL(log, directory), 'utf8').trimEnd().split('\n')
  return texts.map((text) => ({ file, text }))
}

describe('of what healthy engines log', () => {
  it.each(logs)('nothing in %s tells that a start cannot succeed', (log) => {
    expect(linesOf(log).filter(isTelling)).toEqual([])
  })

  it('nothing is taken for a failure, or for something that is waited for', () => {
    const scene = { host: '10.77.0.41', title: '', lines: logs.flatMap(linesOf), condition: null }
    expect([...failuresIn(scene), ...delaysIn(scene)]).toEqual([])
  })
})
