import { expect, it } from 'vitest'
import { scriptProblem } from '../../src/engine/script-problem.js'
import { readScene } from '../../src/trueno/read-scene.js'
import { failed } from './fake-host.js'

it.each<[code: number | null, stderr: string, stdout: string, told: object]>([
  [70, 'one\ntwo\n', 'zero\n', { code: 'script-failed', cause: 'two', evidence: 'zero\none' }],
  [71, 'what arrived is not what was sent', '', { code: 'hash-mismatch', cause: 'what arrived is not what was sent' }],
  [72, 'no space left to write', '', { code: 'disk-full', cause: 'no space left to write', evidence: '' }],
  [73, 'cannot write /h', '', { code: 'home-not-writable', cause: 'cannot write /h' }],
  [74, 'it runs already', '', { code: 'precondition', cause: 'it runs already' }],
  [
    75,
    'token 3 is stale',
    '',
    {
      code: 'stale-lease',
      cause: 'somebody else has taken over the lease of this cluster since we began',
      evidence: 'token 3 is stale',
    },
  ],
  [1, '', '', { code: 'script-failed', cause: 'stop exited with 1 and said nothing', evidence: '' }],
  [null, ' \n', '', { code: 'script-failed', cause: 'a signal ended stop', evidence: '' }],
])('a script that ends with %s is told: %j', (code, stderr, stdout, told) => {
  const problem = scriptProblem('Stop Trueno', 'stop', failed(code, stderr, stdout))
  expect(problem).toMatchObject({ title: 'Stop Trueno failed', severity: 'error', ...told })
  expect(problem.remedy).not.toBe('')
})

it('evidence is lines, each with the log that it is from', () => {
  const output = 'early\n==> /h/run/pm2/pm2.log <==\none\n\n==> empty <==\n==> /d/logs/a b.log <==\ntwo\nthree\n'
  expect(readScene(output).lines).toEqual([
    { file: '', text: 'early' },
    { file: '/h/run/pm2/pm2.log', text: 'one' },
    { file: '/d/logs/a b.log', text: 'two' },
    { file: '/d/logs/a b.log', text: 'three' },
  ])
  expect(readScene('')).toEqual({ lines: [], condition: null })
})
