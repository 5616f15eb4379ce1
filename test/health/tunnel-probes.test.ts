import { describe, expect, test } from 'vitest'
import { createProbes } from '../../src/health/tunnel-probes.js'
import {
  connectionWith,
  gremlinServer,
  happening,
  health,
  info,
  json,
  master,
  nodes,
  patientWorld,
  rigOf,
  sparkMaster,
  worker,
  worldAfter,
} from './engines.js'

const never = new AbortController().signal

describe('http', () => {
  test('status 200 is an answer, and the page is not read to its end', async () => {
    await using rig = await rigOf({ 8000: (_request, response) => response.writeHead(200).write('<html>') })
    const probes = createProbes(rig.connection, patientWorld)
    expect(await probes.http('10.0.0.42', 8000, never)).toEqual({ ok: true })
    expect(rig.tunnels).toEqual(['10.0.0.42:8000'])
    await rig.allClosed()
  })

  test('another status is told', async () => {
    await using rig = await rigOf({ 9000: (_request, response) => response.writeHead(503).end() })
    const probes = createProbes(rig.connection, patientWorld)
    expect(await probes.http('a', 9000, never)).toEqual({ ok: false, reason: 'unexpected', detail: 'status 503' })
  })

  test('a closed port is refused', async () => {
    await using rig = await rigOf({})
    const probes = createProbes(rig.connection, patientWorld)
    expect(await probes.http('a', 8000, never)).toEqual({ ok: false, reason: 'refused', detail: 'connection refused' })
  })

  test('what hangs up without an answer is unexpected', async () => {
    await using rig = await rigOf({ 8000: (request) => request.socket.destroy() })
    const probes = createProbes(rig.connection, patientWorld)
    expect(await probes.http('a', 8000, never)).toMatchObject({ ok: false, reason: 'unexpected' })
  })

  test('a broken link is told as such', async () => {
    const connection = connectionWith(() => Promise.reject(new Error('connection lost')))
    const probes = createProbes(connection, patientWorld)
    expect(await probes.http('a', 8000, never)).toEqual({ ok: false, reason: 'link', detail: 'connection lost' })
  })

  test('no answer in time: the tunnel is closed', async () => {
    const asked = happening()
    await using rig = await rigOf({ 8000: () => asked.happens() })
    const probes = createProbes(rig.connection, worldAfter(asked.happened), 1500)
    expect(await probes.http('a', 8000, never)).toEqual({
      ok: false,
      reason: 'timeout',
      detail: 'no answer within 1.5 s',
    })
    await rig.allClosed()
  })

  test('a tunnel that never opens is a timeout too', async () => {
    const connection = connectionWith(() => new Promise(() => {}))
    const probes = createProbes(connection, worldAfter(Promise.resolve()))
    expect(await probes.http('a', 8000, never)).toMatchObject({ ok: false, reason: 'timeout' })
  })

  test('an abort rejects with its reason and closes the tunnel', async () => {
    const stop = new AbortController()
    const reason = new Error('stopped')
    await using rig = await rigOf({ 8000: () => stop.abort(reason) })
    const probes = createProbes(rig.connection, patientWorld)
    await expect(probes.http('a', 8000, stop.signal)).rejects.toBe(reason)
    await rig.allClosed()
  })
})

describe('gremlin', () => {
  test('the refusal that only Gremlin gives is an answer, though it does not end', async () => {
    await using rig = await rigOf({ 8002: gremlinServer })
    expect(await createProbes(rig.connection, patientWorld).gremlin('a', never)).toEqual({ ok: true })
    await rig.allClosed()
  })

  test('somebody else on its port is found out', async () => {
    await using rig = await rigOf({ 8002: (_request, response) => response.writeHead(400).end('what?') })
    const answer = await createProbes(rig.connection, patientWorld).gremlin('a', never)
    expect(answer).toEqual({ ok: false, reason: 'unexpected', detail: 'what answers is not the Gremlin server' })
  })
})

