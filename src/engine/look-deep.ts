import type { HostKey } from '../cluster/cluster.js'
import { type Contents, parseContents } from '../cluster/contents.js'
import type { Facts } from '../cluster/facts.js'
import { errorProblem, type Problem, ProblemError } from '../errors.js'
import { short } from '../plan/state.js'
import type { ReadConnection } from '../ssh/connection.js'
import { writtenByTrueno } from '../trueno/written.js'
import { scriptProblem } from './script-problem.js'

/** What a long look at a host brought. */
export interface DeepLook {
  /** Null: it could not be had. */
  readonly contents: Contents | null
  /** Changed by hand, or why it could not be had. */
  readonly problems: readonly Problem[]
}

/** How many changed files are told by their names. */
const most = 10

/** Reads all of the current release on every host that was asked for its facts, side by side. */
export async function lookDeep(
  facts: ReadonlyMap<HostKey, Facts>,
  connections: ReadonlyMap<HostKey, ReadConnection>,
  signal: AbortSignal,
): Promise<ReadonlyMap<HostKey, DeepLook>> {
  const looks = await Promise.all(
    [...facts.values()].map(async (one) => {
      const connection = connections.get(one.host)
      return connection === undefined ? [] : [[one.host, await lookAt(one, connection, signal)] as const]
    }),
  )
  return new Map(looks.flat())
}

async function lookAt(facts: Facts, connection: ReadConnection, signal: AbortSignal): Promise<DeepLook> {
  try {
    const args = [facts.home.path, facts.data.path, String(most), ...writtenByTrueno]
    const result = await connection.read('contents', args, { signal })
    const contents = result.code === 0 ? parseContents(result.stdout) : null
    if (contents === null) return { contents, problems: [ofHost(scriptProblem('Look', 'contents', result), facts)] }
    return { contents, problems: changes(facts, contents) }
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    return { contents: null, problems: error.problems.map((problem) => ofHost(problem, facts)) }
  }
}

function ofHost(problem: Problem, { host }: Facts): Problem {
  return { ...problem, host }
}

function changes({ host, home, currentRelease }: Facts, { changes: found }: Contents): readonly Problem[] {
  if (found === null || found.count === 0) return []
  const rest = found.count - found.paths.length
  const files = found.count === 1 ? 'a file is' : `${found.count} files are`
  return [
    errorProblem({
      code: 'host-release-changed',
      title: 'The release was changed on the host',
      cause: `${files} not as when it came, in ${home.path}/releases/${short(currentRelease)}…`,
      evidence: [
        ...found.paths.map(({ what, path }) => `${what}: ${path}`),
        ...(rest > 0 ? [`and ${rest} more`] : []),
      ].join('\n'),
      remedy: [
        `to have it as it came: \`trueno-deploy down\`, \`rm -r ${home.path}/releases ${home.path}/artifacts\` on the host, \`trueno-deploy up\``,
        'to keep the change: make it in the release that you deploy, or say it in the inventory',
      ].join('\n'),
      host,
    }),
  ]
}
