import { describe, expect, it } from 'vitest'
import { Printed, parseCommandLine } from '../src/cli/parse.js'
import type { Typed } from '../src/cli/typed.js'
import { UsageError } from '../src/errors.js'

function parse(line: string): Typed {
  return parseCommandLine(line.split(' ').filter(Boolean), {
    version: '1.2.3',
    out: () => undefined,
    err: () => undefined,
  })
}

function printed(line: string): string {
  let text = ''
  const out = (more: string): void => {
    text += more
  }
  expect(() => parseCommandLine(line.split(' '), { version: '1.2.3', out, err: () => undefined })).toThrow(Printed)
  return text
}

/** What is wrong with a command line, and the way out. */
function wrong(line: string): unknown {
  try {
    return parse(line)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    const [problem] = error.problems
    return [error.exitCode, problem?.code, problem?.cause, problem?.remedy]
  }
}

const reaching = '-i lab.yaml --hosts a,b --roles index --parallel 4'
const reached = { inventory: 'lab.yaml', hosts: ['a', 'b'], roles: ['index'], parallel: 4 }
const limits = '--relay-limit 9MB/s --upload-limit 1MB/s'
const limited = { relayLimit: '9MB/s', uploadLimit: '1MB/s' }
const telling = '--json --plain --quiet --verbose --no-color'
const told = { json: true, plain: true, quiet: true, verbose: true, color: false }

describe('a command line', () => {
  it.each<[line: string, verb: string, file: string, options: object]>([
    ['up', 'up', 'cluster.json', { relay: true, color: true }],
    [
      `up lab.json ${reaching} --release ./t.tgz --timeout-start 5m --no-relay ${limits} --wait ${telling}`,
      'up',
      'lab.json',
      { ...reached, release: './t.tgz', timeoutStart: '5m', relay: false, ...limited, wait: true, ...told },
    ],
    [
      `plan ${reaching} --release standin --timeout-start 90s --out p.json --exit-code ${telling}`,
      'plan',
      'cluster.json',
      { ...reached, release: 'standin', timeoutStart: '90s', relay: true, out: 'p.json', exitCode: true, ...told },
    ],
    ['apply', 'apply', 'plan.json', { color: true }],
    [
      `apply p.json --inventory lab.yaml --parallel 1 --release t --wait ${telling}`,
      'apply',
      'p.json',
      { inventory: 'lab.yaml', parallel: 1, release: 't', wait: true, ...told },
    ],
    [
      `status --inventory lab.yaml --hosts a --roles index,compute --watch ${telling}`,
      'status',
      'cluster.json',
      { inventory: 'lab.yaml', hosts: ['a'], roles: ['index', 'compute'], watch: true, ...told },
    ],
    [`down ${reaching} --wait ${telling}`, 'down', 'cluster.json', { ...reached, wait: true, ...told }],
    [`check ${reaching} --release t ${telling} lab.json`, 'check', 'lab.json', { ...reached, release: 't', ...told }],
    [`trust -i lab.yaml --yes ${telling} lab.json`, 'trust', 'lab.json', { inventory: 'lab.yaml', yes: true, ...told }],
    [
      `diagnose -i lab.yaml --hosts a,b --roles index --parallel 4 --release t -o x.tgz ${telling}`,
      'diagnose',
      'cluster.json',
      {
        inventory: 'lab.yaml',
        hosts: ['a', 'b'],
        roles: ['index'],
        parallel: 4,
        release: 't',
        output: 'x.tgz',
        ...told,
      },
    ],
    [`explain ${telling} port-taken`, 'explain', 'port-taken', told],
    ['explain', 'explain', '', { color: true }],
    [`rehearse --keep --stop --sshd ${telling}`, 'rehearse', '', { keep: true, stop: true, sshd: true, ...told }],
  ])('%s', (line, verb, file, options) => {
    expect(parse(line)).toEqual({ verb, file, options })
  })

  it.each([
    ['', []],
    ['ls lab', ['ls', 'lab']],
    ['show pm2', ['show', 'pm2']],
    ['lab --check', ['lab']],
  ])('bundle %s: words stand beside options', (line, words) => {
    expect(parse(`bundle ${line}`)).toMatchObject({ verb: 'bundle', words })
  })

  it('bundle: sources add up', () => {
    const line = 'bundle --source trueno=./t --source spark=pypi:pyspark==2.1.2 --out o --platform linux-arm64'
    expect(parse(line).options).toMatchObject({
      source: ['trueno=./t', 'spark=pypi:pyspark==2.1.2'],
      out: 'o',
      flavour: 'dev',
      platform: 'linux-arm64',
    })
  })

  it.each([
    ['stat', "unknown command 'stat'", 'Did you mean status? Else see `trueno-deploy --help`'],
    ['--json status', "unknown option '--json'", 'options come after the verb: see `trueno-deploy --help`'],
    ['status --exit-code', "unknown option '--exit-code'", 'see `trueno-deploy status --help`'],
    ['down --jsno', "unknown option '--jsno'", 'Did you mean --json? Else see `trueno-deploy down --help`'],
    ['up --parallel 4x', '--parallel takes a whole number from 1 to 9999, not `4x`', 'see `trueno-deploy --help`'],
    [
      'up --parallel 10000',
      '--parallel takes a whole number from 1 to 9999, not `10000`',
      'see `trueno-deploy --help`',
    ],
    ['up --release', "option '--release <path>' argument missing", 'see `trueno-deploy up --help`'],
    [
      'rehearse now',
      "too many arguments for 'rehearse'. Expected 0 arguments but got 1.",
      'see `trueno-deploy rehearse --help`',
    ],
  ])('that is wrong is told: %s', (line, cause, remedy) => {
    expect(wrong(line)).toEqual([2, 'wrong-use', cause, remedy])
  })

  it.each(['', 'help upp'])('without a verb (%j) is answered with the help, on standard error, and 2', (line) => {
    let text = ''
    const err = (more: string): void => {
      text += more
    }
    const argv = line.split(' ').filter(Boolean)
    const out = (): void => expect.unreachable('standard output is for what was asked for')
    expect(() => parseCommandLine(argv, { version: '1.2.3', out, err })).toThrow(
      expect.objectContaining({ name: 'Printed', exitCode: 2 }),
    )
    expect(text).toBe(printed('--help'))
  })
})

describe('--help', () => {
  it('names every verb, with examples and exit codes', () => {
    const text = printed('--help')
    for (const verb of ['up', 'plan', 'apply', 'status', 'down', 'check', 'trust', 'diagnose', 'explain', 'rehearse'])
      expect(text).toMatch(new RegExp(`^ {2}${verb} `, 'm'))
    expect(text).toMatch(/in this order:\n {2}trueno-deploy trust .*\n {2}trueno-deploy check --release/)
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    expect(text).toContain('130 interrupted')
  })

  it.each(['up', 'plan', 'apply', 'status', 'down', 'check', 'trust', 'diagnose', 'explain', 'rehearse'])(
    'of %s has examples, each of which is a command line',
    (verb) => {
      const [, examples = ''] = printed(`${verb} --help`).split('\nExamples:\n')
      const lines = examples.trim().split('\n')
      expect(lines.length).toBeGreaterThan(1)
      for (const line of lines) expect(parse(line.trim().replace(/^trueno-deploy /, '')).verb).toBe(verb)
    },
  )

  it('is what help prints, too', () => {
    expect(printed('help down')).toBe(printed('down --help'))
  })
})

it('--version prints the version', () => {
  expect(printed('--version')).toBe('1.2.3\n')
})
