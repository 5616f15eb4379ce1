import { describe, expect, it } from 'vitest'
import { suggestFor } from '../../src/commands/suggest.js'
import type { Problem } from '../../src/errors.js'
import { renderProblems } from '../../src/report/failure.js'
import { widthOf } from '../../src/report/text.js'
import { golden } from './recorded.js'

describe('the failure text', () => {
  it('tells host, title, cause, evidence and remedy in one column', () => {
    const heading = ['✖ Start others failed on 1 of 3 hosts']
    expect(render([problem], { columns: 100, heading })).toBe(`✖ Start others failed on 1 of 3 hosts

  192.168.1.42  Elasticsearch did not start
    cause     the kernel allows too few memory maps: vm.max_map_count is 65530, Elasticsearch wants
              262144
    evidence  ~/trueno/data/logs/elasticsearch-out-2.log:41
              max virtual memory areas vm.max_map_count [65530] is too low, increase to at least
              [262144]
    remedy    sudo sysctl -w vm.max_map_count=262144`)
  })

  it('names the files in the commands of a remedy, but for those that have them or are about no cluster', () => {
    const suggest = suggestFor({ clusterFile: 'lab/cluster.json', workingDirectory: '/home/ada' })
    const remedy =
      '`trueno-deploy trust`, `trueno-deploy check --fix`, `trueno-deploy explain x` or `trueno-deploy up lab/cluster.json`'
    expect(render([{ ...problem, remedy }], { columns: 200, suggest })).toContain(
      '`trueno-deploy trust lab/cluster.json`, `trueno-deploy check lab/cluster.json --fix`, `trueno-deploy explain x` or `trueno-deploy up lab/cluster.json`',
    )
  })

  it.each([80, 40])('stays within %i columns', async (columns) => {
    const many = [warning, ...hostsOf(12).map((host) => ({ ...problem, host })), { ...problem, title: 'x'.repeat(99) }]
    const text = render(many, { columns })
    expect(Math.max(...text.split('\n').map(widthOf))).toBeLessThan(columns)
    await expect(text).toMatchFileSnapshot(golden(`failure-${columns}`))
  })

  it('tells equal problems of several hosts once, though each names itself', () => {
    const equal = hostsOf(10).map((host) => ({
      ...problem,
      host,
      cause: `port 8004 of ${host} is taken`,
      evidence: '',
    }))
    expect(render(equal)).toBe(`  192.168.1.1, .2 and 8 more  Elasticsearch did not start
    hosts     192.168.1.1–.10
    cause     port 8004 of HOST is taken
    remedy    sudo sysctl -w vm.max_map_count=262144`)
  })

  it('says whose evidence is shown where others saw something else', () => {
    const [one, other] = hostsOf(2).map((host, index) => ({ ...problem, host, cause: 'c', evidence: `seen ${index}` }))
    expect(render([one as Problem, other as Problem])).toBe(`  192.168.1.1 and .2  Elasticsearch did not start
    cause     c
    evidence  seen 0
              (on 192.168.1.1; others differ in details)
    remedy    sudo sysctl -w vm.max_map_count=262144`)
  })

  it('leaves out what is empty, and hosts where it concerns the whole', () => {
    const { host: _, ...whole } = problem
    expect(render([{ ...whole, evidence: '', cause: 'c', remedy: 'r' }])).toBe(`  Elasticsearch did not start
    cause     c
    remedy    r`)
  })

  it('is empty where there is nothing to tell', () => {
    expect(render([], { heading: ['heading'] })).toBe('')
  })

  it('tells errors before warnings', () => {
    const titles = render([warning, problem])
      .split('\n')
      .filter((line) => /^ {2}\S/.test(line))
    expect(titles).toEqual(['  192.168.1.42  Elasticsearch did not start', '  192.168.1.42  warning: clocks differ'])
  })

  it('draws nothing that a host could use against the terminal', () => {
    const attack = '\u001b[2J\u001b]0;owned\u0007\u009b1A\u202e\r\u0008'
    const hostile = { ...problem, host: `a${attack}`, title: attack, cause: attack, evidence: attack, remedy: attack }
    expect(render([hostile])).not.toMatch(/[^\P{Cc}\n]|\u202e/u)
  })

  it('keeps colours to its own', () => {
    expect(render([problem], { colour: true }).split('\n')[0]).toBe(
      '  \u001b[31m192.168.1.42  Elasticsearch did not start\u001b[39m',
    )
  })
})

const problem: Problem = {
  code: 'max-map-count-low',
  severity: 'error',
  title: 'Elasticsearch did not start',
  cause: 'the kernel allows too few memory maps: vm.max_map_count is 65530, Elasticsearch wants 262144',
  evidence:
    '~/trueno/data/logs/elasticsearch-out-2.log:41\nmax virtual memory areas vm.max_map_count [65530] is too low, increase to at least [262144]',
  remedy: 'sudo sysctl -w vm.max_map_count=262144',
  host: '192.168.1.42',
}

const warning: Problem = { ...problem, code: 'host-silent', severity: 'warning', title: 'clocks differ' }

function hostsOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `192.168.1.${index + 1}`)
}

function render(problems: readonly Problem[], options = {}): string {
  return renderProblems(problems, { colour: false, columns: 80, ...options })
}
