import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** What Node 8 does not know, and a formatter or a habit may bring in. */
const newer =
  /\?\.[\w[(]|\?\?|catch \{|Object\.(?:hasOwn|fromEntries)|\.(?:at|flat|flatMap|replaceAll|matchAll)\(|'node:|import |await /

test.each(['relay.js', 'mirror.js'])('%s is written for Node 8', (file) => {
  const lines = readFileSync(new URL(`../../remote/${file}`, import.meta.url), 'utf8').split('\n')
  expect(lines.filter((line) => !/^\s*\/[/*]/.test(line) && newer.test(line))).toEqual([])
})
