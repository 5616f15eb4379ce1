import { Command, CommanderError, Option } from 'commander'
import { errorProblem, type Problem, UsageError } from './errors.js'

/** What was typed, as the verbs take it. Nothing in it was checked against files or hosts. */
export interface Typed {
  readonly verb: Verb
  /** `cluster.json`, the plan file of `apply`, or the code that `explain` is asked for; empty: none. */
  readonly file: string
  /** `ls` and `show NAME` of `bundle`; absent for other verbs. */
  readonly words?: readonly string[]
  readonly options: TypedOptions
}

export type Verb =
  | 'up'
  | 'plan'
  | 'apply'
  | 'status'
  | 'down'
  | 'check'
  | 'trust'
  | 'bundle'
  | 'diagnose'
  | 'explain'
  | 'rehearse'

export interface TypedOptions {
  readonly inventory?: string
  readonly release?: string
  readonly hosts?: readonly string[]
  readonly roles?: readonly string[]
  readonly parallel?: number
  readonly timeoutStart?: string
  readonly json?: boolean
  readonly plain?: boolean
  readonly quiet?: boolean
  readonly verbose?: boolean
  /** False with --no-color. */
  readonly color: boolean
  readonly wait?: boolean
  readonly uploadLimit?: string
  readonly push?: string
  readonly relayLimit?: string
  /** False with --no-relay. */
  readonly relay?: boolean
  readonly yes?: boolean
  readonly out?: string
  /** Of `diagnose`. */
  readonly output?: string
  readonly exitCode?: boolean
  readonly watch?: boolean
  readonly deep?: boolean
  readonly keep?: boolean
  readonly sshd?: boolean
  readonly stop?: boolean
  readonly passwordFd?: number
  readonly source?: readonly string[]
  readonly flavour?: string
  readonly platform?: string
  readonly check?: boolean
  readonly fix?: boolean
}

/** Help and version are printed by commander; both end with exit code 0. */
export class Printed extends Error {
  override readonly name = 'Printed'
}

export interface CliOutput {
  readonly version: string
  readonly out: (text: string) => void
}

/** Reads the command line. Throws `UsageError` with what is wrong, `Printed` after --help and --version. */
export function parseCommandLine(argv: readonly string[], output: CliOutput): Typed {
  const typed: Typed[] = []
  const program = programOf(output, (one) => typed.push(one))
  try {
    program.parse(argv, { from: 'user' })
  } catch (error) {
    throw error instanceof CommanderError ? told(error) : error
  }
  const [one] = typed
  if (one === undefined) throw new Printed()
  return one
}

function programOf({ version, out }: CliOutput, take: (typed: Typed) => void): Command {
  const program = new Command('trueno-deploy')
    .description('From a cluster.json and hosts you can ssh into to a running Trueno graph-database cluster.')
    .version(version, '--version', 'print the version')
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: () => undefined })
    .showSuggestionAfterError(true)
    .addHelpText('after', examples)
  for (const verb of Object.keys(verbs) as Verb[]) addVerb(program, verb, take)
  return program
}

interface VerbHelp {
  readonly summary: string
  /** Its one file; null: it takes none. */
  readonly file: keyof typeof files | null
  /** Words that it takes beside a file. */
  readonly words?: { readonly form: string; readonly about: string }
  readonly options: readonly (() => Option)[]
  readonly examples: readonly string[]
}

