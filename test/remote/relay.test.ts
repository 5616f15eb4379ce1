import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import path from 'node:path'
import { expect, test } from 'vitest'
import { loopbackAddress } from '../helpers/loopback.js'
import { type Artifact, argumentsOf, artifactOf, sizeOf } from './artifact.js'
import { settled } from './sleepers.js'
import { inEachShell, minimalPath, type RunningScript, type TestHost } from './test-host.js'

inEachShell((host) => {
  test('relay serves what was kept to whoever brings a grant, once', async () => {
    const artifact = await kept(host())
    await using relay = await serving(host())
    await relay.grant('1', secretOf('a'), artifact, '-')
    expect(await get(relay, artifact.wire, secretOf('a'))).toEqual({ status: 206, body: artifact.sent })
    expect(await get(relay, artifact.wire, secretOf('a'))).toMatchObject({ status: 403 })
    await settled(() => relay.said().includes(`refused 127.0.0.1 no grant, or one that was used\n`))
  })

  test('relay refuses no grant, one for something else, one of another host, and does not use that up', async () => {
    const artifact = await kept(host())
    await using relay = await serving(host())
    await relay.grant('1', secretOf('a'), { ...artifact, wire: 'b'.repeat(64) }, '-')
    await relay.grant('2', secretOf('c'), artifact, '127.9.9.9,127.9.9.8')
    for (const secret of [secretOf('e'), secretOf('a'), secretOf('c')])
      expect(await get(relay, artifact.wire, secret)).toMatchObject({ status: 403 })
    await settled(() => relay.said().includes('refused 127.0.0.1 a grant for something else\n'))
    await settled(() => relay.said().includes('refused 127.0.0.1 a grant of another host\n'))
    expect(await get(relay, artifact.wire, secretOf('c'), { localAddress: '127.9.9.8' })).toMatchObject({ status: 206 })
  })

  test('relay serves from an offset, and no faster than it may', async () => {
    const artifact = await kept(host(), 600_000)
    await using relay = await serving(host(), 1_000_000)
    await relay.grant('1', secretOf('a'), artifact, '-')
    const began = performance.now()
    const { body } = await get(relay, artifact.wire, secretOf('a'), { headers: { Range: 'bytes=100-' } })
    expect(body.equals(artifact.sent.subarray(100))).toBe(true)
    expect(performance.now() - began).toBeGreaterThan(200)
  })

  test('relay passes on what still arrives, as it comes', async () => {
    const artifact = artifactOf(host(), { bytes: 600_000 })
    const receiving = await receivingHalf(host(), artifact)
    await using relay = await serving(host())
    await relay.grant('1', secretOf('a'), artifact, '-')
    const { body } = await get(relay, artifact.wire, secretOf('a'), { onBytes: receiving.sendRest })
    expect(body.equals(artifact.sent)).toBe(true)
    expect(await receiving.ended).toMatchObject({ code: 0, stdout: 'from 0\npassing\nkept\nstored\n' })
  })

  test('relay breaks off what is found to be something else while it arrives', async () => {
    const artifact = artifactOf(host(), { bytes: 600_000 })
    const receiving = await receivingHalf(host(), artifact)
    await using relay = await serving(host())
    await relay.grant('1', secretOf('a'), { ...artifact, sent: Buffer.concat([artifact.sent, artifact.sent]) }, '-')
    const gets = get(relay, artifact.wire, secretOf('a'), { onBytes: receiving.sendOther })
    await expect(gets).rejects.toThrow('aborted')
    expect(await receiving.ended).toMatchObject({ code: 71 })
  })

  test('relay leaves nothing when it is told no more: no process, no port, no file; what another run kept stays', async () => {
    const artifact = await kept(host())
    host().put(`artifacts/.seed-${artifact.wire}-9`, 'of another run')
    const relay = await serving(host())
    expect(markedParts(host())).toEqual(['relay'])
    relay.script.stdin.end()
    expect(await relay.ended).toMatchObject({ code: 0, stderr: '' })
    expect(markedParts(host())).toEqual([])
    await expect(get(relay, artifact.wire, secretOf('a'))).rejects.toThrow('ECONNREFUSED')
    expect(host().list('artifacts')).toEqual([`.seed-${artifact.wire}-9`, artifact.sha256])
  })

  test('relay drops what nobody needs any more, and clears what nobody served', async () => {
    const artifact = await kept(host())
    {
      await using relay = await serving(host())
      relay.script.stdin.write(`drop ${artifact.wire}\n`)
      await settled(() => host().list('artifacts').length === 1)
    }
    host().put(`artifacts/.seed-${artifact.wire}-1`, 'x')
    const halfThere = `.part-${'e'.repeat(64)}`
    host().put(`artifacts/${halfThere}`, 'goes on with the next run')
    expect(await host().run('relay', [1, host().home, 'c1', 'clear'])).toMatchObject({ code: 0 })
    expect(host().list('artifacts')).toEqual([halfThere, artifact.sha256])
  })

  test('relay uses the Node that has arrived, and says where there is none', async () => {
    const env = { PATH: minimalPath(host()) }
    const none = await host().run('relay', [1, host().home, 'c1', 'serve', '127.0.0.1', 0], { input: '', env })
    expect(none).toMatchObject({ code: 74, stderr: 'there is no usable Node\n' })
    const bin = path.join(host().home, `artifacts/${'d'.repeat(64)}/node/bin`)
    mkdirSync(bin, { recursive: true })
    symlinkSync(process.execPath, path.join(bin, 'node'))
    expect(
      await host().run('relay', [1, host().home, 'c1', 'serve', '127.0.0.1', 0], { input: '', env }),
    ).toMatchObject({ code: 0, stdout: expect.stringMatching(/^listening \d+\n$/) })
  })

  test('receive takes it from a relay, and goes on where it was', async () => {
    const artifact = await kept(host(), 300_000)
    await using relay = await serving(host())
    const client = host().another()
    client.put(`artifacts/.part-${artifact.wire}`, artifact.sent.subarray(0, 70_000))
    await relay.grant('1', secretOf('a'), artifact, '127.0.0.1')
    expect(await take(client, artifact, relay, secretOf('a'))).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^from 70000\n(at \d+\n)*stored\n$/),
    })
    expect(client.list('artifacts')).toEqual([artifact.sha256])
  })

  test('receive names a relay that refuses, that is not there, that never answers, that breaks off', async () => {
    const artifact = artifactOf(host(), { bytes: 300_000 })
    const client = host().another()
    {
      await using relay = await serving(host())
      expect(await take(client, artifact, relay, secretOf('a'))).toMatchObject({
        code: 76,
        stderr: `${relay.address} refuses to serve it\n`,
      })
    }
    expect(await take(client, artifact, { address: '127.0.0.1', port: 9 }, secretOf('a'))).toMatchObject({
      code: 76,
      stderr: '127.0.0.1 does not let us connect to its port 9\n',
    })
    const silent = createTcpServer(() => undefined).listen(0, '127.0.0.1')
    await settled(() => silent.listening)
    const stuck = { address: '127.0.0.1', port: (silent.address() as AddressInfo).port }
    expect(await take(client, artifact, stuck, secretOf('a'))).toMatchObject({
      code: 76,
      stderr: expect.stringContaining('127.0.0.1 sent nothing for some seconds, after 0 of'),
    })
    silent.close()
    const broken = await breakingOff(artifact, 100_000)
    expect(await take(client, artifact, broken.at, secretOf('a'))).toMatchObject({
      code: 76,
      stderr: expect.stringMatching(/^127.0.0.1 ended after \d+ of \d+ bytes\n$/),
    })
    broken.server.close()
    expect(sizeOf(client, artifact)).toBe(100_000)
  })

  test('receive keeps nothing of what is something else', async () => {
    const artifact = artifactOf(host(), { bytes: 1000 })
    const lying = await breakingOff({ ...artifact, sent: Buffer.alloc(artifact.sent.length, 'x') })
    const client = host().another()
    expect(await take(client, artifact, lying.at, secretOf('a'))).toMatchObject({ code: 71 })
    lying.server.close()
    expect(client.list('artifacts')).toEqual([])
  })
})

