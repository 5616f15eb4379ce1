import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { BenchHosts } from './hosts.js'
import { type RunOptions, run, toolCommand, type Usage } from './measure.js'

/** What Ansible took, with pipelining and 32 forks. */
export interface Ansible {
  readonly version: string
  /** Five tasks, a command each. */
  readonly five: Compared
  /** One shell task with the facts script. */
  readonly one: Compared
}

interface Compared extends Usage {
  /** As a multiple of what `plan` took, of the mean of one just before and one just after. */
  readonly timesPlan: number
}

/** Once each, since it takes so long; null where there is no `ansible-playbook` on PATH, or it cannot do it. */
export async function measureAnsible(cluster: BenchHosts, options: RunOptions): Promise<Ansible | null> {
  const version = versionHere()
  if (version === undefined) return null
  try {
    const before = await plan(cluster, options)
    const five = await play('five', commands.map(shell), cluster, options)
    const between = await plan(cluster, options)
    const one = await play('one', [shell('sh <{{ facts_input }}')], cluster, options)
    const after = await plan(cluster, options)
    return { version, five: compared(five, before, between), one: compared(one, between, after) }
  } catch (error) {
    options.signal.throwIfAborted()
    process.stderr.write(`\nAnsible failed, and is left out: ${(error as Error).message}\n`)
    return null
  }
}

/** A file to each host, once; null where there is no `ansible-playbook` on PATH, or it cannot do it. */
export async function measureAnsibleCopy(
  cluster: BenchHosts,
  file: string,
  options: RunOptions,
): Promise<Usage | null> {
  if (versionHere() === undefined) return null
  const copy = { 'ansible.builtin.copy': { src: file, dest: '{{ facts_input }}.copy' } }
  return play('copy', [copy], cluster, options).catch((error: Error) => {
    options.signal.throwIfAborted()
    process.stderr.write(`\nAnsible failed, and is left out: ${error.message}\n`)
    return null
  })
}

function versionHere(): string | undefined {
  const { stdout } = spawnSync('ansible-playbook', ['--version'], { encoding: 'utf8' })
  return /core ([\d.]+)/.exec(stdout ?? '')?.[1]
}

function shell(command: string): object {
  return { 'ansible.builtin.shell': command }
}

function plan({ clusterFile }: BenchHosts, options: RunOptions): Promise<Usage> {
  return run(toolCommand('plan', clusterFile, '--json'), options)
}

function compared(usage: Usage, before: Usage, after: Usage): Compared {
  return { ...usage, timesPlan: (2 * usage.wallMs) / (before.wallMs + after.wallMs) }
}

async function play(name: string, tasks: readonly object[], cluster: BenchHosts, options: RunOptions): Promise<Usage> {
  const file = join(cluster.directory, `${name}.yaml`)
  writeFileSync(file, stringify([{ hosts: 'all', gather_facts: false, tasks }]))
  const env = { ...options.env, ...environmentOf(cluster) }
  const { stdout, ...usage } = await run(['ansible-playbook', '-i', inventoryOf(cluster), file], { ...options, env })
  const well = stdout.match(/unreachable=0 +failed=0/g) ?? []
  if (well.length !== cluster.hosts.length) throw new Error(stdout.slice(-2000))
  return usage
}

/** About what the facts script asks. */
const commands = ['uname -a', 'cat /etc/os-release', 'df -Pk .', 'cat /proc/meminfo /proc/loadavg', 'ls -la']

function inventoryOf({ directory, hosts, key }: BenchHosts): string {
  const file = join(directory, 'ansible.ini')
  const lines = hosts.map(
    (host) =>
      `${host.key} ansible_port=${host.port} ansible_user=${host.user} ansible_ssh_private_key_file=${key.file} ansible_python_interpreter=/usr/bin/python3 facts_input=${host.factsInput}\n`,
  )
  writeFileSync(file, lines.join(''))
  return file
}

function environmentOf({ directory, knownHostsFile }: BenchHosts): Readonly<Record<string, string>> {
  return {
    LC_ALL: 'C.UTF-8',
    ANSIBLE_PIPELINING: 'True',
    ANSIBLE_FORKS: '32',
    ANSIBLE_SSH_ARGS: `-F none -C -o ControlMaster=auto -o ControlPersist=60s -o UserKnownHostsFile=${knownHostsFile}`,
    ANSIBLE_SSH_CONTROL_PATH_DIR: join(directory, 'cp'),
    ANSIBLE_LOCAL_TEMP: join(directory, 'ansible'),
    ANSIBLE_HOME: join(directory, 'ansible-home'),
  }
}
