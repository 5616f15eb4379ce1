import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import gt from 'semver/functions/gt.js'
import { errorProblem, type Problem } from '../errors.js'
import { parse, readText } from './identify.js'
import type { Subject } from './subject.js'

/** The newest pm2 that shows Trueno the lines it waits for (contract, 1.1), and the one to pin. */
const newestPm2 = '2.8.0'
const goodPm2 = '2.6.1'

/** Declared by Trueno, but used by `npm install` and `trueno setup` only. */
const notNeededToRun = ['bower', 'download', 'download-status']

/** What is wrong with the dependencies of real Trueno, which must lie in its own node_modules (contract, 2). */
export async function dependencyProblems(subject: Subject): Promise<readonly Problem[]> {
  const { tree, manifest } = subject
  const installed = new Set(tree.entries.map(({ path }) => installedName.exec(path)?.[1]))
  if (installed.size === 1) return [await notInstalled(subject)]
  // Trueno's logger needs moment and does not declare it: with npm's flat layout it is there by chance.
  const needed = [...Object.keys(manifest.dependencies), 'pm2', 'moment'].filter(
    (name) => !notNeededToRun.includes(name),
  )
  const missing = [...new Set(needed)].filter((name) => !installed.has(name)).sort()
  return [...(missing.length === 0 ? [] : [incomplete(subject, missing)]), ...(await pm2Problems(subject))]
}

const installedName = /^node_modules\/((?:@[^/]+\/)?[^/]+)\/package\.json$/

async function notInstalled({ path, origin, tree }: Subject): Promise<Problem> {
  const checkout = await stat(join(tree.root, '.git')).then(
    () => true,
    () => false,
  )
  return errorProblem({
    code: 'release-dependencies',
    title: "Trueno's dependencies are not installed",
    cause: `${path} is ${checkout ? 'a git checkout' : 'a Trueno package'} without node_modules, and hosts install nothing by themselves`,
    remedy: `make a release of it: \`trueno-deploy bundle --source trueno=${path}\`\nor ${installing(origin)}`,
  })
}

function incomplete({ path, origin }: Subject, missing: readonly string[]): Problem {
  return errorProblem({
    code: 'release-dependencies',
    title: "Trueno's dependencies are not complete",
    cause: `${missing.length === 1 ? 'a package that Trueno loads is' : `${missing.length} packages that Trueno loads are`} not in node_modules of ${path}`,
    evidence: missing.join(', '),
    remedy: `${installing(origin)}\nuse npm's own layout: Trueno loads moment without declaring it, and finds it only in a flat node_modules`,
  })
}

async function pm2Problems({ origin, tree }: Subject): Promise<readonly Problem[]> {
  const version = parse((await readText(join(tree.root, 'node_modules/pm2/package.json'))) ?? '')?.version
  if (typeof version !== 'string' || !gt(version, newestPm2)) return []
  return [
    errorProblem({
      code: 'release-pm2',
      title: 'With this pm2 Trueno never becomes ready',
      cause: `pm2 ${version} hides from Trueno that Spark has started: every host that runs Spark would wait for ever`,
      evidence: `node_modules/pm2 is ${version}; ${newestPm2} is the newest that works`,
      remedy: installing(origin),
    }),
  ]
}

function installing(origin: string): string {
  return `in ${origin}, set "pm2": "${goodPm2}" in the dependencies (or "overrides") of package.json, then run \`npm install --omit=dev --ignore-scripts\``
}
