import { describe, expect, it } from 'vitest'
import { type Gate, sight } from '../../src/trueno/gates.js'

const gate: Gate = { id: 'apiReady', key: '10.0.0.41', home: '/h', data: '/d', port: 8000, expected: [], awaits: [] }
const coordinator: Gate = { ...gate, id: 'coordinatorAwaits' }
const dressed = (text: string): string => `[2026-11-23 04:27:11 am] - \u001b[32minfo\u001b[39m: ${text}`

describe('a gate', () => {
  it.each([
    [
      'opens for its own ready line, whatever it wears',
      gate,
      dressed('External API awaiting for connections at: 10.0.0.41:8000'),
      'ready',
    ],
    [
      'opens without timestamp and emoji (master branch)',
      gate,
      '\u001b[32minfo\u001b[39m: External API awaiting for connections at: 10.0.0.41:8000',
      'ready',
    ],
    [
      "does not open for another host's line",
      gate,
      'External API awaiting for connections at: 10.0.0.4:8000',
      'nothing',
    ],
    [
      'does not take the internal API for it',
      gate,
      dressed('Internal API awaiting for connections at: 10.0.0.41:8001'),
      'passed',
    ],
    [
      'sees that its host waits for the others only',
      gate,
      dressed('>> CLUSTER: Sending ready signal to master'),
      'arrived',
    ],
    [
      'sees the same of a coordinator that is past its first gate',
      gate,
      dressed('>> CLUSTER: Awaiting for cluster hosts ready signal'),
      'arrived',
    ],
    ['does not take "All components started" for it', coordinator, dressed('All components started'), 'nothing'],
    [
      'of the coordinator opens when it waits',
      coordinator,
      dressed('>> CLUSTER: Awaiting for cluster hosts ready signal'),
      'ready',
    ],
    [
      'of the coordinator is open when the barrier is passed',
      coordinator,
      dressed('Internal API awaiting for connections at: 10.0.0.40:8001'),
      'ready',
    ],
    [
      'counts ready signals',
      coordinator,
      dressed(">> CLUSTER(2/3): Host '10.0.0.42' ready signal received."),
      'signal',
    ],
    [
      'is doomed by a cluster file that Trueno rejects',
      gate,
      'Error! Cluster host file not valid: "value" must contain at least 2 items',
      'doomed',
    ],
    [
      'is doomed by a key that does not match',
      gate,
      'error: This machine host must match its entry in the cluster host file',
      'doomed',
    ],
    ['is doomed by a taken port', gate, dressed('uncaughtException: listen EADDRINUSE :::8001'), 'doomed'],
    [
      'is doomed by a missing launcher',
      gate,
      "error: Spark not present, please run 'trueno setup' to install",
      'doomed',
    ],
    [
      'is doomed by a component that pm2 cannot start',
      gate,
      "2026-11-24 02:17:35: Trace: { Error: ENOENT: no such file or directory, open '/d/logs/spark-out-1.log'",
      'doomed',
    ],
    ['asks the port after a failed Elasticsearch ping', gate, dressed('Error while initializing External API.'), 'ask'],
    [
      'sees a process end',
      gate,
      'Tue Nov 24 2026 00:00:00 GMT: App [Elasticsearch] with id [2] and pid [99], exited with code [78] via signal [SIGINT]',
      'exit',
    ],
    ['sees a balancer end', gate, 'error: Forever detected script exited with code: 1', 'exit'],
    ['sees a component starting', gate, dressed('⏳ Elasticsearch starting...'), 'component'],
  ] as const)('%s', (_title, one, line, kind) => {
    expect(sight(one, line).kind).toBe(kind)
  })

  it('tells who signalled', () => {
    const line = ">> CLUSTER(1/3): Host '10.0.0.42' ready signal received."
    expect(sight(coordinator, line)).toEqual({ kind: 'signal', signal: { count: 1, of: 3, host: '10.0.0.42' }, line })
  })
})
