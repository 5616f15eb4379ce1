import type { ReadScript, WriteScript } from '../../src/plan/plan.js'
import { onAbort, unlessAborted } from '../../src/ssh/abort.js'
import type { Connection, FollowOptions, RunOptions, ScriptResult } from '../../src/ssh/connection.js'

/** What a fake host answers; what is not in here is not expected, and fails the test. */
export interface Expected {
  readonly read?: Partial<Record<ReadScript, (args: readonly string[]) => ScriptResult | Promise<ScriptResult>>>
  readonly run?: Partial<
    Record<WriteScript, (args: readonly string[], input: string) => ScriptResult | Promise<ScriptResult>>
  >
  /** What a script prints before it has read all that is sent to it. */
  readonly says?: Partial<Record<WriteScript, (args: readonly string[]) => readonly string[]>>
  /** Scripts that are talked with while they run. */
  readonly talk?: Partial<Record<WriteScript, (options: RunOptions) => Promise<ScriptResult>>>
  /** Its logs may be followed. */
  readonly follow?: true
}

export interface FakeHost extends Connection {
  /** `script arg arg`, in order. */
  readonly calls: readonly string[]
  /** Files that are followed now. */
  followed(): readonly string[]
  /** Prints a line into a log. */
  print(file: string, line: string): void
}

export function fakeHost(host: string, expected: Expected = {}): FakeHost {
  const calls: string[] = []
  const followers = new Set<{ readonly files: readonly string[]; readonly onLine: FollowOptions['onLine'] }>()
  const unexpected = (what: string): Promise<never> => Promise.reject(new Error(`${host}: nobody expects ${what}`))
  return {
    host,
    calls,
    read: async (script, args) => {
      calls.push([script, ...args].join(' '))
      return expected.read?.[script]?.(args) ?? unexpected(script)
    },
    run: async (script, args, options) => {
      calls.push([script, ...args].join(' '))
      const answer = async (): Promise<ScriptResult> => {
        const talk = expected.talk?.[script]
        if (talk !== undefined) return talk(options ?? {})
        const input = await textOf(options, [...(expected.says?.[script]?.(args) ?? [])])
        return expected.run?.[script]?.(args, input) ?? unexpected(script)
      }
      return unlessAborted(answer(), options?.signal, () => undefined)
    },
    follow: (files, { signal, onLine }) => {
      if (expected.follow !== true) return unexpected('follow')
      const follower = { files, onLine }
      followers.add(follower)
      return new Promise((resolve) => {
        onAbort(signal, () => {
          followers.delete(follower)
          resolve()
        })
      })
    },
    assertPermitted: () => undefined,
    tunnel: () => unexpected('a tunnel'),
    [Symbol.asyncDispose]: async () => undefined,
    followed: () => [...followers].flatMap(({ files }) => files),
    print: (file, line) => {
      for (const { files, onLine } of [...followers]) if (files.includes(file)) onLine(file, line)
    },
  }
}

async function textOf(options: RunOptions | undefined, lines: string[]): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of options?.input?.(async () => lines.shift()) ?? []) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

export const ok: ScriptResult = { code: 0, stdout: '', stderr: '' }

export function said(stdout: string): ScriptResult {
  return { ...ok, stdout }
}

export function failed(code: number | null, stderr: string, stdout = ''): ScriptResult {
  return { code, stdout, stderr }
}
