import { dirname, join, normalize, resolve } from 'node:path'
import type { Cluster } from '../cluster/cluster.js'
import { errorProblem, UsageError } from '../errors.js'
import { clusterRuleFindings } from './cluster-rules.js'
import type { ConfigFile } from './document.js'
import type { FileName } from './file-findings.js'
import { type ReadFile, readRegularFile } from './files.js'
import { type Finding, inOrder, printable } from './finding.js'
import { inventoryRuleFindings } from './inventory-rules.js'
import { normalise, type Overrides } from './normalise.js'
import { type Opened, openFile } from './open.js'
import { clusterSchemaFindings, inventorySchemaFindings } from './schema-findings.js'

export interface LoadOptions {
  /** Path of `cluster.json`, as the user gave it. Default: `./cluster.json`. */
  readonly clusterFile?: string
  /** Path of the inventory, as the user gave it. Default: `inventory.yaml`, `.yml` or `.json` beside `cluster.json`, if there. */
  readonly inventoryFile?: string
  readonly overrides?: Overrides
  /** Absolute: what `~` stands for. */
  readonly homeDirectory: string
  /** Absolute: what relative paths of the options begin at. */
  readonly workingDirectory: string
  readonly readFile?: ReadFile
}

/**
 * Reads `cluster.json` and the inventory, checks them, and makes the cluster of them.
 * Contacts nothing.
 * @throws UsageError with everything that is wrong in all files, in their order
 */
export async function loadCluster(options: LoadOptions): Promise<Cluster> {
  const cluster = await read(options, { name: options.clusterFile ?? 'cluster.json', role: 'cluster' })
  const inventory = await readInventory(options, cluster.name)
  const findings = [clusterFindings(cluster), inventoryFindings(inventory, cluster.file)]
  const problems = findings.flatMap(inOrder)
  if (problems.length > 0 || cluster.file === null) throw new UsageError(problems)
  return normalise({
    overrides: {},
    ...options,
    clusterFile: { path: cluster.path, file: cluster.file },
    inventoryFile: inventory?.file ? { path: inventory.path, file: inventory.file } : null,
  })
}

interface ReadResult extends Opened {
  readonly name: string
  /** Absolute. */
  readonly path: string
}

async function read(options: LoadOptions, given: FileName): Promise<ReadResult> {
  const readFile = options.readFile ?? readRegularFile
  const name = normalize(given.name)
  const path = resolve(options.workingDirectory, name)
  return { ...(await openFile({ ...given, name }, await readFile(path))), name, path }
}

/** Null: none was named, and none is there. */
async function readInventory(options: LoadOptions, clusterName: string): Promise<ReadResult | null> {
  const { inventoryFile } = options
  if (inventoryFile !== undefined) return read(options, { name: inventoryFile, role: 'inventory' })
  const names = ['inventory.yaml', 'inventory.yml', 'inventory.json'].map((name) => join(dirname(clusterName), name))
  const there = await namesThere(options, names)
  const [name] = there
  if (name === undefined) return null
  const result = await read(options, { name, role: 'inventory' })
  return there.length === 1 ? result : { ...result, findings: [severalInventories(there), ...result.findings] }
}

async function namesThere(options: LoadOptions, names: readonly string[]): Promise<readonly string[]> {
  const readFile = options.readFile ?? readRegularFile
  const readings = await Promise.all(names.map((name) => readFile(resolve(options.workingDirectory, name))))
  return names.filter((_, index) => readings[index]?.kind !== 'missing')
}

function severalInventories(names: readonly string[]): Finding {
  const problem = errorProblem({
    code: 'config-two-inventories',
    title: 'More than one inventory',
    cause: 'several files could be the inventory, and none was chosen',
    evidence: names.map(printable).join('\n'),
    remedy: `Choose one with -i, for example -i ${printable(names[0] ?? '')}, or remove the others.`,
  })
  return { offset: -1, problem }
}

function clusterFindings({ file, findings }: Opened): readonly Finding[] {
  return file === null ? findings : [...findings, ...clusterSchemaFindings(file), ...clusterRuleFindings(file)]
}

function inventoryFindings(inventory: Opened | null, cluster: ConfigFile | null): readonly Finding[] {
  if (inventory === null) return []
  const { file, findings } = inventory
  if (file === null) return findings
  return [...findings, ...inventorySchemaFindings(file), ...inventoryRuleFindings(file, cluster)]
}
