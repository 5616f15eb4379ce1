import type { Event, EventBody } from '../../src/engine/events.js'
import type { Problem } from '../../src/errors.js'

const lines = [
  'Sanity check done',
  'Gremlin Server starting...',
  '⏳ Elasticsearch starting...',
  'Sending ready signal to master',
]

/** An `up` of many hosts with some that cannot be reached and some that fail. */
export function bigRun(count: number): readonly Event[] {
  const hosts = Array.from({ length: count }, (_, index) => `node-${index + 1}.rack${index % 40}.example`)
  const dead = hosts.filter((_, index) => index % 300 === 7)
  const rest = hosts.filter((host) => !dead.includes(host))
  let time = 1_700_000_000_000
  const bodies = [...head(hosts, dead), ...stage(rest), ...ready(rest)]
  return [...bodies, runFinished].map((body) => {
    time += 2
    return { time, ...body }
  })
}

const runFinished: EventBody = {
  kind: 'runFinished',
  ok: false,
  exitCode: 1,
  ms: 22_000,
  closing: ['Run `trueno-deploy up` again to continue.'],
}

function head(hosts: readonly string[], dead: readonly string[]): readonly EventBody[] {
  const phase = 'connect'
  return [
    { kind: 'runStarted', verb: 'up', cluster: 'big', hosts: hosts.length, release: '9f3c2a1 (stand-in for Trueno)' },
    { kind: 'phaseStarted', phase, title: 'Connect', hosts },
    ...hosts.map((host): EventBody => {
      const outcome = dead.includes(host) ? 'failed' : 'done'
      return { kind: 'hostFinished', phase, host, outcome, ...(outcome === 'failed' && { message: 'no answer' }) }
    }),
    { kind: 'phaseFinished', phase, outcome: 'failed', summary: `${dead.length} hosts cannot be reached` },
  ]
}

function stage(hosts: readonly string[]): readonly EventBody[] {
  const phase = 'stage'
  const step = 'fetch'
  return [
    { kind: 'phaseStarted', phase, title: 'Stage', hosts },
    ...hosts.map((host): EventBody => ({ kind: 'stepStarted', phase, host, step, title: 'Send elasticsearch' })),
    ...hosts.map((host): EventBody => ({ kind: 'stepProgress', phase, host, step, bytes: 24e6, totalBytes: 36e6 })),
    ...hosts.map((host): EventBody => ({ kind: 'hostFinished', phase, host, outcome: 'done' })),
    { kind: 'phaseFinished', phase, outcome: 'done', summary: `${hosts.length} hosts` },
  ]
}

function ready(hosts: readonly string[]): readonly EventBody[] {
  const phase = 'awaitReady'
  const step = 'wait'
  const begin = { kind: 'stepStarted', phase, step, title: 'Wait until it serves', limitMs: 300_000 } as const
  return [
    { kind: 'phaseStarted', phase, title: 'Wait until ready', hosts },
    ...hosts.map((host): EventBody => ({ ...begin, host })),
    ...lines.flatMap((line) =>
      hosts.map((host, index): EventBody => {
        const message = index % 97 === 3 ? `${line} on ${host}, 日本語 ${index}` : line
        return { kind: 'stepProgress', phase, host, step, message }
      }),
    ),
    ...hosts.flatMap((host, index): readonly EventBody[] =>
      index % 50 === 5
        ? [
            { kind: 'stepFailed', phase, host, step, problem: problemOf(host, index) },
            { kind: 'hostFinished', phase, host, outcome: 'failed' },
          ]
        : [{ kind: 'hostFinished', phase, host, outcome: 'done' }],
    ),
    { kind: 'phaseFinished', phase, outcome: 'failed', summary: 'failed on some' },
  ]
}

function problemOf(host: string, index: number): Problem {
  const evidence = `elasticsearch-out.log\n[10:${index}] Failed to bind to [8004]`
  return {
    code: 'port-taken',
    severity: 'error',
    title: index % 3 === 0 ? `A port is taken (${index})` : 'A port is taken',
    cause: `port 8004 of ${host} is taken by another process`,
    evidence,
    remedy: 'stop it, then run `trueno-deploy up` again',
    host,
  }
}
