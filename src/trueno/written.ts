import { binaries } from './release.js'

/**
 * What Trueno and its engines write inside a release while they run (contract, 1.4): beginnings of paths, relative to
 * the release. A difference there is no change by hand.
 */
export const writtenByTrueno: readonly string[] = [
  'conf/pm2-gui-custom.ini',
  'lib/core/data/',
  ...[
    'elasticsearch/config/elasticsearch.yml',
    'elasticsearch/logs/',
    'gremlin_server/conf/gremlin-server-trueno.yaml',
    'gremlin_server/logs/',
    'spark/logs/',
    'spark/work/',
    'cerebro/RUNNING_PID',
    'cerebro/logs/',
    // Of a Java that died.
    'elasticsearch/hs_err_pid',
    'gremlin_server/hs_err_pid',
    'gremlin_server/bin/hs_err_pid',
    'spark/hs_err_pid',
    'spark/bin/hs_err_pid',
    'cerebro/hs_err_pid',
  ].map((path) => `${binaries}/${path}`),
]
