import { expect, test } from 'vitest'
import { createSshWords } from '../../src/ssh/openssh-words.js'

const refused = (channel: number, reason: string) =>
  `channels.c:channel_input_open_failure():3563 (pid=7): channel ${channel}: open failed: ${reason}\r\n` +
  `debug2: channels.c:channel_input_open_failure():3567 (pid=7): channel ${channel}: callback start\r\n`

test('refusals come in order and once, and are no part of what ssh says of the connection', () => {
  const { take, said, nextRefusal } = createSshWords()
  const text = `first\r\n${refused(2, 'connect failed: Connection refused')}${refused(3, 'administratively prohibited: open failed')}last`
  for (const letter of text) take(letter)
  expect(said()).toBe('first\nlast')
  expect([nextRefusal(), nextRefusal(), nextRefusal()]).toEqual([
    'connect failed: Connection refused',
    'administratively prohibited: open failed',
    undefined,
  ])
})

test('of much that is said the end is kept', () => {
  const { take, said } = createSshWords()
  take(`${'x'.repeat(100_000)}\nthe end\n`)
  expect(said()).toMatch(/^x{8183,8192}\nthe end$/)
  expect(said().length).toBeLessThanOrEqual(8192)
})
