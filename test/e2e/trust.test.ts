import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it, type TestContext } from 'vitest'
import { type Lab, labFor, twoHosts } from '../helpers/lab.js'
import { build, type Program, programIn } from '../helpers/program.js'
import { type SshdHost, startSshd } from '../helpers/sshd.js'

beforeAll(() => build(), 120_000)

const relay = `node -e "const s=require('net').connect(%p,'%h');process.stdin.pipe(s).pipe(process.stdout)"`

/** A lab whose hosts nobody knows yet: the first behind two jump hosts, the second by a ProxyCommand. */
async function unknownLab(test: TestContext): Promise<{ lab: Lab; gates: readonly SshdHost[]; program: Program }> {
  const lab = await labFor(test, { roles: twoHosts })
  const { directory, clientKey } = lab
  const gate = () => startSshd({ home: directory, authorizedKey: clientKey.publicKey })
  const gates = await Promise.all([gate(), gate()])
  test.onTestFinished(async () => {
    for (const one of gates) await one[Symbol.asyncDispose]()
  })
  lab.pin(Object.fromEntries(lab.hosts.map(({ key, sshd }) => [`[${key}]:${sshd.port}`, undefined])))
  const program = programIn(lab)
  const blocks = gates.map(({ address, port }, index) => `Host gate${index}\n  HostName ${address}\n  Port ${port}`)
  const config = [
    `Host ${lab.host(0).key}\n  ProxyJump gate0,gate1`,
    ...blocks,
    `Host ${lab.host(1).key}\n  ProxyCommand ${relay}`,
    `Host *\n  IdentityFile ${clientKey.file}\n  GlobalKnownHostsFile none\n  UserKnownHostsFile none`,
  ]
  writeFileSync(join(directory, 'ssh_config'), `${config.join('\n')}\n`)
  return { lab, gates, program }
}

it('one run pins jump hosts and then what lies behind them, also over a ProxyCommand', async (test) => {
  const { lab, gates, program } = await unknownLab(test)
  const { code, stdout, stderr } = await program.run('trust', '--yes')
  expect([code, stdout], stderr).toEqual([
    0,
    expect.stringMatching(/Pinned 4 host keys in .*trueno-deploy\.lock\.json/),
  ])
  expect(stderr.match(/jump host of 127\.\S+\.40 /g)).toHaveLength(2)
  expect(stderr).toMatch(/Behind them, hosts whose keys are not known yet/)
  const lock = JSON.parse(readFileSync(join(lab.directory, 'trueno-deploy.lock.json'), 'utf8'))
  const all = [...gates, ...lab.hosts.map(({ sshd }) => sshd)]
  expect(lock.hostKeys).toEqual(
    Object.fromEntries(all.map(({ address, port, hostKeys }) => [`[${address}]:${port}`, hostKeys])),
  )
  expect((await program.run('trust')).stdout).toMatch(/All host keys are known already/)
})

it('unknown keys of all hosts are told in one table, and the way on; nothing is pinned without a yes', async (test) => {
  const { lab, program } = await unknownLab(test)
  lab.inventory({ hosts: { [lab.host(0).key]: { proxyJump: 'none' } } })
  const up = await program.run('up')
  expect([up.code, up.stderr.match(/The host key is not known/g)]).toEqual([1, ['The host key is not known']])
  for (const { key, sshd } of lab.hosts)
    expect(up.stderr).toMatch(new RegExp(`\\[${key}\\]:${sshd.port} presents ED25519\\s+SHA256:\\S{43}`))
  expect(up.stderr).toMatch(/trueno-deploy trust/)
  const trust = await program.run('trust')
  expect([trust.code, trust.stderr]).toEqual([1, expect.stringMatching(/nothing was pinned/)])
})
