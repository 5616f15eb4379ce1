import { posix } from 'node:path'
import { errorProblem, type Problem } from '../errors.js'
import { type ComponentDirectory, launchers } from '../trueno/release.js'
import { dependencyProblems } from './dependencies.js'
import { componentDirectories, folderOf, stateOf } from './parts.js'
import type { Subject } from './subject.js'
import type { Entry, Tree } from './tree.js'

/** Everything in a package that would keep it from running on hosts; the contents of its files aside. */
export async function inspect(subject: Subject): Promise<readonly Problem[]> {
  const onlyReal = subject.kind === 'trueno' ? [...(await dependencyProblems(subject)), ...setupProblems(subject)] : []
  return [
    ...commandProblems(subject),
    ...onlyReal,
    ...launcherProblems(subject),
    ...linkProblems(subject),
    ...specialProblems(subject),
  ]
}

function commandProblems({ tree, path }: Subject): readonly Problem[] {
  if (has(tree, 'lib/trueno.js')) return []
  return [
    errorProblem({
      code: 'release-incomplete',
      title: 'The Trueno package is not complete',
      cause: `${path} has no lib/trueno.js, the command that starts Trueno`,
      remedy: 'give a complete package: the folders conf and lib of Trueno, with its dependencies in node_modules',
    }),
  ]
}

function launcherProblems({ tree }: Subject): readonly Problem[] {
  const broken = componentDirectories.filter((directory) => stateOf(directory, tree.entries) === 'broken')
  return broken.map((directory) =>
    errorProblem({
      code: 'release-launcher',
      title: 'A component cannot be started',
      cause: `${folderOf(directory)} has files but not ${launchers[directory]}, and Trueno refuses to start on any host without it`,
      evidence: nestedLauncher(directory, tree),
      remedy: `lay the component out so that ${folderOf(directory)}/${launchers[directory]} is there, or remove the folder if no host needs it`,
    }),
  )
}

/** The usual mistake: an archive unpacked with its own top folder. */
function nestedLauncher(directory: ComponentDirectory, { entries }: Tree): string {
  const found = entries.find(
    ({ path }) => path.startsWith(`${folderOf(directory)}/`) && path.endsWith(`/${launchers[directory]}`),
  )
  return found === undefined ? '' : `${found.path} is there: one folder too deep`
}

/** What `trueno setup -p` lays out, and Trueno opens at every start (contract, 3). */
function setupProblems({ tree, origin }: Subject): readonly Problem[] {
  const file = `${folderOf('gremlin_server')}/conf/gremlin-server-trueno.yaml`
  if (stateOf('gremlin_server', tree.entries) !== 'contained' || has(tree, file)) return []
  return [
    errorProblem({
      code: 'release-setup',
      title: 'The components are not set up for Trueno',
      cause: `${file} is missing, without which the Gremlin server has no Trueno graph`,
      remedy: `run \`node lib/trueno.js setup -p\` in ${origin}: it copies conf/gremlin-server to where the server looks for it`,
    }),
  ]
}

function linkProblems({ tree, path }: Subject): readonly Problem[] {
  const outside = tree.entries.filter((entry) => entry.kind === 'link' && !staysInside(entry))
  if (outside.length === 0) return []
  return [
    errorProblem({
      code: 'release-links',
      title: 'The package is not complete in itself',
      cause: `${outside.length === 1 ? 'a link in it leads' : `${outside.length} links in it lead`} outside of ${path}, to what the hosts do not have`,
      evidence: listed(outside.map(({ path, target }) => `${path} → ${target}`)),
      remedy:
        'put real files in their place; with npm: `npm install`, without `npm link` and without a store of packages elsewhere',
    }),
  ]
}

function staysInside({ path, target }: Entry): boolean {
  return !target.startsWith('/') && !`${posix.join(posix.dirname(path), target)}/`.startsWith('../')
}

function specialProblems({ tree }: Subject): readonly Problem[] {
  const special = tree.entries.filter(({ kind }) => kind === 'other')
  if (special.length === 0) return []
  return [
    errorProblem({
      code: 'release-special-files',
      title: 'The package has files that cannot be sent',
      cause: `${special.length === 1 ? 'a file in it is' : `${special.length} files in it are`} neither file, folder nor link, but a socket, pipe or device, or of a name that is no UTF-8`,
      evidence: listed(special.map(({ path }) => path)),
      remedy: 'remove or rename them; if a Trueno is running in this folder, stop it first',
    }),
  ]
}

function has(tree: Tree, path: string): boolean {
  return tree.entries.some((entry) => entry.path === path)
}

/** The first few of many, one to a line. */
function listed(lines: readonly string[]): string {
  const more = lines.length > 10 ? [`and ${lines.length - 10} more`] : []
  return [...lines.slice(0, 10), ...more].join('\n')
}
