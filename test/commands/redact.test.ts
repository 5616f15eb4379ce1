import { describe, expect, it } from 'vitest'
import { redactor } from '../../src/commands/diagnosis/redact.js'
import { exampleCluster } from '../helpers/fixtures.js'

const cluster = exampleCluster()
const withSecrets = {
  ...cluster,
  hosts: cluster.hosts.map((host) => ({
    ...host,
    environment: { GREETING: 'open-sesame', SHORT: 'abc', QUOTED: 'a"b\\c' },
    java: { ...host.java, options: { elasticsearch: ['-Des.key=hunter2hunter2'], gremlin: [] } },
  })),
}

describe('what is kept of a run has no secrets', () => {
  it.each([
    ['env GREETING=open-sesame node', 'env GREETING=(not shown) node'],
    ['{"command":"java -Des.key=hunter2hunter2"}', '{"command":"java -Des.key=(not shown)"}'],
    ['{"value":"a\\"b\\\\c"}', '{"value":"(not shown)"}'],
    ['password=x1 user=me', 'password=(not shown) user=me'],
    ['"dbPassword": "x1", "user": "me"', '"dbPassword": "(not shown)", "user": "me"'],
    ['{\\"apiKey\\":\\"x1\\"}', '{\\"apiKey\\":\\"(not shown)\\"}'],
    ['curl -H "Authorization: Bearer abc.def"', 'curl -H "Authorization: (not shown)"'],
    ['tool --auth-token x1 --verbose', 'tool --auth-token (not shown) --verbose'],
    ['https://me:x1@host/path', 'https://me:(not shown)@host/path'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nafter', '(not shown)\nafter'],
    ['an ordinary line about abc', 'an ordinary line about abc'],
    ['{"token":7,"secret":true}', '{"token":7,"secret":true}'],
  ])('%s', (text, told) => {
    expect(redactor(withSecrets)(text)).toBe(told)
  })
})
