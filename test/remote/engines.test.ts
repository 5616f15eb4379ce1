import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { installFakeTrueno, releaseId } from './fake-trueno.js'
import { environmentOf, inEachShell, markedPids } from './test-host.js'

const component = `releases/${releaseId}/lib/core/binaries`

const engines = [
  'elasticsearch.yml\tindices.fielddata.cache.size\t"20%"',
  'elasticsearch.yml\taction.auto_create_index\ttrue',
  'elasticsearch.yml\tscript.engine.list\t["a","b"]',
  'gremlin-log4j.properties\tlog4j.logger.org.a\tWARN',
  'spark-defaults.conf\tspark.worker.cleanup.enabled\ttrue',
  'spark-log4j.properties\tlog4j.logger.org.apache.spark.storage\tWARN',
  '',
].join('\n')

const written = [
  'cluster.name: trueno',
  'action.auto_create_index: false',
  'discovery.zen.ping.unicast.hosts:',
  '    - 10.0.0.40',
  'script.engine.list:',
  '    - old',
  'last: 1',
]

inEachShell((host) => {
  const start = () => host().run('start', [1, host().home, host().data, 'node1.lab', 'c1', 10_000])
  const install = (sha256: string) => {
    host().put('etc/engines', engines)
    installFakeTrueno(host(), `TRUENO_DEPLOY_ENGINES=${sha256}\n`)
  }
  const hash = createHash('sha256').update(engines).digest('hex')
  /** A launcher as pm2 runs it: with bash, in the environment of the start. */
  const launch = (launcher: string) => {
    const [pid = 0] = markedPids(host().home)
    const env = Object.fromEntries(environmentOf(pid).map((line) => line.split(/=(.*)/s).slice(0, 2)))
    return spawnSync('bash', [path.join(host().home, component, launcher)], { env, encoding: 'utf8' })
  }
  const put = (file: string, lines: readonly string[]) => host().put(`${component}/${file}`, `${lines.join('\n')}\n`)
  const lines = (file: string) => host().read(file).trimEnd().split('\n')

  test('start has bash lay the settings of the inventory over what Trueno wrote, however often pm2 starts an engine', async () => {
    install(hash)
    expect(await start()).toMatchObject({ code: 0, stderr: '' })
    put('elasticsearch/bin/elasticsearch', ['env | grep -c BASH_ENV; type -t trueno_deploy_put'])
    put('elasticsearch/config/elasticsearch.yml', written)
    for (let time = 0; time < 2; time += 1) {
      expect(launch('elasticsearch/bin/elasticsearch')).toMatchObject({ stdout: '0\n', stderr: '' })
      expect(lines(`${component}/elasticsearch/config/elasticsearch.yml`)).toEqual([
        'cluster.name: trueno',
        'discovery.zen.ping.unicast.hosts:',
        '    - 10.0.0.40',
        'last: 1',
        'indices.fielddata.cache.size: "20%"',
        'action.auto_create_index: true',
        'script.engine.list: ["a","b"]',
      ])
    }
  })

  test('start gives Spark a directory of its own with what the release has and the settings over it', async () => {
    install(hash)
    await start()
    put('spark/bin/spark-class', ['echo "$SPARK_CONF_DIR"'])
    put('spark/conf/spark-defaults.conf', [
      '# of the release',
      'spark.worker.cleanup.enabled  false',
      'spark.ui.port 1',
    ])
    put('spark/conf/metrics.properties', ['x=1'])
    const conf = `${host().home}/run/spark-conf`
    expect(launch('spark/bin/spark-class')).toMatchObject({ stdout: `${conf}\n`, stderr: '' })
    expect(lines('run/spark-conf/spark-defaults.conf')).toEqual([
      '# of the release',
      'spark.ui.port 1',
      'spark.worker.cleanup.enabled true',
    ])
    expect(lines('run/spark-conf/metrics.properties')).toEqual(['x=1'])
    // Without one of the release, Spark logs as it does by itself.
    expect(lines('run/spark-conf/log4j.properties')).toEqual([
      'log4j.rootCategory=INFO, console',
      ...Array.from({ length: 4 }, () => expect.stringMatching(/^log4j\.appender\.console/)),
      'log4j.logger.org.apache.spark.storage=WARN',
    ])
    expect(lines(`${component}/spark/conf/spark-defaults.conf`)).toContain('spark.worker.cleanup.enabled  false')
  })

  test('start has the Gremlin server log as its release says, with the settings over it', async () => {
    install(hash)
    await start()
    const properties = `${host().home}/run/gremlin-log4j.properties`
    put('gremlin_server/bin/gremlin-server.sh', ['echo "$JAVA_OPTIONS"'])
    const options = `-Xms32m -Xmx512m -Dlog4j.configuration=file:${properties}\n`
    expect(launch('gremlin_server/bin/gremlin-server.sh')).toMatchObject({ stdout: options, stderr: '' })
    // Without one of the release it logs as it does by itself.
    expect(lines('run/gremlin-log4j.properties')).toEqual([
      'log4j.rootLogger=INFO, stdout',
      ...Array.from({ length: 3 }, () => expect.stringMatching(/^log4j\.appender\.stdout/)),
      'log4j.logger.org.a=WARN',
    ])
    put('gremlin_server/conf/log4j-server.properties', ['log4j.rootLogger=INFO, file', 'log4j.logger.org.a = OFF'])
    expect(launch('gremlin_server/bin/gremlin-server.sh')).toMatchObject({ stdout: options, stderr: '' })
    expect(lines('run/gremlin-log4j.properties')).toEqual(['log4j.rootLogger=INFO, file', 'log4j.logger.org.a=WARN'])
  })

  test('other launchers run as they are, and an engine whose settings cannot be put in place does not start', async () => {
    install(hash)
    await start()
    put('cerebro/bin/cerebro', ['echo "$0 runs"'])
    expect(launch('cerebro/bin/cerebro').stdout).toMatch(/cerebro runs\n$/)
    put('elasticsearch/bin/elasticsearch', ['echo runs'])
    expect(launch('elasticsearch/bin/elasticsearch')).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /trueno-deploy: cannot put the settings of the inventory into .*elasticsearch\.yml\n$/,
      ),
    })
  })

  test('start without such settings changes nothing for bash', async () => {
    installFakeTrueno(host(), 'A=1\n')
    await start()
    expect(existsSync(path.join(host().home, 'run/engines.bash'))).toBe(false)
    expect(environmentOf(markedPids(host().home)[0] ?? 0).filter((line) => line.startsWith('BASH_ENV'))).toEqual([])
  })

  test('start refuses settings of engines that are not those which the other settings were made with', async () => {
    install('0'.repeat(64))
    expect(await start()).toMatchObject({ code: 74, stderr: expect.stringMatching(/etc\/engines is not the file/) })
  })
})
