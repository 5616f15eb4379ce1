'use strict'

const path = require('path')
const { binaries } = require('../standin/paths')

/** What must exist below lib/core/binaries on every host, whatever it runs, in the order Trueno looks. */
const launchers = [
  ['Gremlin Server', 'gremlin_server/bin/gremlin-server.sh'],
  ['Elasticsearch', 'elasticsearch/bin/elasticsearch'],
  ['Spark Master', 'spark/bin/spark-class'],
  ['Trueno Compute Server', 'trueno_compute_server/server_start.sh'],
  ['Trueno ElasticSearch Bridge Server', 'trueno_elastic_bridge_server/bridgeServer.sh'],
  ['Cerebro', 'cerebro/bin/cerebro'],
]

/**
 * The components that this host starts.
 * @param place host (-h), roles (null: single mode), master (key), hostCount, data (--dir), uiAddress
 */
function componentsOf(place) {
  const { roles } = place
  const all = components(place)
  const started = [
    ['gremlin', true],
    ['elasticsearch', !roles || roles.index],
    ['sparkMaster', !roles || roles.master],
    ['sparkWorker', !roles || (roles.compute && !roles.master)],
    ['cerebro', true],
  ]
  return started.filter(([, deploy]) => deploy).map(([name]) => all[name])
}

/** Name, directory, launcher, arguments, the stream and the text that mean ready, and what is started after it. */
function components(place) {
  const { host, master, data } = place
  const bridge = component('Trueno ElasticSearch Bridge Server', 'trueno_elastic_bridge_server', 'bridgeServer.sh', {
    args: [host, '8007', '2', String(Math.ceil(0.8 * place.hostCount))],
    ready: 'Trueno Bridge server is up',
  })
  return {
    gremlin: component('Gremlin Server', 'gremlin_server', 'bin/gremlin-server.sh', {
      args: ['conf/gremlin-server-trueno.yaml'],
      ready: 'Channel started at port',
    }),
    elasticsearch: component('Elasticsearch', 'elasticsearch', 'bin/elasticsearch', {
      ready: '] started',
      next: bridge,
    }),
    sparkMaster: component('Spark Master', 'spark', 'bin/spark-class', {
      args: ['org.apache.spark.deploy.master.Master', '-h', host, '-p', '8005', '--webui-port', '8006'],
      ready: 'Started REST server for submitting applications on port',
      stream: 'err',
    }),
    sparkWorker: component('Spark Worker', 'spark', 'bin/spark-class', {
      args: `org.apache.spark.deploy.worker.Worker spark://${master}:8005 -d ${path.join(data, 'spark')}`.split(' '),
      ready: 'Successfully registered with master',
      stream: 'err',
    }),
    cerebro: component('Cerebro', 'cerebro', 'bin/cerebro', {
      args: ['-Dhttp.port=8008', `-Dhttp.address=${place.uiAddress}`, `-Dhosts.0.host=http://${host}:8004`],
      ready: 'Listening for HTTP on',
    }),
  }
}

function component(title, directory, script, more) {
  const name = title.replace(/\s/g, '-')
  const cwd = path.join(binaries, directory)
  return Object.assign({ title, name, directory, script, cwd, args: [], stream: 'out', next: null }, more)
}

module.exports = { launchers, componentsOf }
