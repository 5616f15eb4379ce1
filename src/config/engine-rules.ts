import { type ConfigFile, keysAt, type Path } from './document.js'
import { atKey, type Finding, findingAt } from './finding.js'

/** Settings of engines that Trueno or we must have as they are. */
export function engineRules(inventory: ConfigFile): readonly Finding[] {
  const scopes = [['defaults'], ...keysAt(inventory, ['hosts']).map((key) => ['hosts', key])]
  return scopes.flatMap((scope) => places.flatMap((place) => placeFindings(inventory, scope, place)))
}

interface Place {
  readonly path: Path
  readonly taken: readonly { readonly is: (key: string) => boolean; readonly cause: string }[]
}

const places: readonly Place[] = [
  {
    path: ['elasticsearch', 'settings'],
    taken: [
      {
        is: (key) => identity.test(key),
        cause: 'Trueno sets it for each host, and finds its Elasticsearch by it',
      },
      {
        is: (key) => hides('logger.', key, ['org.elasticsearch.node.Node']) || /^logger\.(level|_root)$/.test(key),
        cause: 'Trueno waits for a line of this logger',
      },
    ],
  },
  {
    path: ['gremlin', 'log4j'],
    taken: [
      {
        is: (key) =>
          /^log4j\.(root|appender\.stdout)/.test(key) ||
          hides('log4j.logger.', key, ['org.apache.tinkerpop.gremlin.server.GremlinServer']),
        cause: 'Trueno waits for a line of this logger on standard output',
      },
    ],
  },
  {
    path: ['spark', 'defaults'],
    taken: [
      {
        is: (key) => /^spark\.(master|worker)\.(port|ui\.port|rest\.(port|enabled))$/.test(key),
        cause: 'Trueno sets it, and finds its Spark by it',
      },
    ],
  },
  {
    path: ['spark', 'log4j'],
    taken: [
      {
        is: (key) =>
          /^log4j\.(root|appender\.console)/.test(key) ||
          hides('log4j.logger.', key, [
            'org.apache.spark.deploy.rest.StandaloneRestServer',
            'org.apache.spark.deploy.worker.Worker',
          ]),
        cause: 'Trueno waits for a line of this logger on standard error',
      },
    ],
  },
]

const identity =
  /^(cluster\.name|node\.name|http\.(enabled|host|port|bind_host|publish_host|publish_port)|network\.(host|bind_host|publish_host)|transport\.(host|bind_host|publish_host|publish_port|tcp\.port)|path\.(conf|data|home)|discovery\.zen\.ping\.unicast\.hosts)$/

/** Whether a key sets the level of one of these loggers, or of one above it. */
function hides(prefix: string, key: string, loggers: readonly string[]): boolean {
  return key.startsWith(prefix) && loggers.some((logger) => `${logger}.`.startsWith(`${key.slice(prefix.length)}.`))
}

function placeFindings(inventory: ConfigFile, scope: Path, { path, taken }: Place): readonly Finding[] {
  return keysAt(inventory, [...scope, ...path]).flatMap((key) => {
    const why = taken.find(({ is }) => is(key))
    if (why === undefined) return []
    const finding = findingAt(inventory, [atKey(...scope, ...path, key)], {
      code: 'inventory-engine-setting',
      title: 'Setting that must stay as it is',
      cause: `${key} cannot be set: ${why.cause}`,
      remedy: 'Take it out.',
    })
    return [finding]
  })
}
