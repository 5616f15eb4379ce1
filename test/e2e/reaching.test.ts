import { createServer, type Server } from 'node:net'
import { expect, it } from 'vitest'
import { begun } from '../helpers/command-line.js'
import { labFor } from '../helpers/lab.js'
import { freePort } from '../helpers/loopback.js'
import { makeClientKey } from '../helpers/sshd.js'

/** One fault for each host but the first, all of them in one run. */
const [fine, wrongKey, wrongUser, changedKey, unknownKey, refused, timedOut, noName] = [0, 1, 2, 3, 4, 5, 6, 7]
const roles = [['master'], ['compute', 'index'], [], [], [], [], [], []] as const

it('tells every host that cannot be reached, each with its cause, and goes on when they can be', async (test) => {
  const lab = await labFor(test, { roles })
  const { hosts } = lab
  const key = (index: number): string => lab.host(index).key ?? ''
  const stranger = makeClientKey(lab.directory, 'stranger').file
  const silent = await listenSilently(key(timedOut))
  test.onTestFinished(() => void silent.close())
  lab.inventory({
    timeouts: { connect: '8s' },
    hosts: {
      [key(wrongKey)]: { identityFile: stranger },
      [key(wrongUser)]: { user: 'nobody-of-this-name' },
      [key(refused)]: { port: await freePort(key(refused)) },
      [key(timedOut)]: { port: (silent.address() as { port: number }).port },
      [key(noName)]: { ssh: 'no-such-host.invalid' },
    },
  })
  const names = hosts.map((host) => `[${host.key}]:${host.sshd.port}`)
  lab.pin({ [names[changedKey] ?? '']: lab.host(fine).sshd.hostKeys, [names[unknownKey] ?? '']: undefined })

  const told = await lab.tell('up')
  expect(told.code, told.screen).toBe(1)
  expect(told.problems.map(({ host, code }) => [host, code])).toEqual([
    [key(wrongKey), 'auth-failed'],
    [key(wrongUser), 'auth-failed'],
    [key(changedKey), 'host-key-changed'],
    [key(unknownKey), 'host-key-unknown'],
    [key(refused), 'connection-refused'],
    [key(timedOut), 'connection-timed-out'],
    [key(noName), 'blocked'],
  ])
  for (const words of said) expect(told.screen).toMatch(words)
  expect(begun(told, 'assemble')).toEqual([key(fine)])
  expect(begun(told, 'start')).toEqual([])
  expect(told.screen).toMatch(/waits for every host of cluster\.json.*take it out of cluster\.json/s)

  const trusted = await lab.run('trust', '--yes', '--json')
  expect(trusted.code).toBe(1)
  expect(JSON.parse(trusted.stdout)).toMatchObject({
    pinned: [key(unknownKey)],
    problems: [changedKey, refused, timedOut, noName].map((index) => ({ host: key(index) })),
  })

  // Two are mended, the others taken out.
  lab.members(fine, wrongKey, unknownKey)
  const again = await lab.tell('up')
  expect(again.problems).toMatchObject([{ code: 'former-member', severity: 'warning' }])
  expect(again.code, again.screen).toBe(0)
  expect((await lab.status()).state).toBe('ready')
  expect((await lab.run('trust')).stdout).toMatch(/All host keys are known already/)
})

const said = [
  /7 of 8 hosts cannot be reached/,
  /refuses every key that was offered.*tried +\S+stranger/s,
  /nobody-of-this-name@/,
  /THE HOST KEY HAS CHANGED.*presents ED25519 SHA256:.*known is +ED25519 SHA256:\S+ +\(\S+lock\.json:1\)/s,
  /The host key is not known.*run `trueno-deploy trust`/s,
  /Nobody listens at the SSH port.*connection refused/s,
  /did not let us in within 8 s/,
  /no-such-host\.invalid is a name that \/etc\/hosts does not have/,
]

function listenSilently(address: string): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer(() => undefined)
    server.listen(0, address, () => resolve(server))
  })
}