interface At {
  readonly address: string
  readonly port: number
}

interface Serving extends At, AsyncDisposable {
  readonly script: RunningScript
  readonly ended: ReturnType<RunningScript['result']>
  said(): string
  grant(number: string, secret: string, artifact: Artifact, address: string): Promise<void>
}

/** An artifact that this host was sent to be passed on. */
async function kept(host: TestHost, bytes = 10): Promise<Artifact> {
  const artifact = artifactOf(host, { bytes })
  await host.run('receive', argumentsOf(host, artifact, 'keep'), { input: artifact.sent })
  return artifact
}

/** A host that half of an artifact has arrived at; the other half follows when it is called for. */
async function receivingHalf(host: TestHost, artifact: Artifact) {
  const { sent } = artifact
  const half = sent.length / 2
  const script = host.start('receive', argumentsOf(host, artifact, 'keep'))
  const ended = script.result()
  script.stdin.write(sent.subarray(0, half))
  await settled(() => script.said().includes('passing\n') && sizeOf(host, artifact) === half)
  return {
    ended,
    sendRest: () => script.stdin.end(sent.subarray(half)),
    sendOther: () => script.stdin.end(Buffer.alloc(half, 'x')),
  }
}

async function serving(host: TestHost, rate = 0): Promise<Serving> {
  const address = loopbackAddress()
  const script = host.start('relay', [1, host.home, 'c1', 'serve', address, rate])
  const ended = script.result()
  const heard = (pattern: RegExp) => settled(() => pattern.test(script.said()))
  await heard(/^listening \d+$/m)
  return {
    address,
    port: Number(/^listening (\d+)$/m.exec(script.said())?.[1]),
    script,
    ended,
    said: script.said,
    grant: async (number, secret, { wire, sent }, address) => {
      script.stdin.write(`grant ${number} ${secret} ${wire} ${sent.length} ${address}\n`)
      await heard(new RegExp(`^granted ${number}$`, 'm'))
    },
    [Symbol.asyncDispose]: async () => {
      script.stdin.end()
      await ended
    },
  }
}

