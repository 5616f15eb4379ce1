import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterEach } from 'vitest'
import { gone } from '../ssh/observe.js'
import type { TestHost } from './test-host.js'

/** What `sleeper` started in this test; ended after it. */
export const started: ChildProcess[] = []

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
})

/** Starts a process with our marker for this host; gives its pid. */
export function sleeper(
  host: TestHost,
  environment: Record<string, string>,
  command = ['/bin/sleep', '1000'],
  argv0?: string,
): number {
  const marker = {
    TRUENO_DEPLOY_CLUSTER: 'c1',
    TRUENO_DEPLOY_HOME: host.home,
    TRUENO_DEPLOY_PART: 'trueno',
    TRUENO_DEPLOY_START: '',
  }
  const env = { PATH: process.env.PATH, OURS: host.home, ...marker, ...environment }
  const child = spawn(command[0] ?? '', command.slice(1), {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
    ...(argv0 === undefined ? {} : { argv0 }),
  })
  started.push(child)
  return child.pid ?? 0
}

export function ticksOf(pid: number): number {
  return Number(afterName(pid)[19])
}

export function stateOf(pid: number): string | undefined {
  return afterName(pid)[0]
}

export function children(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}

/** What the kernel brings about by itself, and tells nobody. */
export async function settled(condition: () => boolean): Promise<void> {
  await gone(() => !condition())
}

function afterName(pid: number): string[] {
  return (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1) ?? '').split(' ')
}