describe('elasticsearch', () => {
  const yellow = json({ '/': info, '/_cluster/health': health, '/_nodes': nodes })

  test('without a product header, as 5.3.2 answers: state, nodes and who they are', async () => {
    await using rig = await rigOf({ 8004: yellow })
    expect(await createProbes(rig.connection, patientWorld).elasticsearch('10.0.0.42', never)).toEqual({
      ok: true,
      status: 'yellow',
      nodes: 2,
      clusterUuid: 'kD3x',
      version: '5.3.2',
      addresses: ['10.0.0.42', '10.0.0.43'],
    })
    await rig.allClosed()
  })

  test('a port that is closed until it has joined its cluster is refused', async () => {
    await using rig = await rigOf({})
    const answer = await createProbes(rig.connection, patientWorld).elasticsearch('a', never)
    expect(answer).toEqual({ ok: false, reason: 'refused', detail: 'connection refused' })
    expect(rig.tunnels).toEqual(['a:8004'])
  })

  test('without an elected master its health hangs: told as that, and nothing is left open', async () => {
    const asked = happening()
    const hanging = json({ '/': info, '/_cluster/health': null, '/_nodes': nodes })
    await using rig = await rigOf({
      8004: (request, response) => {
        if (request.url?.startsWith('/_cluster')) asked.happens()
        hanging(request, response)
      },
    })
    const answer = await createProbes(rig.connection, worldAfter(asked.happened)).elasticsearch('a', never)
    expect(answer).toEqual({ ok: false, reason: 'timeout', detail: 'it has no elected master yet' })
    await rig.allClosed()
  })

  test('an error of its own is told with its status', async () => {
    await using rig = await rigOf({
      8004: (_request, response) =>
        response.writeHead(503, { 'content-type': 'application/json' }).end('{"error":"no"}'),
    })
    const answer = await createProbes(rig.connection, patientWorld).elasticsearch('a', never)
    expect(answer).toMatchObject({ ok: false, reason: 'unexpected', detail: expect.stringMatching(/^status 503/) })
  })

  test('a link that dies in the middle of an answer ends the question, not the process', async () => {
    const cut = json({ '/': info, '/_nodes': nodes })
    await using rig = await rigOf({
      8004: (request, response) => {
        if (!request.url?.startsWith('/_cluster')) return cut(request, response)
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 })
        response.write('{', () => request.socket.resetAndDestroy())
      },
    })
    const answer = await createProbes(rig.connection, patientWorld).elasticsearch('a', never)
    expect(answer).toMatchObject({ ok: false, reason: 'unexpected' })
    await rig.allClosed()
  })

  test.each([
    ['a web page', (): object => ({ '/': 'x' })],
    ['JSON of another kind', (): object => ({ '/': {}, '/_cluster/health': {}, '/_nodes': {} })],
  ])('%s on its port is found out', async (_name, answers) => {
    await using rig = await rigOf({ 8004: json(answers() as Record<string, unknown>) })
    const answer = await createProbes(rig.connection, patientWorld).elasticsearch('a', never)
    expect(answer).toMatchObject({ ok: false, reason: 'unexpected' })
  })

  test('is asked on an IPv6 address', async () => {
    await using rig = await rigOf({ 8004: yellow })
    const answer = await createProbes(rig.connection, patientWorld).elasticsearch('fd00::42', never)
    expect(answer).toMatchObject({ ok: true, nodes: 2 })
    expect(new Set(rig.tunnels)).toEqual(new Set(['fd00::42:8004']))
  })
})

describe('spark', () => {
  test('the master is asked behind its redirect; workers that are gone do not count', async () => {
    const workers = [worker('10.0.0.41', 'ALIVE'), worker('10.0.0.42', 'ALIVE'), worker('10.0.0.43', 'DEAD')]
    await using rig = await rigOf({ 8006: sparkMaster(master(workers)) })
    expect(await createProbes(rig.connection, patientWorld).spark('10.0.0.40', never)).toEqual({
      ok: true,
      status: 'ALIVE',
      url: 'spark://10.0.0.40:8005',
      aliveWorkers: 2,
      workers: workers.map(({ host, state }) => ({ host, state })),
    })
  })

  test('a worker that was restarted and is listed twice counts once', async () => {
    const twice = [worker('10.0.0.41', 'ALIVE'), worker('10.0.0.41', 'ALIVE')]
    await using rig = await rigOf({ 8006: sparkMaster(master(twice)) })
    const answer = await createProbes(rig.connection, patientWorld).spark('a', never)
    expect(answer).toMatchObject({ ok: true, aliveWorkers: 1 })
  })

  test('somebody else on its port is found out', async () => {
    await using rig = await rigOf({ 8006: (_request, response) => response.end('<html>') })
    const answer = await createProbes(rig.connection, patientWorld).spark('a', never)
    expect(answer).toEqual({ ok: false, reason: 'unexpected', detail: "what answers is not Spark's master" })
  })
})
