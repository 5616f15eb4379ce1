import { readFile } from 'node:fs/promises'
import type { ReadScript, WriteScript } from '../plan/plan.js'
import { quote, quoteAll } from './quote.js'
import { keyed } from './slots.js'

/** Text of a script by its name, complete: nothing it needs lies in another file. */
export type ScriptSource = (name: ReadScript | WriteScript) => Promise<string>

/** What is sent to run a script: a command that is always the same, and what its standard input begins with. */
export interface Invocation {
  readonly command: string
  readonly input: string
}

/** The scripts of `remote/` in this package, each read once. */
export function packagedScripts(directory: URL = new URL('../../remote/', import.meta.url)): ScriptSource {
  const read = keyed((file) => readFile(new URL(file, directory), 'utf8'))
  // Put together once, however many hosts it goes to.
  return keyed(async (name: string) => withoutComments(await inlineParts(await read(`${name}.sh`), read)))
}

/** Some shells read what comes with data byte by byte: what nobody there reads is not sent. */
function withoutComments(script: string): string {
  return script
    .split('\n')
    .filter((line) => !/^\s*(?:#|\/\/|$)/.test(line))
    .join('\n')
}

const partLine = /^\. "\$\{0%\/\*\}\/([a-z]+\.sh)"$/
const programLine = /^([a-z]+)=\$\(cat "\$\{0%\/\*\}\/([a-z]+\.(?:bash|js))"\)$/

/** Lines that make a script of `remote/` runnable by hand give way to the text that they load. */
export async function inlineParts(script: string, read: (file: string) => Promise<string>): Promise<string> {
  const lines = script.split('\n').map(async (line) => {
    const [, part] = partLine.exec(line) ?? []
    if (part !== undefined) return read(part)
    const [, name, program] = programLine.exec(line) ?? []
    return program === undefined ? line : `${name}=${quote(await read(program))}`
  })
  return (await Promise.all(lines)).join('\n')
}

/**
 * Runs a script whose standard input is the whole of what is sent. Braces make the shell read all of it before it does
 * anything, so a cut link never runs half of it. Needs nothing of the login shell but the word `exec`.
 */
export function invoke(script: string, args: readonly string[]): Invocation {
  return { command: 'exec sh', input: `${argumentsLine(args)}\n{\n${announce}\n${script}\n} </dev/null\n` }
}

/**
 * Runs a script that has data on its standard input: what follows `input` is left for it to read. The command has no
 * line end, backslash or exclamation mark, so that sh, bash, dash, busybox, fish and csh as login shells all take it
 * for the same three words. The loop reads byte by byte (`read` must not take more than a line), up to the last line.
 */
export function invokeWithData(script: string, args: readonly string[]): Invocation {
  return { command: dataCommand, input: `${argumentsLine(args)}\n${announce}\n${script}\n${lastLine}\n` }
}

const lastLine = '#trueno-deploy: end of script'
const dataLoop = `while IFS= read -r L;do test "$L" = "${lastLine}"&&E=0&&break;S=$S$L$N;done`
const dataCommand = `exec sh -c 'N=$(echo;echo x);N=\${N%x};S=;E=1;${dataLoop};test $E = 0&&eval "$S"'`

function argumentsLine(args: readonly string[]): string {
  return `set -- ${quoteAll(args)}`
}

/** Line that a script's own output begins after: what a login shell's start-up files print comes before it. */
export const beginMarker = '@@trueno-deploy:begin@@\n'
// In two words: a login that merely sends back what it is sent must not be taken for a shell.
const words = "'@@trueno-deploy:' 'begin@@'"
const announce = `printf '%s%s\\n' ${words}; printf '%s%s\\n' ${words} >&2`

/**
 * Follows files with `tail`, and ends with the channel: `tail` itself would notice only when the next line is written.
 * Both children are ended while nobody has waited for them yet, so their numbers cannot be anyone else's.
 */
export const followScript = `exec 3<&0
watch=
tail -n +1 -v -F -- "$@" 3<&- </dev/null 2>/dev/null & tail=$!
trap 'kill "$tail" $watch 2>/dev/null; exit 143' TERM HUP INT
{ while read -r line; do :; done <&3; kill -TERM $$; } >/dev/null 2>&1 & watch=$!
exec 3<&-
wait "$tail"
code=$?
trap - TERM HUP INT
kill "$watch" 2>/dev/null
exit "$code"`
