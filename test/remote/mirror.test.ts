import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { expect, test } from 'vitest'
import { type TlsIdentity, tlsIdentity } from '../helpers/certificate.js'
import { type Artifact, argumentsOf, artifactOf } from './artifact.js'
import { inEachShell, type RunOptions, type TestHost } from './test-host.js'

inEachShell((host) => {
  const take = (artifact: Artifact, address: string, options: RunOptions = {}) => {
    const args = argumentsOf(host(), artifact, 'drop').with(7, 'mirror')
    return host().run('receive', args, { input: `${address}\n`, ...options })
  }

  test.each(['curl', 'Node'])('receive takes it from a mirror with %s, and goes on where it was', async (client) => {
    const artifact = artifactOf(host(), { bytes: 200_000 })
    await using mirror = await serve(artifact)
    const env = client === 'Node' ? { PATH: pathWithoutCurl(host()) } : {}
    host().put(`artifacts/.part-${artifact.wire}`, artifact.sent.subarray(0, 70_000))
    expect(await take(artifact, `${mirror.address}/file?signature=a%2Bb`, { env })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^from 70000\n(at \d+\n)*stored\n$/),
    })
    expect(mirror.asked).toEqual([['/file?signature=a%2Bb', 'bytes=70000-']])
    expect(host().list('artifacts')).toEqual([artifact.sha256])
  })

  test.each(['curl', 'Node'])(
    'receive with %s names a mirror that lacks it, and one that is not there',
    async (client) => {
      const artifact = artifactOf(host())
      const env = client === 'Node' ? { PATH: pathWithoutCurl(host()) } : {}
      await using mirror = await serve(artifact)
      expect(await take(artifact, `${mirror.address}/other`, { env })).toMatchObject({
        code: 76,
        stderr: 'the mirror has it not, or does not give it (code 22)\n',
      })
      expect(await take(artifact, 'http://127.0.0.1:9/file', { env })).toMatchObject({
        code: 76,
        stderr: expect.stringMatching(/^the mirror cannot be reached from this host \(code \d+\)\n$/),
      })
    },
  )

  test.each(['curl', 'Node'])('receive with %s takes it over TLS from whoever this host trusts', async (client) => {
    const artifact = artifactOf(host())
    const identity = tlsIdentity('127.0.0.1')
    await using mirror = await serve(artifact, identity)
    const authorities = path.join(host().root, 'authorities.pem')
    writeFileSync(authorities, identity.cert)
    const address = `${mirror.address}/file`
    const env = client === 'Node' ? { PATH: pathWithoutCurl(host()) } : {}
    expect(await take(artifact, address, { env })).toMatchObject({
      code: 76,
      stderr: "the mirror's certificate is not trusted on this host (code 60)\n",
    })
    expect(mirror.asked).toEqual([])
    const trusting = client === 'Node' ? {} : { CURL_CA_BUNDLE: authorities }
    const instead = { '/etc/ssl/certs/ca-certificates.crt': authorities }
    expect(await take(artifact, address, { env: { ...env, ...trusting }, instead })).toMatchObject({ code: 0 })
    expect(host().list('artifacts')).toEqual([artifact.sha256])
  })

  test('receive with curl says when what a mirror sends finds no room', async () => {
    host().mountSmallDisk('1m')
    host().fakeTool('curl', '#!/bin/sh\ncat /dev/zero\nexit 23\n')
    expect(await take(artifactOf(host()), 'http://127.0.0.1:9/file')).toMatchObject({ code: 72 })
  })
})

/** Has it at `/file`, with ranges. @param identity over TLS */
async function serve({ sent }: Artifact, identity?: TlsIdentity) {
  const asked: [string | undefined, string | undefined][] = []
  const answer: RequestListener = ({ url = '', headers }, response) => {
    asked.push([url, headers.range])
    if (!url.startsWith('/file')) return void response.writeHead(404).end()
    const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0)
    const range = { 'Content-Range': `bytes ${from}-${sent.length - 1}/${sent.length}` }
    response.writeHead(from > 0 ? 206 : 200, { 'Content-Length': sent.length - from, ...(from > 0 && range) })
    response.end(sent.subarray(from))
  }
  const server = identity === undefined ? createServer(answer) : createSecureServer(identity, answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `${identity === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    [Symbol.asyncDispose]: async () => void server.close(),
  }
}

/** All that this machine has, but for curl. */
function pathWithoutCurl({ root }: TestHost): string {
  const directory = path.join(root, 'without-curl')
  mkdirSync(directory, { recursive: true })
  const tools = readdirSync('/usr/bin').filter((name) => name !== 'curl' && name !== 'node')
  for (const name of tools) symlinkSync(path.join('/usr/bin', name), path.join(directory, name))
  symlinkSync(process.execPath, path.join(directory, 'node'))
  return directory
}
