import { expect, it } from 'vitest'
import { readClock } from '../../src/cluster/surroundings.js'
import { parseReach } from '../../src/cluster/ways.js'

const ways = [8001, 8002, 8005].map((port) => ({ from: 'a', to: 'b', port }))

function outcomesOf(...lines: readonly string[]): readonly (readonly unknown[])[] {
  return parseReach(ways, lines.join('\n')).map(({ port, outcome, ms, said }) => [port, outcome, ms, said])
}

it('reads what a host says of its ways, in any order', () => {
  expect(
    outcomesOf(
      'reach\t1',
      'way\tb\t8002\tsilent\t\t',
      'way\tb\t8005\tno-route\t\tNo route to host',
      'way\tb\t8001\topen\t12\t',
      'end\n',
    ),
  ).toEqual([
    [8001, 'open', 12, ''],
    [8002, 'silent', null, ''],
    [8005, 'no-route', null, 'No route to host'],
  ])
})

it('takes nothing for granted that it does not say', () => {
  const blind = [8001, 8002, 8005].map((port) => [port, 'untried', null, 'there is no bash'])
  expect(outcomesOf('reach\t1', 'blind\tthere is no bash', 'end')).toEqual(blind)
  expect(outcomesOf('reach\t1', 'way\tb\t8001\topen\t1\t')).toEqual([
    [8001, 'open', 1, ''],
    [8002, 'untried', null, 'what the host printed is cut off'],
    [8005, 'untried', null, 'what the host printed is cut off'],
  ])
  expect(outcomesOf('reach\t1', 'way\tb\t8001\tsplendid\t1\t', 'end')[0]).toEqual([
    8001,
    'untried',
    null,
    'the host said nothing of it',
  ])
})

it('a clock is told with what it may be wrong by', () => {
  // Asked for 2 s: it said its second somewhere in between.
  expect(readClock(1011, { asked: 1_000_000, answered: 1_002_000 })).toEqual({ aheadMs: 10_500, marginMs: 1500 })
  expect(readClock(1000, { asked: 1_000_400, answered: 1_000_600 })).toEqual({ aheadMs: 0, marginMs: 600 })
})
