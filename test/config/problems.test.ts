import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { LoadOptions } from '../../src/config/load.js'
import { exitCodes, type Problem, UsageError } from '../../src/errors.js'
import { type Files, load } from './memory-files.js'

/** Files that are wrong, and everything that must be said of them, in this order. */
interface Case {
  readonly title: string
  readonly files: Files
  readonly options?: Partial<LoadOptions>
  readonly problems: readonly Problem[]
}

const directory = new URL('./problems/', import.meta.url)

describe.each(readdirSync(directory))('%s', (name) => {
  const cases: readonly Case[] = JSON.parse(readFileSync(new URL(name, directory), 'utf8'))
  test.each(cases)('$title', async ({ files, options, problems }) => {
    const error: unknown = await load(files, options).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(UsageError)
    expect(error).toMatchObject({ exitCode: exitCodes.usage })
    expect((error as UsageError).problems).toEqual(problems)
  })
})