/** What verbs take; a file is looked for under its own name where none is given. */
const files = {
  'cluster.json': { about: 'hosts and roles of the cluster', fallback: 'cluster.json' },
  'plan.json': { about: 'a plan kept with `plan --out`', fallback: 'plan.json' },
  code: { about: 'code of a finding, e.g. port-taken; without it all are listed', fallback: '' },
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

const list = (text: string): readonly string[] =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')

const inventory = (): Option =>
  new Option(
    '-i, --inventory <file>',
    'how to reach the hosts, what to deploy (default: inventory.yaml beside cluster.json)',
  )
const release = (): Option => new Option('--release <path>', 'folder or .tgz of a Trueno package, or the word standin')
const hosts = (): Option => new Option('--hosts <a,b>', 'only these hosts').argParser(list)
const roles = (): Option => new Option('--roles <index,compute>', 'only hosts with one of these roles').argParser(list)
const parallel = (): Option => new Option('--parallel <n>', 'how many hosts at once (default: 64)').argParser(countOf)
const timeoutStart = (): Option =>
  new Option('--timeout-start <duration>', 'how long hosts may take to get ready, e.g. 5m')
const uploadLimit = (): Option =>
  new Option('--upload-limit <rate>', 'most that leaves this machine, to all hosts together, e.g. 20MB/s')
const noRelay = (): Option =>
  new Option('--no-relay', 'send to every host from here; none passes anything on to others')
const relayLimit = (): Option =>
  new Option('--relay-limit <rate>', 'most that each host passes on to others, e.g. 100MB/s')
const wait = (): Option => new Option('--wait', 'wait for the lease instead of ending with 4')
const out = (): Option => new Option('--out <file>', 'keep the plan for `apply`')
const push = (): Option =>
  new Option('--push <mirror>', 'put it on a mirror too: https://HOST/PATH or s3://BUCKET/PREFIX')
const bundleOut = (): Option => new Option('--out <dir>', 'the folder to make').default('trueno-release')
const source = (): Option =>
  new Option(
    '--source <name=where>',
    'where a part (trueno, node, java, gremlin, elasticsearch, spark, cerebro, bridge, console) comes from: a path, a URL, npm:NAME@VERSION, maven:GROUP:ARTIFACT:VERSION[:TYPE[:CLASSIFIER]], pypi:NAME==VERSION, standin or none; can be repeated',
  ).argParser((text: string, before: readonly string[] = []) => [...before, text])
const flavour = (): Option =>
  new Option('--flavour <name>', 'branch of Trueno that the components are for')
    .choices(['dev', 'master'])
    .default('dev')
const platform = (): Option =>
  new Option('--platform <name>', 'what the hosts are; runtimes for others are given as node@linux-arm64=…')
    .choices(['linux-x64', 'linux-arm64', 'linux-x64-musl', 'linux-arm64-musl'])
    .default('linux-x64')
const check = (): Option => new Option('--check', 'compare a bundle with what was written down when it was made')
const bundleFile = (): Option =>
  new Option('-o, --output <file>', 'the file to write (default: NAME-diagnosis.tgz, where you are)')
const exitCode = (): Option => new Option('--exit-code', 'end with 5 when there is something to do')
const watch = (): Option => new Option('--watch', 'look again every 2 s')
const deep = (): Option =>
  new Option('--deep', 'compare all files of the release with what came, and measure the disks')
const fix = (): Option =>
  new Option('--fix', 'show what root can mend as a script, and run it on the hosts after a yes')
const yes = (): Option => new Option('--yes', 'do not ask')
const keep = (): Option => new Option('--keep', 'leave the hosts and the cluster there, to play with')
const stop = (): Option => new Option('--stop', 'take down what --keep left')
const sshd = (): Option => new Option('--sshd', 'hosts with the real OpenSSH sshd instead of the built-in server')

const passwordFd = (): Option =>
  new Option(
    '--password-fd <n>',
    'log in with the password in the first line of file descriptor n, where a host wants one',
  ).argParser(descriptorOf)

const everywhere: readonly (() => Option)[] = [
  () => new Option('--json', 'JSON on standard output and nothing else'),
  () => new Option('--plain', 'plain lines instead of a task list'),
  () => new Option('--quiet', 'only failures; of plan, status and check only the exit code'),
  () => new Option('--verbose', 'how each host is reached and why, and each command sent to it, with its time'),
  () => new Option('--no-color', 'no colours'),
]

const reaching = [inventory, hosts, roles, parallel, passwordFd]

const verbs = {
  up: {
    summary: 'make the cluster what the files say',
    file: 'cluster.json',
    options: [...reaching, release, timeoutStart, noRelay, relayLimit, uploadLimit, wait],
    examples: [
      ' --release ./trueno-0.1.0.tgz',
      ' lab/cluster.json --timeout-start 10m',
      ' --hosts 192.168.1.42',
      ' --password-fd 3 3<password.txt',
    ],
  },
  plan: {
    summary: 'show what `up` would do and why; reads only',
    file: 'cluster.json',
    options: [...reaching, release, timeoutStart, noRelay, out, exitCode],
    examples: ['', ' --out plan.json', ' --exit-code --quiet'],
  },
  apply: {
    summary: 'carry out a plan kept with `plan --out`',
    file: 'plan.json',
    options: [inventory, parallel, passwordFd, release, relayLimit, uploadLimit, wait],
    examples: ['', ' monday.json --wait'],
  },
  status: {
    summary: 'how hosts, components, Elasticsearch and Spark are; reads only',
    file: 'cluster.json',
    options: [inventory, hosts, roles, passwordFd, watch, deep],
    examples: ['', ' --watch', ' --deep', ' --json --roles index'],
  },
  down: {
    summary: 'stop everything of this cluster; data stays',
    file: 'cluster.json',
    options: [...reaching, wait],
    examples: ['', " --hosts '192.168.1.4*'"],
  },
  check: {
    summary: 'everything that would make `up` fail, and how each host is reached; reads only, but with --fix',
    file: 'cluster.json',
    options: [...reaching, release, fix, yes, wait],
    examples: ['', ' --fix', ' --verbose', ' --json --release ./trueno-0.1.0.tgz'],
  },
  trust: {
    summary: "show the hosts' key fingerprints and pin them",
    file: 'cluster.json',
    options: [inventory, passwordFd, yes],
    examples: ['', ' --yes'],
  },
  bundle: {
    summary:
      'make a release from its sources, for hosts that cannot reach them; `bundle ls`, `bundle show NAME` tell of one, `bundle push MIRROR` puts one where hosts get it',
    file: null,
    words: { form: '[words...]', about: '`ls [DIR]`, `show NAME [DIR]`, `push MIRROR [DIR]`, or DIR with --check' },
    options: [source, bundleOut, flavour, platform, push, check],
    examples: [
      ' --source trueno=./trueno',
      ' --source trueno=./trueno --source elasticsearch=./elasticsearch-5.3.2.zip --out lab-release',
      ' --check',
      ' ls',
      ' show elasticsearch',
      ' push https://mirror.lab/trueno',
    ],
  },
  diagnose: {
    summary: 'write all that may tell what happened into one file, without secrets; reads only',
    file: 'cluster.json',
    options: [...reaching, release, bundleFile],
    examples: ['', ' -o monday.tgz', ' -o one.tgz --hosts 192.168.1.42'],
  },
  explain: {
    summary: "what a finding's code means, and what to do about it",
    file: 'code',
    options: [],
    examples: [' max-map-count-low', '', ' port-taken --json'],
  },
  rehearse: {
    summary: 'make hosts on this machine and run the whole cycle on them',
    file: null,
    options: [keep, stop, sshd],
    examples: ['', ' --keep', ' --stop'],
  },
} satisfies Record<Verb, VerbHelp>

const examples = `
Examples:
  trueno-deploy plan --release ./trueno-0.1.0.tgz      what would be done to the hosts of ./cluster.json
  trueno-deploy up --release ./trueno-0.1.0.tgz        do it; run it again at any time
  trueno-deploy status                                 how it is
  trueno-deploy down                                   stop it; data stays
  trueno-deploy rehearse                               the whole cycle on this machine alone

Exit codes: 0 done · 1 failed · 2 wrong use or configuration · 3 not healthy · 4 locked by someone else · 5 changes (plan --exit-code) · 130 interrupted`

function countOf(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text)
  throw new UsageError([wrongUse(`--parallel takes a whole number from 1 to 9999, not \`${text}\``)])
}

/** What was typed is not repeated: it may be the password itself. */
function descriptorOf(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text)
  throw new UsageError([wrongUse('--password-fd takes the number of an open file descriptor, such as 3')])
}

function told(error: CommanderError): Error {
  if (error.exitCode === 0) return new Printed()
  // Its help would have been printed as an error.
  if (error.code === 'commander.help')
    return new UsageError([wrongUse(`a verb is needed: ${Object.keys(verbs).join(', ')}`)])
  return new UsageError([wrongUse(error.message.replace(/^error: /, ''))])
}

function wrongUse(cause: string): Problem {
  return errorProblem({ code: 'wrong-use', title: 'wrong use', cause, remedy: 'see `trueno-deploy --help`' })
}
