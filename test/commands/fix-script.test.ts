import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fixScript, proposedFixes } from '../../src/commands/mending/fix-script.js'
import type { Fix } from '../../src/plan/checks/fixes.js'

const shells = ['dash', 'bash', 'busybox sh']

describe.each(shells)('in %s, a script that mends', (shell) => {
  it('names replaces what /etc/hosts says of them, once, and keeps the rest', () => {
    const hosts = ['127.0.0.1 localhost', '127.0.1.1 n42.lab n42 # Debian', '10.0.0.42 n42.lab', '10.0.0.7 other', '']
    const run = rig(shell, { '/etc/hosts': hosts.join('\n') })
    const fixes: readonly Fix[] = [
      { kind: 'name', name: 'n42.lab', address: '10.0.0.42' },
      { kind: 'name', name: 'n40.lab', address: '10.0.0.40' },
    ]
    const wanted = '127.0.0.1 localhost\n127.0.1.1 n42\n10.0.0.7 other\n10.0.0.42 n42.lab\n10.0.0.40 n40.lab\n'
    run(fixes)
    expect(run.read('/etc/hosts')).toBe(wanted)
    run(fixes)
    expect(run.read('/etc/hosts').split('\n').sort()).toEqual(wanted.split('\n').sort())
  })

  it('directories makes those that are missing, with their owner', () => {
    const run = rig(shell, {})
    const path = join(run.root, `it's "a" $home`, 'below')
    run([{ kind: 'directory', path, user: userInfo().username }])
    expect([statSync(path).isDirectory(), statSync(path).mode & 0o777]).toEqual([true, 0o700])
  })

  it('limits, sessions and the kernel writes files that say so', () => {
    const run = rig(shell, { '/sys/kernel/mm/transparent_hugepage/enabled': 'always' })
    run([
      { kind: 'limit', user: 'ann', item: 'nofile', value: '65536' },
      { kind: 'limit', user: 'ann', item: 'memlock', value: 'unlimited' },
      { kind: 'session', user: 'ann' },
      { kind: 'sysctl', name: 'vm.max_map_count', value: '262144' },
      { kind: 'hugePages' },
    ])
    expect(run.read('/etc/security/limits.d/60-trueno.conf')).toBe('ann - nofile 65536\nann - memlock unlimited\n')
    expect(run.read('/etc/systemd/logind.conf.d/60-trueno.conf')).toBe('[Login]\nKillExcludeUsers=root ann\n')
    expect(run.read('/etc/sysctl.d/60-trueno.conf')).toBe('vm.max_map_count = 262144\n')
    expect(run.read('/sys/kernel/mm/transparent_hugepage/enabled')).toBe('madvise\n')
    expect(run.called()).toBe('sysctl -w vm.max_map_count=262144\nsystemctl restart systemd-logind\n')
  })
})

it('hosts that need the same get one script, those that need nothing none', () => {
  const maps: Fix = { kind: 'sysctl', name: 'vm.max_map_count', value: '262144' }
  const fixes = new Map<string, readonly Fix[]>([
    ['a', [maps]],
    ['b', []],
    ['c', [maps]],
    ['d', [{ kind: 'hugePages' }]],
  ])
  expect(proposedFixes(fixes).map(({ hosts }) => hosts)).toEqual([['a', 'c'], ['d']])
  expect(fixScript([maps])).toMatch(
    /^#!\/bin\/sh\nset -eu\n\n# now, and after each boot\nsysctl -w 'vm.max_map_count=262144'\n/,
  )
})

/** Runs scripts whose files of the system lie in a directory of their own. */
function rig(shell: string, files: Readonly<Record<string, string>>) {
  const root = mkdtempSync(join(tmpdir(), 'fix-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  mkdirSync(join(root, 'tools'))
  for (const tool of ['sysctl', 'systemctl'])
    writeFileSync(join(root, 'tools', tool), `#!/bin/sh\necho "${tool} $*" >>${root}/calls\n`, { mode: 0o755 })
  const [program = '', ...args] = shell.split(' ')
  const run = (fixes: readonly Fix[]): void => {
    const script = fixScript(fixes).replaceAll(/(?<=[ >])\/(etc|sys)\//g, `${root}/$1/`)
    const env = { PATH: `${root}/tools:/usr/bin:/bin:/usr/sbin:/sbin` }
    execFileSync(program, [...args, '-c', script], { env, stdio: 'pipe' })
  }
  const read = (path: string): string => readFileSync(join(root, path), 'utf8')
  return Object.assign(run, { root, read, called: () => read('calls') })
}
