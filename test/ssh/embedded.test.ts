import { startEmbeddedHost } from '../../src/rehearsal/embedded-server.js'
import { systemWorld } from '../../src/system-world.js'
import { loopbackAddress } from '../helpers/loopback.js'
import { connectionContract } from './contract.js'
import type { HostOptions, TestHost } from './rig.js'

const environment = { PATH: process.env.PATH ?? '/usr/bin:/bin' }

function startWith(shell: string): (options: HostOptions) => Promise<TestHost> {
  return async (options) => {
    const host = await startEmbeddedHost({
      ...options,
      address: loopbackAddress(),
      environment,
      shell,
      world: systemWorld,
    })
    return { ...host, hostKeys: [host.hostKey] }
  }
}

connectionContract('ssh2 and the embedded server', startWith('/bin/sh'))
