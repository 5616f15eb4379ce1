import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { BenchHosts } from './hosts.js'
import { type RunOptions, run, type Usage } from './measure.js'

/** What Ansible took, with pipelining and 32 forks. */
export interface Ansible {
  readonly version: string
  /** Five tasks, a command each. */
  readonly five: Usage
  /** One shell task with the facts script. */
  readonly one: Usage
}

/** Once each, since it takes so long; null where there is no `ansible-playbook` on PATH. */
export async function measureAnsible(cluster: BenchHosts, options: RunOptions): Promise<Ansible | null> {
  const version = /core ([\d.]+)/.exec(
    spawnSync('ansible-playbook', ['--version'], { encoding: 'utf8' }).stdout ?? '',
  )?.[1]
  if (version === undefined) return null
  const inventory = inventoryOf(cluster)
  const play = async (name: string, tasks: readonly object[]): Promise<Usage> => {
    const file = join(cluster.directory, `${name}.yaml`)
    writeFileSync(file, stringify([{ hosts: 'all', gather_facts: false, tasks }]))
    const env = { ...options.env, ...environmentOf(cluster) }
    const { stdout, ...usage } = await run(['ansible-playbook', '-i', inventory, file], { ...options, env })
    if ((stdout.match(/unreachable=0 +failed=0/g) ?? []).length !== cluster.hosts.length)
      throw new Error(stdout.slice(-2000))
    return usage
  }
  return {
    version,
    five: await play(
      'five',
      commands.map((command) => ({ 'ansible.builtin.shell': command })),
    ),
    one: await play('one', [{ 'ansible.builtin.shell': 'sh <{{ facts_input }}' }]),
  }
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
