import { describe, expect, it } from 'vitest'
import { explain, isExplained } from '../../src/trueno/causes.js'

/** Lines as the real engines wrote them (recorded), and the cause they tell. */
const recorded: readonly (readonly [string, string, string])[] = [
  [
    'max virtual memory areas vm.max_map_count [65530] is too low, increase to at least [262144]',
    'max-map-count-low',
    'vm.max_map_count is 65530',
  ],
  [
    'max file descriptors [20000] for elasticsearch process is too low, increase to at least [65536]',
    'open-files-low',
    '20000 files',
  ],
  [
    'initial heap size [268435456] not equal to maximum heap size [536870912]; this can cause resize pauses',
    'heap-sizes-differ',
    '268435456',
  ],
  [
    'org.elasticsearch.bootstrap.StartupException: java.lang.RuntimeException: can not run elasticsearch as root',
    'elasticsearch-as-root',
    'root',
  ],
  ["Unrecognized VM option 'UseConcMarkSweepGC'", 'java-option-unknown', 'UseConcMarkSweepGC'],
  ['java.lang.UnsupportedOperationException: Setting a Security Manager is not supported', 'java-too-new', 'Java 24'],
  ['# There is insufficient memory for the Java Runtime Environment to continue.', 'heap-larger-than-memory', 'heap'],
  [
    'Could not find any executable java binary. Please install java in your PATH or set JAVA_HOME',
    'java-missing',
    'no Java',
  ],
  [
    '/r/lib/core/binaries/spark/bin/spark-class: line 71: /srv/nowhere/bin/java: No such file or directory',
    'java-missing',
    'no Java',
  ],
  ['BindHttpException[Failed to bind to [8004]]; nested: BindException[Address already in use]', 'port-taken', '8004'],
  ['error: uncaughtException: listen EADDRINUSE :::8001', 'port-taken', '8001'],
  [
    '[ERROR] GremlinServer - Gremlin Server was unable to start and will now begin shutdown: Could not bind to H and 8002 - perhaps something else is bound to that address.',
    'port-taken',
    '8002',
  ],
  [
    "17/07/17 WARN Utils: Service 'sparkMaster' could not bind on port 8005. Attempting port 8006.",
    'spark-moved-port',
    'port 8005 is taken',
  ],
  ["Unable to access 'path.data' (/x/elasticsearch)", 'data-not-writable', '/x/elasticsearch'],
  ['java.net.UnknownHostException: host43: host43: Temporary failure in name resolution', 'own-name-unknown', 'host43'],
  [
    'Error! Cluster host file not valid: Exactly one master is required to run the cluster',
    'cluster-file-invalid',
    'Exactly one master',
  ],
  [
    'Caused by: javax.security.auth.login.LoginException: java.lang.NullPointerException: invalid null input: name',
    'user-unknown',
    'no name',
  ],
  [
    "2026-11-24 02:17:35: Trace: { Error: ENOENT: no such file or directory, open '/d/logs/spark-out-1.log'",
    'log-not-writable',
    '/d/logs/spark-out-1.log (ENOENT)',
  ],
  ["error: Spark not present, please run 'trueno setup' to install", 'launcher-missing', 'Spark'],
]

describe('explain', () => {
  it.each(recorded)('knows %s', (text, code, part) => {
    const scene = {
      host: 'h',
      title: 'Trueno did not start',
      lines: [
        { file: '/d/logs/x-out-2.log', text: 'noise' },
        { file: '/d/logs/x-out-2.log', text },
      ],
    }
    const problem = explain(scene)
    expect(problem).toMatchObject({ code, host: 'h', evidence: `/d/logs/x-out-2.log\n${text}` })
    expect(problem.cause).toContain(part)
  })

  it('prefers the specific cause to its heading', () => {
    const lines = [
      'ERROR: bootstrap checks failed',
      'max virtual memory areas vm.max_map_count [65530] is too low, increase to at least [262144]',
    ]
    expect(explain({ host: 'h', title: 't', lines: lines.map((text) => ({ file: '/x', text })) }).code).toBe(
      'max-map-count-low',
    )
  })

  it('shows errors and the last lines where nothing is known, never more than 20', () => {
    const lines = Array.from({ length: 100 }, (_, index) => ({
      file: '/a/b.log',
      text: index === 3 ? 'some error' : `line ${index}`,
    }))
    const problem = explain({ host: 'h', title: 'Spark did not start', lines })
    expect(problem).toMatchObject({ code: 'start-failed', title: 'Spark did not start' })
    expect(problem.evidence.split('\n')).toEqual([
      'b.log: some error',
      ...lines.slice(-6).map(({ text }) => `b.log: ${text}`),
    ])
    expect(isExplained({ host: 'h', title: 't', lines })).toBe(false)
  })

  it('shows most of what the failed component itself said', () => {
    const lines = [
      { file: '/p/Trueno-Core-out-0.log', text: 'Gremlin Server starting...' },
      { file: '/p/pm2.log', text: 'App [Elasticsearch] exited' },
      { file: '/d/elasticsearch-out-2.log', text: 'the frobnicator is jammed' },
      { file: '/d/gremlin_server-out-1.log', text: 'Channel started' },
      { file: 'disk', text: '/dev/sda 16%' },
    ]
    expect(explain({ host: 'h', title: 't', logs: 'elasticsearch', lines }).evidence.split('\n')).toEqual([
      'elasticsearch-out-2.log: the frobnicator is jammed',
      'pm2.log: App [Elasticsearch] exited',
    ])
  })

  it('says so when nothing was logged', () => {
    expect(explain({ host: 'h', title: 't', lines: [] }).evidence).toBe('the host has logged nothing since the start')
  })
})
