import { describe, expect, it } from 'vitest'
import { type Choice, choose } from '../../src/commands/choice.js'
import { UsageError } from '../../src/errors.js'
import { exampleCluster, hostOf } from '../helpers/fixtures.js'

const example = exampleCluster()
const cluster = { ...example, hosts: [...example.hosts, hostOf('Front', [], { member: false })] }

/** Codes of what is wrong with a choice, each with its remedy. */
function wrong(choice: Choice): unknown {
  try {
    return choose(cluster, choice)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return error.problems.map(({ code, cause, remedy }) => [code, cause, remedy])
  }
}

describe('--hosts and --roles', () => {
  it.each<[choice: Choice, keys: readonly string[] | null]>([
    [{}, null],
    [{ hosts: ['10.0.0.42', '10.0.0.40'] }, ['10.0.0.40', '10.0.0.42']],
    [{ hosts: ['10.0.0.*'] }, ['10.0.0.40', '10.0.0.41', '10.0.0.42', '10.0.0.43']],
    [{ hosts: ['*3', 'FRONT'] }, ['10.0.0.43', 'Front']],
    [{ roles: ['index'] }, ['10.0.0.42', '10.0.0.43']],
    [{ roles: ['master', 'backend'] }, ['10.0.0.40', '10.0.0.41', '10.0.0.42', '10.0.0.43']],
    [{ hosts: ['*2', '*1'], roles: ['index'] }, ['10.0.0.42']],
  ])('%j', (choice, keys) => {
    expect(choose(cluster, choice)).toEqual(keys)
  })

  it.each<[choice: Choice, problems: readonly unknown[]]>([
    [
      { hosts: ['10.0.0.40', '10x0.0.40'] },
      [['no-such-host', '--hosts 10x0.0.40 matches no host of the cluster', expect.stringContaining('"10.0.0.40"')]],
    ],
    [
      { hosts: ['nobody'], roles: ['idnex'] },
      [
        [
          'no-such-host',
          '--hosts nobody matches no host of the cluster',
          'The hosts are 10.0.0.40, 10.0.0.41, 10.0.0.42, 10.0.0.43, Front.',
        ],
        [
          'no-such-role',
          "--roles idnex is none of Trueno's roles",
          expect.stringContaining('The roles are master, compute, backend, index.'),
        ],
      ],
    ],
    [{ hosts: [] }, [['nothing-chosen', expect.any(String), 'leave one of them away']]],
    [
      { hosts: ['10.0.0.40'], roles: ['index'] },
      [['nothing-chosen', '--hosts 10.0.0.40 and --roles index together match no host', 'leave one of them away']],
    ],
  ])('that match nothing are wrong use, never all: %j', (choice, problems) => {
    expect(wrong(choice)).toEqual(problems)
  })
})
