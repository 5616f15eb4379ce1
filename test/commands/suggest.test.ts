import { expect, it } from 'vitest'
import { shellWord, suggestFor } from '../../src/commands/suggest.js'

const workingDirectory = '/home/ada'

it.each([
  ['cluster.json', undefined, 'trueno-deploy status'],
  ['./cluster.json', undefined, 'trueno-deploy status'],
  ['/home/ada/cluster.json', undefined, 'trueno-deploy status'],
  ['.rehearsal/cluster.json', undefined, 'trueno-deploy status .rehearsal/cluster.json'],
  ['/srv/lab/cluster.json', undefined, 'trueno-deploy status /srv/lab/cluster.json'],
  ['my lab/cluster.json', undefined, "trueno-deploy status 'my lab/cluster.json'"],
  ['cluster.json', 'lab.yaml', 'trueno-deploy status -i lab.yaml'],
  ['lab.json', "ada's.yaml", "trueno-deploy status lab.json -i 'ada'\\''s.yaml'"],
])('a suggested command is about the cluster that was typed: %s, -i %s', (clusterFile, inventory, expected) => {
  expect(suggestFor({ clusterFile, inventory, workingDirectory })('status')).toBe(expected)
})

it.each(['', '~/lab.json', 'a$b', 'a;b', '*.json'])(
  'a word that a shell would read otherwise is quoted: %s',
  (text) => {
    expect(shellWord(text)).toBe(`'${text}'`)
  },
)
