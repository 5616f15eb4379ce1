import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { expect, it, onTestFinished } from 'vitest'
import { generateSshKeyPair } from '../../src/rehearsal/host-key.js'
import { loopbackAddress } from '../helpers/loopback.js'
import { startSshd } from '../helpers/sshd.js'
import { errorOf } from './observe.js'
import { clientConfig, startRig } from './rig.js'

it('a connection that breaks off in the middle of a login is lost, not refused, and the key is not offered again', async () => {
  await using rig = await startRig(startSshd)
  const { privateKey, publicKey } = generateSshKeyPair()
  let logins = 0
  const server = new ssh2.Server({ hostKeys: [privateKey] }, (connection) => {
    connection.on('error', () => undefined)
    connection.on('authentication', () => {
      logins += 1
      ;(connection as unknown as { _sock: Socket })._sock.destroy()
    })
  })
  const address = loopbackAddress()
  server.listen(0, address)
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const configFile = join(rig.directory, 'broken')
  writeFileSync(rig.knownHostsFile, `[${address}]:${port} ${publicKey}\n`)
  writeFileSync(configFile, clientConfig({ ...rig, host: { ...rig.host, address, port }, identity: rig.key.file }))
  await using ssh = rig.ssh('true', { configFile })
  const { fault, problem } = await errorOf(ssh.connect('host', await ssh.resolve({ ssh: 'host' })))
  expect([fault, logins]).toEqual(['lost', 1])
  expect(problem.cause).toMatch(/broke off while we were logging in/)
})
