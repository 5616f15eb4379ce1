import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type Lab, labFor, twoHosts } from '../helpers/lab.js'

it('hosts with the tools of busybox alone, beside bash and Node, get the release, run, are looked at, and are stopped', async (test) => {
  const lab = await labFor(test, {
    roles: twoHosts,
    sshd: (_index, login) => ({ environment: { PATH: busyboxIn(login) } }),
  })
  const told = await lab.tell('up')
  expect(told.code, told.screen).toBe(0)
  const status = await lab.run('status', '--deep')
  expect(status.code, status.stdout).toBe(0)
  expect((await lab.run('plan', '--exit-code')).code).toBe(0)

  lab.inventory({
    keepReleases: 1,
    release: another(lab),
    defaults: { elasticsearch: { settings: { 'script.inline': true } } },
  })
  const again = await lab.tell('up')
  expect(again.code, again.screen).toBe(0)
  for (const { home } of lab.hosts)
    expect(readdirSync(join(home, 'releases')).filter((name) => !name.includes('.'))).toHaveLength(1)
  expect((await lab.run('down')).code).toBe(0)
})

/** A PATH on which there is nothing of coreutils, tar, gzip, awk or procps but busybox's. */
function busyboxIn(login: string): string {
  const directory = join(login, 'bin')
  mkdirSync(directory)
  execFileSync('busybox', ['--install', '-s', directory])
  const bash = execFileSync('sh', ['-c', 'command -v bash'], { encoding: 'utf8' }).trim()
  symlinkSync(bash, join(directory, 'bash'))
  symlinkSync(process.execPath, join(directory, 'node'))
  return directory
}

function another({ directory }: Lab): string {
  const folder = join(directory, 'another')
  execFileSync('cp', ['-R', 'remote/standin', folder])
  writeFileSync(join(folder, 'lib/standin/version.txt'), '2')
  return folder
}
