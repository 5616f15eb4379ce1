import { expect, it } from 'vitest'
import type { MarkedProcess } from '../../src/cluster/facts.js'
import { restartingOf } from '../../src/plan/restarting.js'
import { components } from '../../src/trueno/components.js'
import { emptyFacts, processOf } from '../helpers/fixtures.js'

type Lives = readonly (readonly [name: string, restarts: number, upSeconds: number])[]

const daemon = processOf('')
const core: Lives[number] = ['Trueno-Core', 0, 800]

it.each<[title: string, lives: Lives, exits: Record<string, number>, expected: readonly string[]]>([
  ['nothing runs', [], { Elasticsearch: 4 }, []],
  ['all is well', [core, ['Elasticsearch', 0, 5]], {}, []],
  ['it was killed once', [core, ['Elasticsearch', 1, 1]], {}, []],
  ['it ends again and again', [core, ['Elasticsearch', 2, 29]], {}, ['Elasticsearch']],
  ['it has come to stay', [core, ['Elasticsearch', 40, 30]], {}, []],
  ['it is between two lives', [core], { Elasticsearch: 2 }, ['Elasticsearch']],
  ['core starts the bridge anew in an ordinary start', [core, ['Trueno-ElasticSearch-Bridge-Server', 4, 1]], {}, []],
  [
    'the bridge ends with Elasticsearch',
    [core, ['Elasticsearch', 9, 1], ['Trueno-ElasticSearch-Bridge-Server', 9, 1]],
    {},
    ['Elasticsearch'],
  ],
  [
    'all end with core',
    [
      ['Trueno-Core', 3, 2],
      ['Gremlin-Server', 3, 1],
    ],
    {},
    ['Trueno-Core'],
  ],
])('%s', (_title, lives, exits, expected) => {
  const processes = lives.map(([name, restarts, upSeconds]): MarkedProcess => processOf(name, { restarts, upSeconds }))
  const facts = emptyFacts('a', { processes: processes.length === 0 ? [] : [daemon, ...processes], exits })
  const running = components.filter(({ process }) => process in exits || lives.some(([name]) => name === process))
  expect(restartingOf(facts, running).map(({ component }) => component.process)).toEqual(expected)
})