function take(host: TestHost, artifact: Artifact, { address, port }: At, secret: string) {
  const args = argumentsOf(host, artifact, 'drop').with(7, 'peer')
  return host.run('receive', args, { input: `${address} ${port} ${secret}\n` })
}

interface Got {
  readonly status: number | undefined
  readonly body: Buffer
}

function get({ address, port }: At, wire: string, secret: string, more: object = {}): Promise<Got> {
  const { headers = {}, onBytes = () => undefined, ...options } = more as { headers?: object; onBytes?: () => void }
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: address,
        port,
        path: `/${wire}`,
        headers: { Authorization: `Bearer ${secret}`, ...headers },
        localAddress: '127.0.0.1',
        ...options,
      },
      (answer) => {
        const chunks: Buffer[] = []
        answer.once('data', onBytes)
        answer.on('data', (chunk) => chunks.push(chunk))
        answer.on('end', () => resolve({ status: answer.statusCode, body: Buffer.concat(chunks) }))
        answer.on('error', reject)
      },
    )
    asked.on('error', reject).end()
  })
}

/** Serves so much of it to anybody; default: all. */
async function breakingOff({ sent }: Artifact, bytes = sent.length): Promise<{ server: Server; at: At }> {
  const server = createServer((_, response) => {
    response.writeHead(206, { Connection: 'close' })
    response.write(sent.subarray(0, bytes), () => response.end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, at: { address: '127.0.0.1', port: (server.address() as AddressInfo).port } }
}

function secretOf(digit: string): string {
  return digit.repeat(64)
}

/** The parts of what runs with our marker and this home. */
function markedParts({ home }: TestHost): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const lines = environmentLines(path.join('/proc', pid, 'environ'))
      return lines.includes(`TRUENO_DEPLOY_HOME=${home}`)
        ? lines.filter((line) => line.startsWith('TRUENO_DEPLOY_PART=')).map((line) => line.slice(19))
        : []
    })
}

function environmentLines(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\0')
  } catch {
    return []
  }
}
