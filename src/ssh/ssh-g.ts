import { spawn } from 'node:child_process'
import { quoteAll } from './quote.js'

/** What `ssh -G` said, and how it ended; 127 where there is no ssh. */
export interface SshGAnswer {
  readonly printed: string
  readonly code: number
}

/** Runs `ssh -G` with these arguments. */
export type SshG = (args: readonly string[]) => Promise<SshGAnswer>

/** Hosts that one shell asks for, one after the other: starting a process costs us more than answering costs ssh. */
const questionsPerShell = 16

/** An `ssh -G` that asks in batches what is asked at the same time. Each answer comes as soon as ssh has given it. */
export function createSshG(): SshG {
  let waiting: Question[] = []
  const flush = (): void => {
    for (let at = 0; at < waiting.length; at += questionsPerShell) askShell(waiting.slice(at, at + questionsPerShell))
    waiting = []
  }
  return (args) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(flush)
      waiting.push({ args, resolve, reject })
    })
}

interface Question {
  readonly args: readonly string[]
  readonly resolve: (answer: SshGAnswer) => void
  readonly reject: (error: Error) => void
}

function askShell(questions: readonly Question[]): void {
  const commands = questions.map(({ args }) => `ssh -G ${quoteAll(args)} 2>&1 </dev/null; printf '\\0%d\\0' $?`)
  const child = spawn('/bin/sh', ['-c', commands.join('\n')], { stdio: ['ignore', 'pipe', 'ignore'] })
  const left = [...questions]
  const fail = (error: Error): void => {
    for (const { reject } of left.splice(0)) reject(error)
  }
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\0')
    for (; parts.length > 2; parts.splice(0, 2))
      left.shift()?.resolve({ printed: parts[0] ?? '', code: Number(parts[1]) })
    rest = parts.join('\0')
  })
  child.on('error', fail)
  child.on('close', () => fail(new Error('`ssh -G` was ended before it answered')))
}
