import { Option } from 'commander'
import { UsageError } from '../errors.js'
import { wrongUse } from './wrong-use.js'

export const inventory = (): Option =>
  new Option(
    '-i, --inventory <file>',
    'how to reach the hosts, what to deploy (default: inventory.yaml beside cluster.json)',
  )
export const release = (): Option =>
  new Option('--release <path>', 'folder or .tgz of a Trueno package, or the word standin')
export const hosts = (): Option => new Option('--hosts <a,b>', 'only these hosts').argParser(list)
export const roles = (): Option =>
  new Option('--roles <index,compute>', 'only hosts with one of these roles').argParser(list)
export const parallel = (): Option =>
  new Option('--parallel <n>', 'how many hosts at once (default: 64)').argParser(countOf)
export const timeoutStart = (): Option =>
  new Option('--timeout-start <duration>', 'how long hosts may take to get ready, e.g. 5m')
export const uploadLimit = (): Option =>
  new Option('--upload-limit <rate>', 'most that leaves this machine, to all hosts together, e.g. 20MB/s')
export const noRelay = (): Option =>
  new Option('--no-relay', 'send to every host from here; none passes anything on to others')
export const relayLimit = (): Option =>
  new Option('--relay-limit <rate>', 'most that each host passes on to others, e.g. 100MB/s')
export const wait = (): Option => new Option('--wait', 'wait for the lease instead of ending with 4')
export const out = (): Option => new Option('--out <file>', 'keep the plan for `apply`')
export const push = (): Option =>
  new Option('--push <mirror>', 'put it on a mirror too: https://HOST/PATH or s3://BUCKET/PREFIX')
export const bundleOut = (): Option => new Option('--out <dir>', 'the folder to make').default('trueno-release')
export const source = (): Option =>
  new Option(
    '--source <name=where>',
    'where a part (trueno, node, java, gremlin, elasticsearch, spark, cerebro, bridge, console) comes from: a path, a URL, npm:NAME@VERSION, maven:GROUP:ARTIFACT:VERSION[:TYPE[:CLASSIFIER]], pypi:NAME==VERSION, standin or none; can be repeated',
  ).argParser((text: string, before: readonly string[] = []) => [...before, text])
export const flavour = (): Option =>
  new Option('--flavour <name>', 'branch of Trueno that the components are for')
    .choices(['dev', 'master'])
    .default('dev')
export const platform = (): Option =>
  new Option('--platform <name>', 'what the hosts are; runtimes for others are given as node@linux-arm64=…')
    .choices(['linux-x64', 'linux-arm64', 'linux-x64-musl', 'linux-arm64-musl'])
    .default('linux-x64')
export const check = (): Option => new Option('--check', 'compare a bundle with what was written down when it was made')
export const bundleFile = (): Option =>
  new Option('-o, --output <file>', 'the file to write (default: NAME-diagnosis.tgz, where you are)')
export const exitCode = (): Option => new Option('--exit-code', 'end with 5 when there is something to do')
export const watch = (): Option => new Option('--watch', 'look again every 2 s')
export const deep = (): Option =>
  new Option('--deep', 'compare all files of the release with what came, and measure the disks')
export const fix = (): Option =>
  new Option('--fix', 'show what root can mend as a script, and run it on the hosts after a yes')
export const yes = (): Option => new Option('--yes', 'do not ask')
export const keep = (): Option => new Option('--keep', 'leave the hosts and the cluster there, to play with')
export const stop = (): Option => new Option('--stop', 'take down what --keep left')
export const sshd = (): Option =>
  new Option('--sshd', 'hosts with the real OpenSSH sshd instead of the built-in server')

export const passwordFd = (): Option =>
  new Option(
    '--password-fd <n>',
    'log in with the password in the first line of file descriptor n, where a host wants one',
  ).argParser(descriptorOf)

/** What every verb takes. */
export const everywhere: readonly (() => Option)[] = [
  () => new Option('--json', 'JSON on standard output and nothing else'),
  () => new Option('--plain', 'plain lines instead of a task list'),
  () => new Option('--quiet', 'only failures; of plan, status and check only the exit code'),
  () => new Option('--verbose', 'how each host is reached and why, and each command sent to it, with its time'),
  () => new Option('--no-color', 'no colours'),
]

function list(text: string): readonly string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
}

function countOf(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text)
  throw new UsageError([wrongUse(`--parallel takes a whole number from 1 to 9999, not \`${text}\``)])
}

/** What was typed is not repeated: it may be the password itself. */
function descriptorOf(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text)
  throw new UsageError([wrongUse('--password-fd takes the number of an open file descriptor, such as 3')])
}
