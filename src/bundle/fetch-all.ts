import type { Sha256 } from '../cluster/cluster.js'
import type { Choice } from './choose.js'
import type { MakeOptions, MakeTools } from './job.js'
import { type From, type Obtained, obtain } from './obtain.js'
import { forEachRow } from './progress.js'
import { sizeText } from './size-text.js'

/** Has every part at hand, or knows that it is left out. What arrived is remembered, also when another part fails. @throws ProblemError */
export async function fetchAll(
  choices: readonly Choice[],
  options: MakeOptions,
  tools: MakeTools,
): Promise<readonly Obtained[]> {
  const store = { directory: tools.cacheDirectory }
  const byName = new Map(choices.map((choice) => [choice.name, choice]))
  const phase = { id: 'fetch', title: 'Fetch', rows: choices.map(({ name }) => name) }
  const fetchedNow: Record<string, Sha256> = {}
  const fetched = forEachRow(
    tools.emit,
    phase,
    async (name, row) => {
      const choice = byName.get(name) as Choice
      const context = { ...options, ...tools, store, platform: choice.platform, onLine: row.say, onBytes: row.bytes }
      const result = await obtain(choice, context)
      if (result.from.kind === 'stored') fetchedNow[result.from.source] = result.from.file.sha256
      return { result, message: howObtained(result) }
    },
    summaryOf,
  )
  const obtained = await fetched.finally(() => tools.onFetched(fetchedNow))
  for (const { warnings } of obtained) for (const problem of warnings) tools.emit({ kind: 'problem', problem })
  return obtained
}

function howObtained({ from, version }: Obtained): string {
  const parts = {
    none: () => 'left out',
    standin: () => 'stand-in',
    path: (at: Extract<From, { kind: 'path' }>) => at.path,
    stored: ({ file, isNew, isFirst }: Extract<From, { kind: 'stored' }>) =>
      [
        version,
        sizeText(file.bytes),
        isNew ? '' : 'from the cache',
        isFirst ? `sha256 ${file.sha256.slice(0, 12)}… recorded` : '',
      ]
        .filter((part) => part !== '')
        .join(' · '),
  }
  return parts[from.kind](from as never)
}

function summaryOf(obtained: readonly Obtained[]): string {
  const files = obtained.flatMap(({ from }) => (from.kind === 'stored' ? [from] : []))
  const fresh = files.filter(({ isNew }) => isNew).reduce((sum, { file }) => sum + file.bytes, 0)
  const cached = files.filter(({ isNew }) => !isNew).reduce((sum, { file }) => sum + file.bytes, 0)
  const parts = [
    ...(fresh > 0 ? [`${sizeText(fresh)} fetched`] : []),
    ...(cached > 0 ? [`${sizeText(cached)} from the cache`] : []),
  ]
  return parts.join(', ') || 'nothing to fetch'
}
