import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { becomeCommand, enteredMarker, noTool, runLine, shellMarker } from '../../src/ssh/run-as-command.js'
import { loginShells } from '../helpers/login-shells.js'

const directory = mkdtempSync(join(tmpdir(), 'run-as-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const me = userInfo().username
function run([program, ...args]: readonly [string, ...string[]], command: string, input: string, env = process.env) {
  const { status, stdout, stderr } = spawnSync(program, [...args, '-c', command], { input, encoding: 'utf8', env })
  return { status, stdout, stderr }
}

describe.each(Object.entries(loginShells))('with %s as login shell', (_, shell) => {
  test('whoever is that user already needs nothing, and what comes first is dropped', () => {
    const trace = join(directory, 'trace')
    const input = `touch ${trace}\n${runLine('exec sh')}pwd; exit 7\n`
    expect(run(shell, becomeCommand({ user: me }, 'password'), input)).toEqual({
      status: 7,
      stdout: `${shellMarker}${enteredMarker}${userInfo().homedir}\n`,
      stderr: '',
    })
    expect(existsSync(trace)).toBe(false)
  })

  test('where input ends before the command, nothing runs', () => {
    const { status, stdout } = run(shell, becomeCommand({ user: me }, 'silent'), 'echo did\n')
    expect([status, stdout]).toEqual([1, `${shellMarker}${enteredMarker}`])
  })

  test('where the host has none of the tools, that is said', () => {
    const bare = toolsOnly(`bare-${shell[0]}`, ['sh', 'id', shell[0]])
    const { status, stderr } = run(shell, becomeCommand({ user: 'other', with: 'doas' }, 'silent'), '', bare)
    expect([status, stderr.trim()]).toEqual([127, `${noTool}doas`])
  })
})

test.skipIf(userInfo().uid !== 0)('root needs neither sudo nor doas', () => {
  const bare = toolsOnly('su', ['sh', 'id', 'su'])
  const { stdout } = run(
    ['sh'],
    becomeCommand({ user: 'nobody' }, 'silent'),
    runLine(`exec ${whichOf('id')} -un`),
    bare,
  )
  expect(stdout).toBe(`${shellMarker}${enteredMarker}nobody\n`)
})

test('no login shell needs to know more than words', () => {
  const command = becomeCommand({ user: 'elastic', with: 'sudo' }, 'password')
  expect(command).not.toMatch(/[\\!\n]/)
  expect(command.split("'")).toHaveLength(13)
})

/** An environment in which these programs are on PATH alone. */
function toolsOnly(name: string, tools: readonly string[]): NodeJS.ProcessEnv {
  const path = mkdtempSync(join(directory, name))
  for (const tool of tools) symlinkSync(whichOf(tool), join(path, tool))
  return { HOME: process.env.HOME, PATH: path }
}

function whichOf(tool: string): string {
  return spawnSync('sh', ['-c', 'command -v "$0"', tool], { encoding: 'utf8' }).stdout.trim()
}
