import { binaries } from '../../../src/trueno/release.js'
import { pause } from './machine.js'
import { requireHash, requireHome, type Script, ScriptExit } from './script.js'

/** TOKEN HOME SHA256 ENCODING; the bytes of a model artifact are its own name. */
export const receive: Script = async ([, home, sha256], { machine, input }) => {
  requireHome(home, machine)
  const id = requireHash('SHA256', sha256)
  if (machine.disk.artifacts.has(id)) return 'present\n'
  if (input !== id) throw new ScriptExit(71, `what arrived is not artifact ${id}`)
  await pause(machine, machine.chance.between(100, 1500))
  machine.disk.artifacts.add(id)
  return 'stored\n'
}

/** TOKEN HOME RELEASE_ID (artifact SHA256 TO | placeholder PATH | copy PATH)... */
export const assemble: Script = async ([, home, id, ...parts], { machine }) => {
  requireHome(home, machine)
  const release = requireHash('RELEASE_ID', id)
  const engines = new Set<string>()
  const placeholders = new Set<string>()
  let hasPackage = false
  for (const [kind, first = '', to = ''] of partsOf(parts)) {
    if (kind === 'placeholder') placeholders.add(first)
    if (kind !== 'artifact') continue
    if (!machine.disk.artifacts.has(requireHash('an artifact', first)))
      throw new ScriptExit(74, `artifact ${first} is missing`)
    if (to.startsWith(`${binaries}/`)) engines.add(to.slice(binaries.length + 1))
    hasPackage ||= to === ''
  }
  if (machine.disk.releases.has(release)) return 'present\n'
  await pause(machine, machine.chance.between(50, 800))
  machine.disk.releases.set(release, { engines, placeholders, hasPackage })
  return 'assembled\n'
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
  machine.disk.current = release
  return ''
}
