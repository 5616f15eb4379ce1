import type { Access } from '../cluster/cluster.js'
import { errorProblem, UsageError } from '../errors.js'
import { keyed } from './slots.js'
import { createSshG, type SshG } from './ssh-g.js'

/** Settings of one host as `ssh -G` prints them: lower-case keyword → its values in order. */
export type SshSettings = ReadonlyMap<string, readonly string[]>

export interface SshProgram {
  /** What ssh would do with this access; null: there is no ssh on this machine. */
  settings(access: Access): Promise<SshSettings | null>
  /** What ssh does where nothing is configured; empty without an ssh. */
  defaults(): Promise<SshSettings>
}

export interface SshProgramOptions {
  /** `-F`: read this file instead of the user's and the system's. */
  readonly configFile?: string
  /** Nothing may be asked of the network while names are resolved. */
  readonly offline: boolean
}

/** The ssh of this machine, asked what its configuration comes to. */
export function sshProgram(options: SshProgramOptions): SshProgram {
  const sshG = createSshG()
  const parse = createSettingsParser()
  const ask = (args: readonly string[]): Promise<SshSettings | null> => askSettings(sshG, args, parse)
  return {
    settings: (access) => ask(sshArguments(access, options)),
    defaults: async () => (await ask(['-F', 'none', '--', 'localhost'])) ?? new Map(),
  }
}

/** The same program, asked once for equal accesses. */
export function remembered(program: SshProgram): SshProgram {
  const settings = keyed((access) => program.settings(JSON.parse(access) as Access))
  const defaults = keyed(() => program.defaults())
  return { settings: (access) => settings(JSON.stringify(access)), defaults: () => defaults('') }
}

/** The inventory goes in as options, so that `Match user` and tokens see it. */
export function sshArguments(access: Access, options: SshProgramOptions): readonly string[] {
  return [
    ...(options.configFile === undefined ? [] : ['-F', options.configFile]),
    ...(options.offline ? ['-o', 'CanonicalizeHostname=no'] : []),
    ...(access.user === undefined ? [] : ['-l', access.user]),
    ...(access.port === undefined ? [] : ['-p', String(access.port)]),
    // Not `-i`: ssh passes over one that is not there and takes its defaults.
    ...(access.identityFile === undefined ? [] : ['-o', `IdentityFile="${access.identityFile}"`]),
    ...(access.proxyJump === undefined ? [] : ['-o', `ProxyJump=${access.proxyJump}`]),
    '--',
    access.ssh,
  ]
}

type SettingsParser = (text: string) => SshSettings

async function askSettings(sshG: SshG, args: readonly string[], parse: SettingsParser): Promise<SshSettings | null> {
  const { printed, code } = await sshG(args)
  if (code === 0) return parse(printed)
  if (code === noSuchProgram) return null
  throw invalidConfiguration(args.at(-1) ?? '', printed)
}

/** What a shell says when there is no ssh. */
const noSuchProgram = 127

/** Lines `keyword value` into a map. Most lines are the same for all hosts: each is taken apart and kept once. */
function createSettingsParser(): SettingsParser {
  const settingOf = keyed(takeApart)
  return (text) => {
    const settings = new Map<string, readonly string[]>()
    for (const setting of text.split('\n').map(settingOf)) {
      if (setting === null) continue
      const before = settings.get(setting.keyword)
      settings.set(setting.keyword, before === undefined ? setting.values : [...before, ...setting.values])
    }
    return settings
  }
}

function takeApart(line: string): { readonly keyword: string; readonly values: readonly string[] } | null {
  const [, keyword, value] = /^(\S+) (.*)$/.exec(line) ?? []
  return keyword === undefined || value === undefined ? null : { keyword: keyword.toLowerCase(), values: [value] }
}

function invalidConfiguration(name: string, said: string): UsageError {
  return new UsageError([
    errorProblem({
      code: 'ssh-config-invalid',
      title: 'The SSH configuration cannot be used',
      cause: `\`ssh -G ${name}\` fails`,
      evidence: said.trim(),
      remedy: 'Correct the file and line that ssh names.',
    }),
  ])
}
