import { describe, test } from 'vitest'
import { canMount } from '../helpers/mounts.js'
import { makePrivateUsers } from '../helpers/private-users.js'
import { startSshd } from '../helpers/sshd.js'
import { connectionContract } from './contract.js'
import type { HostOptions, RigOptions, TestHost } from './rig.js'

const password = 'sesame-of-the-contract'
const runAs = { user: 'elastic' }

/** A host where `deploy` logs in, by these rules of sudo. */
function startWith(rule: string): (options: HostOptions) => Promise<TestHost> {
  return async ({ authorizedKey }) => {
    const users = makePrivateUsers([
      { name: 'deploy', password },
      { name: 'elastic', shell: '/usr/sbin/nologin' },
    ])
    users.sudoers(rule)
    const { within, homeOf } = users
    const sshd = await startSshd({ home: homeOf('deploy'), authorizedKey, user: 'deploy', within })
    return {
      ...sshd,
      home: homeOf('elastic'),
      [Symbol.asyncDispose]: async () => {
        await sshd[Symbol.asyncDispose]()
        users[Symbol.dispose]()
      },
    }
  }
}

if (canMount) {
  // Files that the tests make are for the run user to write to.
  process.umask(0)
  const options: RigOptions = { user: 'deploy', runAs }
  const asked: RigOptions = { ...options, ask: async () => password }
  connectionContract('ssh2, and sudo with a password', startWith('deploy ALL=(elastic) ALL'), asked)
  connectionContract('the OpenSSH client, and sudo without', startWith('deploy ALL=(elastic) NOPASSWD: /bin/sh'), {
    ...options,
    transport: 'openssh',
  })
} else describe.skip('becoming another user: needs root that may mount', () => test('is skipped', () => {}))
