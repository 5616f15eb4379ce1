import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { commandLine } from '../helpers/command-line.js'

const standin = new URL('../../remote/standin', import.meta.url).pathname

it('a mirror that refuses what is put there says so before it is sent', async (test) => {
  const directory = await mkdtemp(join(tmpdir(), 'push-'))
  let arrived = 0
  const server = createServer((_request, response) => void response.writeHead(404).end())
  server.on('checkContinue', (request, response) => {
    request.on('data', ({ length }: Buffer) => {
      arrived += length
    })
    response.writeHead(403).end('no')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  test.onTestFinished(async () => {
    server.close()
    await rm(directory, { recursive: true, force: true })
  })
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/lab`
  const refused = await commandLine(directory, ['bundle', 'push', address, standin]).done
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/the mirror takes nothing[\s\S]*it answers 403/),
  })
  expect(arrived).toBe(0)
})
