import { Command, CommanderError } from 'commander'
import { type ExitCode, exitCodes, UsageError } from '../errors.js'
import { everywhere } from './options.js'
import type { Typed, TypedOptions, Verb } from './typed.js'
import { files, type VerbHelp, verbs } from './verbs.js'
import { wrongUse } from './wrong-use.js'

/** Help and version are printed by commander. */
export class Printed extends Error {
  override readonly name = 'Printed'
  readonly exitCode: ExitCode
  constructor(exitCode: ExitCode = exitCodes.done) {
    super()
    this.exitCode = exitCode
  }
}

export interface CliOutput {
  readonly version: string
  readonly out: (text: string) => unknown
  /** Where the help goes when no verb was typed. */
  readonly err: (text: string) => unknown
}

/** Reads the command line. Throws `UsageError` with what is wrong, `Printed` after the help and the version. */
export function parseCommandLine(argv: readonly string[], output: CliOutput): Typed {
  const typed: Typed[] = []
  const program = programOf(output, (one) => typed.push(one))
  try {
    program.parse(argv, { from: 'user' })
  } catch (error) {
    throw error instanceof CommanderError ? told(error, argv) : error
  }
  const [one] = typed
  if (one === undefined) throw new Printed()
  return one
}

function programOf({ version, out, err }: CliOutput, take: (typed: Typed) => void): Command {
  const program = new Command('trueno-deploy')
    .description('From a cluster.json and hosts you can ssh into to a running Trueno graph-database cluster.')
    .version(version, '--version', 'print the version')
    .exitOverride()
    .usage('VERB [options]')
    // What is wrong is told by us.
    .configureOutput({ writeOut: out, writeErr: err, outputError: () => undefined })
    .showSuggestionAfterError(true)
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .commandsGroup('Verbs:')
    .helpCommand('help [verb]', 'what all verbs take, or one of them')
    .addHelpText('after', firstSteps)
  for (const verb of Object.keys(verbs) as Verb[]) addVerb(program, verb, take)
  return program
}

function addVerb(program: Command, verb: Verb, take: (typed: Typed) => void): void {
  const { summary, file: name, words, options, examples }: VerbHelp = verbs[verb]
  const command = program.command(verb).description(summary).exitOverride()
  if (name !== null) takeFile(command, name)
  if (words !== undefined) command.argument(words.form, words.about)
  for (const option of [...options, ...everywhere]) command.addOption(option())
  command.action((...args: unknown[]) => {
    const file = name === null ? '' : String(args[0] ?? '')
    take({ verb, file, ...(words && { words: command.args }), options: command.opts<TypedOptions>() })
  })
  command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  trueno-deploy ${verb}${line}`).join('\n')}`)
}

function takeFile(command: Command, name: keyof typeof files): void {
  const { about, fallback } = files[name]
  command.argument(`[${name}]`, about, ...(fallback === '' ? [] : [fallback]))
}

const firstSteps = `
To see how it goes, on this machine alone:
  trueno-deploy rehearse

With a cluster.json here, in this order:
  trueno-deploy trust                              pin the hosts' keys, if new
  trueno-deploy check --release ./trueno-release   what would make it fail
  trueno-deploy plan --release ./trueno-release    what would be done, and why
  trueno-deploy up --release ./trueno-release      do it; again at any time
  trueno-deploy status                             how it is
  trueno-deploy down                               stop it; data stays

trueno-deploy VERB --help tells all that a verb takes.

Exit codes: 0 done · 1 failed · 2 wrong use or configuration · 3 not healthy ·
4 locked by someone else · 5 changes (plan --exit-code) · 130 interrupted`

function told(error: CommanderError, [verb = '']: readonly string[]): Error {
  if (error.exitCode === 0) return new Printed()
  // No verb was typed, and the help is the answer.
  if (error.code === 'commander.help') return new Printed(exitCodes.usage)
  const [cause = '', hint = ''] = error.message.replace(/^error: /, '').split('\n')
  return new UsageError([wrongUse(cause, remedyFor(verb, hint))])
}

/** @param hint what commander thinks was meant, in parentheses; empty: nothing comes near */
function remedyFor(verb: string, hint: string): string {
  const help = `see \`trueno-deploy ${verb in verbs ? `${verb} ` : ''}--help\``
  if (hint !== '') return `${hint.slice(1, -1)} Else ${help}`
  return verb.startsWith('-') ? `options come after the verb: ${help}` : help
}
