import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { type Lab, labFor, twoHosts } from '../helpers/lab.js'
import { build, programIn } from '../helpers/program.js'

beforeAll(build)

const version = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version

it('runs by the link that npm makes, tells its version at once, and ends with the exit codes that are promised', async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  const { run } = programIn(lab)
  expect(await run('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  expect(await run('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('Exit codes'), stderr: '' })
  const wrong = await run('down', '--hosts', 'nowhere')
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringMatching(/no such host/) })
  expect(await run('status')).toMatchObject({ code: 3, stderr: '' })
  expect(await run('plan', '--exit-code')).toMatchObject({ code: 5, stderr: '' })
  lab.inventory({ defaults: { identityFile: '/nowhere' } })
  const failed = await run('plan')
  expect(failed).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/No host can be reached.*left out +\/nowhere: there is no such file/s),
  })
  for (const { stdout, stderr } of [wrong, failed]) expect(stdout + stderr).not.toMatch(/^ +at .*:\d+:\d+\)?$/m)
})

it('ends at once when nobody reads its output any more, without a word of its own', async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  const { start } = programIn(lab)
  const run = start('plan', '--json')
  run.child.stdout?.destroy()
  const ended = await run.done
  expect(ended.stderr).toBe('')
})

it('takes a real Ctrl-C: the first ends our work in order, the second now; up again goes on', async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  lab.faults(0, { core: { slowMs: 1500 } })
  const { start, run } = programIn(lab)
  const first = start('up')
  await first.printed(/Stage: /)
  first.child.kill('SIGINT')
  const once = await first.done
  expect(once).toMatchObject({ code: 130, stderr: expect.stringMatching(/Nothing of this cluster runs/) })

  const second = start('up')
  await second.printed(/Start coordinator: /)
  second.child.kill('SIGINT')
  await second.printed(/Ctrl-C again: stop now/)
  second.child.kill('SIGINT')
  const twice = await second.done
  expect(twice.code).toBe(130)
  for (const { stdout, stderr } of [once, twice]) expect(stdout + stderr).not.toMatch(/^ +at /m)

  // What is ended at once can leave its lease; nobody waits here until that is taken over.
  const beat = join(lab.host(0).home, 'lease/beat')
  if (existsSync(beat)) writeFileSync(beat, '1\n')
  const again = await run('up')
  expect(again.code, again.stderr).toBe(0)
  for (const index of lab.hosts.keys()) expect(lab.starts(index)).toHaveLength(1)
})

it('needs cluster.json only on a second laptop, whose ssh knows the hosts: the receipts tell the rest', async (test) => {
  const lab = await labFor(test, {
    roles: twoHosts,
    inventory: { defaults: { environment: { TZ: 'Asia/Tokyo' } } },
  })
  expect((await lab.tell('up')).code).toBe(0)
  const before = lab.hosts.map((_, index) => lab.processes(index))

  renameSync(join(lab.directory, 'inventory.yaml'), join(lab.directory, 'not-here.yaml'))
  const { run } = programIn(lab)
  writeFileSync(join(lab.directory, 'ssh_config'), sshConfig(lab))
  const status = await run('status', '--json')
  expect(status.code, status.stderr).toBe(0)
  expect(JSON.parse(status.stdout)).toMatchObject({ cluster: 'lab', state: 'ready' })
  const up = await run('up')
  expect(up.code, up.stderr).toBe(0)
  expect(up.stdout).toContain('Nothing to do')
  expect(lab.hosts.map((_, index) => lab.processes(index))).toEqual(before)

  expect((await run('down')).code).toBe(0)
  // Which addresses a release listens at is not in the receipts, and many hosts are on this machine.
  const back = await run('up', '--release', 'standin', '--json')
  expect(back.code, back.stdout).toBe(0)
  expect(back.stdout).not.toContain('write-environment')
})

function sshConfig({ hosts, clientKey }: Lab): string {
  return hosts
    .map(({ key, sshd }) => `Host ${key}\n  Port ${sshd.port}\n  User ${sshd.user}\n  IdentityFile ${clientKey.file}\n`)
    .join('')
}
