import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ProblemError } from '../errors.js'
import { replacing } from '../release/cache.js'
import { layOutParts } from './components.js'
import { asDiskProblem } from './disk.js'
import { fetchAll } from './fetch-all.js'
import { installTrueno } from './install-trueno.js'
import type { MakeOptions, MakeTools } from './job.js'
import type { Manifest } from './manifest.js'
import type { Obtained } from './obtain.js'
import { type Opened, openPart } from './open-part.js'
import { forEachRow, inPhase } from './progress.js'
import { resolveParts } from './resolve.js'
import { sizeText } from './size-text.js'
import { verifyRelease } from './verify-release.js'
import { putAside, writeBundle } from './write-bundle.js'

/** Makes a release from its sources. What fails leaves nothing but the cache. @throws ProblemError */
export async function makeBundle(options: MakeOptions, tools: MakeTools): Promise<Manifest> {
  try {
    const choices = await resolveParts(options, tools)
    const obtained = await fetchAll(choices, options, tools)
    let manifest: Manifest | undefined
    await replacing(options.out, async (temporary) => {
      manifest = await makeIn(temporary, obtained, options, tools)
    })
    return manifest as unknown as Manifest
  } catch (error) {
    throw await asDiskProblem(error, options.out, tools)
  }
}

async function makeIn(
  release: string,
  obtained: readonly Obtained[],
  options: MakeOptions,
  tools: MakeTools,
): Promise<Manifest> {
  const opened = await openAll(obtained, `${release}.parts`, tools)
  const installed = await installTrueno(opened, release, options, tools)
  await layOutParts(opened, obtained, release, options, tools)
  const { id, label } = await inPhase(tools.emit, { id: 'verify', title: 'Verify' }, async () => {
    const found = await verifyRelease(release, options.out, tools.signal)
    return { result: found, summary: found.label }
  })
  tools.emit({ kind: 'releaseKnown', release: `${id.slice(0, 7)} (${label})` })
  return inPhase(tools.emit, { id: 'write', title: 'Write' }, async () => {
    const made = await writeBundle(release, { id, label }, obtained, installed, options, tools.signal)
    await putAside(options.out, release)
    return { result: made, summary: `${made.files.count} files, ${sizeText(made.files.bytes)}` }
  })
}

async function openAll(
  obtained: readonly Obtained[],
  folder: string,
  { emit, signal, onUnusable }: MakeTools,
): Promise<readonly Opened[]> {
  const at = new Map(obtained.map((one) => [one.choice.name, one]))
  const rows = obtained
    .filter(({ from }) => from.kind === 'stored' || from.kind === 'path')
    .map(({ choice }) => choice.name)
  const unusable: string[] = []
  const opening = forEachRow(
    emit,
    { id: 'unpack', title: 'Unpack', rows },
    async (name) => {
      await mkdir(folder, { recursive: true })
      const part = at.get(name) as Obtained
      const result = await openPart(part, join(folder, name), signal).catch((error: unknown) => {
        if (isDamaged(error) && part.from.kind === 'stored') unusable.push(part.from.source)
        throw error
      })
      return { result, message: 'unpacked' }
    },
    (results) => `${results.length} parts`,
  )
  return opening.finally(() => unusable.length > 0 && onUnusable(unusable))
}

function isDamaged(error: unknown): boolean {
  return error instanceof ProblemError && error.problems.some(({ code }) => code === 'source-archive')
}
