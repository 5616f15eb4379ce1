import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { beginMarker, type Invocation, inlineParts, invoke, invokeWithData } from '../../src/ssh/scripts.js'
import { loginShells } from '../helpers/login-shells.js'

function run([program, ...args]: readonly [string, ...string[]], { command, input }: Invocation, data = '') {
  const { status, stdout, stderr } = spawnSync(program, [...args, '-c', command], {
    input: input + data,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

describe.each(Object.entries(loginShells))('with %s as login shell', (_, shell) => {
  test('a script runs with its arguments and nothing on its standard input', () => {
    const script = 'set -eu\nprintf "%s|" "$@"; cat; echo "why" >&2; exit 7'
    expect(run(shell, invoke(script, ["it's", 'a "b" $HOME `x` \\', 'two\nlines', '!history', '']))).toEqual({
      status: 7,
      stdout: `${beginMarker}it's|a "b" $HOME \`x\` \\|two\nlines|!history||`,
      stderr: `${beginMarker}why\n`,
    })
  })

  test('a script with data gets exactly what follows it', () => {
    const script = `set -eu\nprintf 'first %s\\n' "$1"\nwhile IFS= read -r line; do printf 'data %s\\n' "$line"; done\nexit 3`
    expect(run(shell, invokeWithData(script, ['$HOME \\n !x']), 'one\n two\\t\n')).toEqual({
      status: 3,
      stdout: `${beginMarker}first $HOME \\n !x\ndata one\ndata  two\\t\n`,
      stderr: beginMarker,
    })
  })

  test('a script that was cut short does nothing', () => {
    const whole = invoke('echo did\necho something', [])
    const cut = { ...whole, input: whole.input.slice(0, whole.input.indexOf('something')) }
    expect(run(shell, cut).stdout).toBe('')
  })

  test('a script with data that was cut short does nothing', () => {
    const whole = invokeWithData('echo did\necho something', [])
    const cut = { ...whole, input: whole.input.slice(0, whole.input.indexOf('something')) }
    expect(run(shell, cut).stdout).toBe('')
  })
})

test('whatever the arguments are, the script gets them and the data stays data', () => {
  const argument = fc.oneof(
    fc.string({ unit: fc.constantFrom(...`'"\\$!\n #é`) }),
    // What ends a script, as an argument of it.
    fc.constantFrom('#trueno-deploy: end of script', '\n#trueno-deploy: end of script\n'),
  )
  fc.assert(
    fc.property(fc.array(argument), fc.string({ unit: 'grapheme' }), (args, data) => {
      const { stdout } = run(['dash'], invokeWithData(`printf '%s\\0' "$@"; cat`, args), data)
      // printf without words prints its format once.
      const words = args.length === 0 ? '\0' : args.map((word) => `${word}\0`).join('')
      expect(stdout).toBe(beginMarker + words + data)
    }),
    { numRuns: 60 },
  )
})

test('a line that loads a part of a script gives way to it, and nothing else does', async () => {
  const loads = (file: string) => ['. "$', `{0%/*}/${file}"`].join('')
  const script = `#!/bin/sh\n# ${loads('lib.sh')}\n${loads('lib.sh')}\n${loads('more.sh')}\n${loads('../x.sh')}\nmain\n`
  const inlined = await inlineParts(script, async (file) => `text of ${file}\n$&`)
  expect(inlined).toBe(
    `#!/bin/sh\n# ${loads('lib.sh')}\ntext of lib.sh\n$&\ntext of more.sh\n$&\n${loads('../x.sh')}\nmain\n`,
  )
})
