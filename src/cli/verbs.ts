import type { Option } from 'commander'
import * as take from './options.js'
import type { Verb } from './typed.js'

/** What a verb takes, and what its help says. */
export interface VerbHelp {
  readonly summary: string
  /** Its one file; null: it takes none. */
  readonly file: keyof typeof files | null
  /** Words that it takes beside a file. */
  readonly words?: { readonly form: string; readonly about: string }
  readonly options: readonly (() => Option)[]
  readonly examples: readonly string[]
}

/** What verbs take; a file is looked for under its own name where none is given. */
export const files = {
  'cluster.json': { about: 'hosts and roles of the cluster', fallback: 'cluster.json' },
  'plan.json': { about: 'a plan kept with `plan --out`', fallback: 'plan.json' },
  code: { about: 'code of a finding, e.g. port-taken; without it all are listed', fallback: '' },
}

const reaching = [take.inventory, take.hosts, take.roles, take.parallel, take.passwordFd]

export const verbs = {
  up: {
    summary: 'make the cluster what the files say',
    file: 'cluster.json',
    options: [...reaching, take.release, take.timeoutStart, take.noRelay, take.relayLimit, take.uploadLimit, take.wait],
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
    options: [...reaching, take.release, take.timeoutStart, take.noRelay, take.out, take.exitCode],
    examples: ['', ' --out plan.json', ' --exit-code --quiet'],
  },
  apply: {
    summary: 'carry out a plan kept with `plan --out`',
    file: 'plan.json',
    options: [
      take.inventory,
      take.parallel,
      take.passwordFd,
      take.release,
      take.relayLimit,
      take.uploadLimit,
      take.wait,
    ],
    examples: ['', ' monday.json --wait'],
  },
  status: {
    summary: 'how hosts, components, Elasticsearch and Spark are; reads only',
    file: 'cluster.json',
    options: [take.inventory, take.hosts, take.roles, take.passwordFd, take.watch, take.deep],
    examples: ['', ' --watch', ' --deep', ' --json --roles index'],
  },
  down: {
    summary: 'stop everything of this cluster; data stays',
    file: 'cluster.json',
    options: [...reaching, take.wait],
    examples: ['', " --hosts '192.168.1.4*'"],
  },
  check: {
    summary: 'everything that would make `up` fail, and how each host is reached; reads only, but with --fix',
    file: 'cluster.json',
    options: [...reaching, take.release, take.fix, take.yes, take.wait],
    examples: ['', ' --fix', ' --verbose', ' --json --release ./trueno-0.1.0.tgz'],
  },
  trust: {
    summary: "show the hosts' key fingerprints and pin them",
    file: 'cluster.json',
    options: [take.inventory, take.passwordFd, take.yes],
    examples: ['', ' --yes'],
  },
  bundle: {
    summary: 'make a release from its sources, verify one, tell of it, put it on a mirror',
    file: null,
    words: { form: '[words...]', about: '`ls [DIR]`, `show NAME [DIR]`, `push MIRROR [DIR]`, or DIR with --check' },
    options: [take.source, take.bundleOut, take.flavour, take.platform, take.push, take.check],
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
    options: [...reaching, take.release, take.bundleFile],
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
    options: [take.keep, take.stop, take.sshd],
    examples: ['', ' --keep', ' --stop'],
  },
} satisfies Record<Verb, VerbHelp>
