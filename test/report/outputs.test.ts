import { describe, expect, it } from 'vitest'
import type { Event } from '../../src/engine/events.js'
import { chooseReporter, createReporter, type ReporterKind } from '../../src/report/reporter.js'
import { bigRun } from './big-run.js'
import { eventsOf, golden, outputs } from './recorded.js'

describe('plain lines', () => {
  it.each(['up', 'up-failed', 'up-check-failed', 'up-interrupted', 'up-unreachable', 'hostile'] as const)(
    'tell %s',
    async (name) => {
      const { stdout, stderr } = await told('plain', eventsOf(name))
      await expect(`${stdout}--- stderr ---${stderr}`).toMatchFileSnapshot(golden(`plain-${name}`))
    },
  )

  it('hold no colours unless asked for', async () => {
    const plain = await told('plain', eventsOf('up-failed'))
    const coloured = await told('plain', eventsOf('up-failed'), { colour: true })
    expect(plain.stdout + plain.stderr).not.toContain('\u001b')
    expect(coloured.stdout).toContain('\u001b[31m✖')
  })

  it('leave out what each of many hosts logs, but not how each ends', async () => {
    const { stdout } = await told('plain', bigRun(20))
    expect(stdout).not.toContain('Gremlin Server starting')
    expect(stdout.match(/✔ Stage · node-/g)).toHaveLength(19)
  })

  it('tell steps, log lines and commands with --verbose', async () => {
    const command: Event = { time: 1_700_000_030_000, kind: 'command', host: 'node-1', command: 'facts', ms: 1200 }
    const { stdout } = await told('plain', [...bigRun(20), command], { verbose: true })
    expect(stdout).toContain('Stage · node-1.rack0.example: Send elasticsearch\n')
    expect(stdout).toContain('node-1.rack0.example: Gremlin Server starting...\n')
    expect(stdout).toContain('$ node-1  facts  (1.2s)\n')
  })
})

describe('JSON lines', () => {
  it('are the events exactly as they are, and nothing else', async () => {
    const events = [...eventsOf('up-failed'), ...eventsOf('hostile')]
    const { stdout, stderr } = await told('json', events)
    expect(
      stdout
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    ).toEqual(events)
    expect(stderr).toBe('')
  })

  it('hold nothing that a terminal would obey', async () => {
    const { stdout } = await told('json', eventsOf('hostile'))
    expect(stdout).not.toMatch(/[^\P{Cc}\n]|\u202e/u)
  })
})

describe('quiet', () => {
  it('says nothing when all went well, not even warnings', async () => {
    expect(await told('quiet', eventsOf('up'))).toEqual({ stdout: '', stderr: '' })
  })

  it.each(['up-failed', 'up-interrupted'] as const)('tells of %s on standard error', async (name) => {
    const { stdout, stderr } = await told('quiet', eventsOf(name))
    expect(stdout).toBe('')
    await expect(stderr).toMatchFileSnapshot(golden(`quiet-${name}`))
  })
})

describe('which reporter', () => {
  const terminal = { json: false, plain: false, quiet: false, isTTY: true, ci: false }

  it.each([
    ['tasks', {}],
    ['plain', { plain: true }],
    ['plain', { isTTY: false }],
    ['plain', { ci: true }],
    ['quiet', { quiet: true, plain: true }],
    ['json', { json: true, quiet: true, plain: true }],
  ] as const)('%s for %j', (kind, choice) => {
    expect(chooseReporter({ ...terminal, ...choice })).toBe(kind)
  })
})

async function told(
  kind: ReporterKind,
  events: readonly Event[],
  { colour = false, verbose = false } = {},
): Promise<{ stdout: string; stderr: string }> {
  const { stdout, stderr } = outputs()
  const reporter = await createReporter({ kind, stdout, stderr, colour, verbose, columns: () => 80, rows: () => 24 })
  for (const event of events) reporter.emit(event)
  expect(await reporter.aside(async () => 'answer')).toBe('answer')
  await reporter.finish()
  return { stdout: stdout.text(), stderr: stderr.text() }
}
