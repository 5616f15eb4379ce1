import type { Link, Printed, Session } from './link.js'
import { enteredMarker, passwordPrompt, shellMarker } from './run-as-command.js'

/** A session on its way to being another user. */
export interface Entry {
  readonly session: Session
  /** Resolves when it is that user. @throws EntryRefusedError when it ended before; ConnectionError `lost` */
  readonly entered: Promise<void>
}

/** The session ended before it was that user. */
export class EntryRefusedError extends Error {
  override readonly name = 'EntryRefusedError'
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super('the session ended before it was another user')
    this.refusal = refusal
  }
}

export interface Refusal {
  readonly code: number | null
  /** The login has a shell that runs our commands; what refused us is what was to make us another user. */
  readonly hasShell: boolean
  readonly output: Buffer
  readonly errors: Buffer
}

/** Starts a command that becomes another user; what is printed by that user is handed on. */
export async function startEntry(link: Link, command: string, printed: Printed): Promise<Entry> {
  let wake: () => void = () => {}
  const isIn = new Promise<void>((resolve) => {
    wake = resolve
  })
  let session: Session | null = null
  // What is sent is no answer to another question.
  const gate = createGate(printed, { onOpen: () => wake(), onQuestions: () => session?.input.end() })
  session = await link.exec(command, gate)
  const ended = session.ended.then((code) => {
    if (gate.isOpen()) return code
    throw new EntryRefusedError(gate.refusal(code))
  })
  ended.catch(() => {})
  const entered = Promise.race([isIn, ended.then(() => {})])
  entered.catch(() => {})
  return { session: { ...session, ended }, entered }
}

interface Gate extends Printed {
  isOpen(): boolean
  refusal(code: number | null): Refusal
}

const longestNoise = 64 * 1024

interface Watched {
  readonly onOpen: () => void
  /** A password is asked for again. */
  readonly onQuestions: () => void
}

/** Keeps what is printed before the marker, and hands on what comes after it. */
function createGate(printed: Printed, { onOpen, onQuestions }: Watched): Gate {
  let open = false
  let output: Buffer = Buffer.alloc(0)
  let errors: Buffer = Buffer.alloc(0)
  const look = (chunk: Buffer): void => {
    const all = Buffer.concat([output, chunk])
    const at = all.indexOf(enteredMarker)
    output = all.subarray(-longestNoise)
    if (at < 0) return
    open = true
    onOpen()
    const own = all.subarray(at + enteredMarker.length)
    if (own.length > 0) printed.output(own)
  }
  return {
    isOpen: () => open,
    output: (chunk) => (open ? printed.output(chunk) : look(chunk)),
    errors: (chunk) => {
      if (open) return printed.errors(chunk)
      errors = Buffer.concat([errors, chunk]).subarray(-longestNoise)
      if (isAskedAgain(errors)) onQuestions()
    },
    refusal: (code) => ({ code, hasShell: output.includes(shellMarker), output, errors }),
  }
}

/** A password was given, and is asked for once more. */
export function isAskedAgain(errors: Buffer): boolean {
  return errors.indexOf(passwordPrompt) !== errors.lastIndexOf(passwordPrompt)
}
