import type { PlacedArtifact } from '../../../src/cluster/facts.js'
import { binaries } from '../../../src/trueno/release.js'
import { type Machine, pause } from './machine.js'
import { marked } from './process.js'
import { requireHash, requireHome, type Script, ScriptExit } from './script.js'

/** TOKEN HOME RELEASE_ID (artifact SHA256 TO | placeholder PATH | copy PATH)... */
export const assemble: Script = async ([, home, id, ...parts], { machine }) => {
  requireHome(home, machine)
  const release = requireHash('RELEASE_ID', id)
  const engines = new Set<string>()
  const placeholders = new Set<string>()
  const placed: PlacedArtifact[] = []
  let hasPackage = false
  for (const [kind, first = '', to = ''] of partsOf(parts)) {
    if (kind === 'placeholder') placeholders.add(first)
    if (kind !== 'artifact') continue
    if (!machine.disk.artifacts.has(requireHash('an artifact', first)))
      throw new ScriptExit(74, `artifact ${first} is missing`)
    placed.push({ sha256: first, to })
    if (to.startsWith(`${binaries}/`)) engines.add(to.slice(binaries.length + 1))
    hasPackage ||= to === ''
  }
  const there = machine.disk.releases.get(release)
  const lacking = placed.filter(({ to }) => !there?.parts.some((part) => part.to === to))
  if (there !== undefined && lacking.length === 0) return 'present\n'
  await pause(machine, machine.chance.between(50, 800))
  machine.disk.releases.set(release, {
    engines: new Set([...(there?.engines ?? []), ...engines]),
    placeholders,
    hasPackage,
    parts: [...(there?.parts ?? []), ...lacking],
  })
  return there === undefined ? 'assembled\n' : 'extended\n'
}

/** TOKEN HOME (release ID | artifact SHA256)... */
export const prune: Script = async ([, home, ...names], { machine }) => {
  requireHome(home, machine)
  const { disk } = machine
  for (let at = 0; at < names.length; at += 2) {
    const name = requireHash('a name', names[at + 1])
    await pause(machine, machine.chance.between(5, 50))
    if (isInUse(names[at] ?? '', name, machine)) continue
    if (names[at] === 'release') disk.releases.delete(name)
    if (names[at] === 'artifact') disk.artifacts.delete(name)
  }
  return ''
}

/** It stays, whoever asks. */
function isInUse(kind: string, name: string, machine: Machine): boolean {
  const { disk } = machine
  const running = marked(machine, 'trueno').length > 0 ? disk.start?.release : undefined
  if (kind === 'release') return name === disk.current || name === running
  return [...disk.releases.values()].some(({ parts }) => parts.some(({ sha256 }) => sha256 === name))
}

function* partsOf(words: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < words.length; ) {
    const length = words[at] === 'artifact' ? 3 : 2
    const part = words.slice(at, at + length)
    if (!['artifact', 'placeholder', 'copy'].includes(part[0] ?? '') || part.length < length)
      throw new ScriptExit(74, `a part must be artifact, placeholder or copy, not '${part.join(' ')}'`)
    yield part
    at += length
  }
}

/** TOKEN HOME PATH MODE */
export const write: Script = async ([, home, path = '', mode = ''], { machine, input }) => {
  requireHome(home, machine)
  if (!path.startsWith(`${machine.home}/`)) throw new ScriptExit(74, `PATH must be below HOME, not '${path}'`)
  if (!/^[0-7]{3,4}$/.test(mode)) throw new ScriptExit(74, `MODE must be octal, not '${mode}'`)
  await pause(machine, machine.chance.between(2, 20))
  machine.disk.files.set(path, input)
  return ''
}

/** TOKEN HOME RELEASE_ID */
export const activate: Script = async ([, home, id], { machine }) => {
  requireHome(home, machine)
  const release = requireHash('RELEASE_ID', id)
  if (!machine.disk.releases.has(release))
    throw new ScriptExit(74, `release ${release} is not in ${machine.home}/releases`)
  await pause(machine, machine.chance.between(2, 20))
  const tree = machine.disk.releases.get(release)
  machine.disk.releases.delete(release)
  if (tree !== undefined) machine.disk.releases.set(release, tree)
  machine.disk.current = release
  return ''
}
