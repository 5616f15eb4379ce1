import { expect, test } from 'vitest'
import type { Ask } from '../../src/ssh/asking.js'
import { createRunAsPasswords, NoPasswordError } from '../../src/ssh/run-as-passwords.js'

/** Hosts with the password that each takes, and somebody who answers with these, one after the other. */
function scene(passwords: Readonly<Record<string, string>>, ...answers: readonly string[]) {
  const asked: string[] = []
  const tried: string[] = []
  const ask: Ask = async (question) => answers[asked.push(question) - 1] ?? ''
  const find = createRunAsPasswords({ ask, given: null })
  const login = (host: string): Promise<string> =>
    find({ user: 'me', host }, async (password) => {
      tried.push(`${host} ${password}`)
      await null
      return passwords[host] === password
    }).catch((error) => (error instanceof NoPasswordError ? `none, by ${error.refusedBy}` : Promise.reject(error)))
  return { asked, tried, all: () => Promise.all(Object.keys(passwords).map(login)) }
}

const forAll = 'sudo password of me (for all hosts that ask): '

test('one is asked for, and goes to every host once', async () => {
  const { asked, tried, all } = scene({ a: 'right', b: 'right', c: 'right' }, 'right')
  expect(await all()).toEqual(['right', 'right', 'right'])
  expect(asked).toEqual([forAll])
  expect(tried).toEqual(['a right', 'b right', 'c right'])
})

test('a wrong one is tried on one host only, and asked for again', async () => {
  const { asked, tried, all } = scene({ a: 'right', b: 'right' }, 'wrong', 'right')
  expect(await all()).toEqual(['right', 'right'])
  expect(asked).toEqual([forAll, `a does not take that. ${forAll}`])
  expect(tried).toEqual(['a wrong', 'a right', 'b right'])
})

test('after three wrong ones no host is tried any more', async () => {
  const { asked, tried, all } = scene({ a: 'right', b: 'right', c: 'right' }, '1', '2', '3', '4')
  expect(await all()).toEqual(['none, by a', 'none, by a', 'none, by a'])
  expect(asked).toHaveLength(3)
  expect(tried).toEqual(['a 1', 'a 2', 'a 3'])
})

test('a host that takes another is asked for its own', async () => {
  const { asked, all } = scene({ a: 'right', b: 'other', c: 'right' }, 'right', 'other')
  expect(await all()).toEqual(['right', 'other', 'right'])
  expect(asked).toEqual([forAll, 'sudo password of me on b, which takes another: '])
})

test('where nobody answers, or nobody is there, nobody is asked again', async () => {
  const { asked, tried, all } = scene({ a: 'right', b: 'right' })
  expect(await all()).toEqual(['none, by null', 'none, by null'])
  expect([asked, tried]).toEqual([[forAll], []])
  const alone = createRunAsPasswords({ ask: null, given: null })({ user: 'me', host: 'a' }, async () => true)
  await expect(alone).rejects.toEqual(new NoPasswordError(null))
})

test('a host that fails for another reason leaves the password to the next', async () => {
  const asked: string[] = []
  const ask: Ask = async (question) => {
    asked.push(question)
    return 'right'
  }
  const find = createRunAsPasswords({ ask, given: null })
  const lost = find({ user: 'me', host: 'a' }, () => Promise.reject(new Error('lost')))
  const next = find({ user: 'me', host: 'b' }, async (password) => password === 'right')
  await expect(lost).rejects.toThrow('lost')
  expect(await next).toBe('right')
  expect(asked).toEqual([forAll])
})

test('one that was given beforehand is tried before anybody is asked', async () => {
  const find = createRunAsPasswords({ ask: null, given: 'given' })
  expect(await find({ user: 'me', host: 'a' }, async (password) => password === 'given')).toBe('given')
  const other = createRunAsPasswords({ ask: null, given: 'given' })
  await expect(other({ user: 'me', host: 'a' }, async () => false)).rejects.toEqual(new NoPasswordError('a'))
})
