import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { FetchError } from '../../src/bundle/clients.js'
import { download } from '../../src/bundle/download.js'
import { claimPartial } from '../../src/bundle/partial.js'
import { type RealOptions, realClients } from '../../src/bundle/real-clients.js'
import { parseNetworks } from '../../src/ssh/networks.js'
import { systemWorld } from '../../src/system-world.js'

const content = Buffer.from('0123456789'.repeat(10_000))
let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'download-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** A server that answers its requests in this order, the last one again and again; what it was asked for is kept. */
async function serving(...answers: readonly Answer[]) {
  const asked: (string | undefined)[] = []
  const server = createServer((request, response) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)] as Answer
    asked.push(request.headers.range)
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/a.zip`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** All, or what is asked for of it. */
const whole: Answer = ({ headers }, response) => {
  const [, start] = /^bytes=(\d+)-$/.exec(headers.range ?? '') ?? []
  const isPart = start !== undefined && headers['if-range'] === '"one"'
  const body = content.subarray(isPart ? Number(start) : 0)
  response.writeHead(isPart ? 206 : 200, { etag: '"one"', 'content-length': body.length }).end(body)
}

/** Tells its length, sends a part, and hangs up. */
const cutAfter =
  (bytes: number, etag: Record<string, string> = { etag: '"one"' }): Answer =>
  (_request, response) => {
    response.writeHead(200, { ...etag, 'content-length': content.length })
    response.write(content.subarray(0, bytes), () => response.socket?.end())
  }

const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (_request, response) =>
    response.writeHead(code, headers).end('<html>')

const instantWorld = { ...systemWorld, sleep: async () => {} }

function fetching(
  url: string,
  only = '127.0.0.0/8',
  seen: number[] = [],
  more: Partial<RealOptions> = {},
): Promise<string> {
  return download(url, directory, {
    clients: realClients({ world: systemWorld, environment: {}, only: parseNetworks(only), ...more }),
    world: instantWorld,
    store: { directory },
    signal: new AbortController().signal,
    onBytes: (bytes) => seen.push(bytes),
  })
}

it('brings the whole file, and tells how much has arrived', async () => {
  await using server = await serving(whole)
  const seen: number[] = []
  const file = await fetching(server.url, '127.0.0.0/8', seen)
  expect(content.equals(await readFile(file))).toBe(true)
  expect(seen.at(-1)).toBe(content.length)
})

it('goes on where it broke off', async () => {
  await using server = await serving(cutAfter(30_000), whole)
  expect(content.equals(await readFile(await fetching(server.url)))).toBe(true)
  expect(server.asked).toEqual([undefined, 'bytes=30000-'])
})

it('goes on after each tenth of it, however often that is', async () => {
  const tenth: Answer = ({ headers }, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0)
    const length = { 'content-length': content.length - start }
    response.writeHead(start > 0 ? 206 : 200, { etag: '"one"', ...length })
    response.write(content.subarray(start, start + content.length / 10), () => response.socket?.end())
  }
  await using server = await serving(tenth)
  expect(content.equals(await readFile(await fetching(server.url)))).toBe(true)
  const tenths = Array.from({ length: 9 }, (_, index) => `bytes=${(index + 1) * (content.length / 10)}-`)
  expect(server.asked).toEqual([undefined, ...tenths])
})

it('goes on where a run was killed, and leaves alone what a living one fetches', async () => {
  const beginning = join(
    directory,
    'partial',
    createHash('sha256').update('http://a.example/').digest('hex').slice(0, 32),
  )
  await mkdir(join(directory, 'partial'))
  const { pid: dead = 0 } = spawnSync('true')
  for (const [pid, text] of [
    [dead, 'left'],
    [process.ppid, 'going on'],
  ]) {
    await writeFile(`${beginning}-${pid}`, `${text}`)
    await writeFile(`${beginning}-${pid}.version`, '"one"')
  }
  const claimed = await claimPartial('http://a.example/', { directory })
  expect(await readFile(claimed.path, 'utf8')).toBe('left')
  expect(await readFile(claimed.versionPath, 'utf8')).toBe('"one"')
  expect(await readFile(`${beginning}-${process.ppid}`, 'utf8')).toBe('going on')
})

it('goes on in the next run', async () => {
  await using server = await serving(...Array(5).fill(cutAfter(30_000)), whole)
  await expect(fetching(server.url)).rejects.toBeInstanceOf(FetchError)
  expect(content.equals(await readFile(await fetching(server.url)))).toBe(true)
  expect(server.asked.at(-1)).toBe('bytes=30000-')
})

it('begins anew when the file is another one by now', async () => {
  const other: Answer = (request, response) => {
    request.headers['if-range'] = '"two"'
    response.writeHead(200, { etag: '"two"', 'content-length': content.length }).end(content)
  }
  await using server = await serving(cutAfter(30_000), other)
  expect(content.equals(await readFile(await fetching(server.url)))).toBe(true)
})

it('begins anew where nobody can tell which version the beginning was of', async () => {
  await using server = await serving(cutAfter(30_000, {}), whole)
  expect(content.equals(await readFile(await fetching(server.url)))).toBe(true)
  expect(server.asked).toEqual([undefined, undefined])
})

it('begins anew when the beginning is longer than the file', async () => {
  await using server = await serving(cutAfter(30_000), status(416), whole)
  expect(content.equals(await readFile(await fetching(server.url)))).toBe(true)
})

it('begins anew when what is sent is another piece than what was asked for', async () => {
  const elsewhere: Answer = (_request, response) => {
    const range = `bytes 10000-${content.length - 1}/${content.length}`
    response.writeHead(206, { etag: '"one"', 'content-range': range }).end(content.subarray(10_000))
  }
  await using server = await serving(cutAfter(30_000), elsewhere, whole)
  expect(content.equals(await readFile(await fetching(server.url)))).toBe(true)
})

it('does not take a piece for the whole', async () => {
  const piece: Answer = (_request, response) => {
    const range = `bytes 0-999/${content.length}`
    response.writeHead(206, { etag: '"one"', 'content-range': range }).end(content.subarray(0, 1000))
  }
  await using server = await serving(piece, whole)
  expect(content.equals(await readFile(await fetching(server.url)))).toBe(true)
  expect(server.asked).toEqual([undefined, 'bytes=1000-'])
})

it('leaves no connection open behind a no', async () => {
  const closed: Promise<unknown>[] = []
  const endless: Answer = (request, response) => {
    closed.push(new Promise((resolve) => request.socket.on('close', resolve)))
    response.writeHead(404).write('<html>'.repeat(100_000))
  }
  await using server = await serving(endless)
  await expect(fetching(server.url)).rejects.toThrow(/answers 404$/)
  await Promise.all(closed)
})

it('follows a redirection, not for ever', async () => {
  await using server = await serving(status(302, { location: '/b.zip' }), whole)
  expect(content.equals(await readFile(await fetching(server.url)))).toBe(true)
  await using circle = await serving(status(302, { location: '/a.zip' }))
  await expect(fetching(circle.url)).rejects.toThrow('it redirects for ever')
})

it('goes on elsewhere in time when a server falls silent', async () => {
  const silent: Answer = (_request, response) => {
    response.writeHead(200, { etag: '"one"', 'content-length': content.length }).write(content.subarray(0, 10_000))
  }
  await using server = await serving(silent, () => undefined, whole)
  const file = await fetching(server.url, '127.0.0.0/8', [], { idleMs: 1000 })
  expect(content.equals(await readFile(file))).toBe(true)
  expect(server.asked.length).toBeGreaterThanOrEqual(3)
})

it('goes by the proxy that the environment names', async () => {
  await using server = await serving(whole)
  await using proxy = await serving(whole)
  const environment = { http_proxy: proxy.url, NO_PROXY: 'other.lab' }
  const file = await fetching('http://127.1.2.3:9/a.zip?b=c', '127.0.0.0/8', [], { environment })
  expect(content.equals(await readFile(file))).toBe(true)
  expect(proxy.asked).toHaveLength(1)
  await fetching(server.url, '127.0.0.0/8', [], { environment: { ...environment, NO_PROXY: '127.0.0.1' } })
  expect([proxy.asked.length, server.asked.length]).toEqual([1, 1])
  await expect(fetching('http://a.example/', '127.0.0.0/8', [], { environment })).rejects.toThrow(/allows nothing else/)
})

it('takes a no for an answer', async () => {
  await using server = await serving(status(404))
  await expect(fetching(server.url)).rejects.toThrow(/a\.zip answers 404$/)
  expect(server.asked).toHaveLength(1)
})

it('goes to no address that TRUENO_DEPLOY_ONLY does not allow, also not by a redirection', async () => {
  await using server = await serving(whole)
  await expect(fetching(server.url, '10.0.0.0/8')).rejects.toThrow(
    /TRUENO_DEPLOY_ONLY=10\.0\.0\.0\/8 allows nothing else/,
  )
  expect(server.asked).toEqual([])
  await using away = await serving(status(302, { location: 'http://elastic.example/x' }))
  await expect(fetching(away.url)).rejects.toThrow(/elastic\.example is a name that \/etc\/hosts does not have/)
})
