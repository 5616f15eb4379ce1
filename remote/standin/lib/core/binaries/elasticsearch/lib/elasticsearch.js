'use strict'

/** Stand-in for Elasticsearch 5.3.2: forms a cluster with its like over 9300, answers on 8004 as far as we ask. */
const crypto = require('crypto')
const http = require('http')
const os = require('os')
const { onStop, portOf, runEngine } = require('../../../../standin/engine')
const { listen } = require('../../../../standin/net')
const { wait } = require('../../../../standin/time')
const { createAnswers } = require('./answers')
const { log } = require('./log')
const { joinCluster } = require('./membership')
const { readSettings } = require('./settings')
const { loadState, saveState } = require('./state')

function main() {
  return runEngine('elasticsearch', async ({ own }) => {
    const settings = readSettings('config/elasticsearch.yml')
    const node = createNode(settings, own)
    const cluster = await joinCluster(node, settings, own).catch((error) => failToBind('Transport', 9300, error, own))
    cluster.onUuid((clusterUuid) => saveState(settings.data, { clusterUuid }))
    await openHttp(createAnswers(cluster, settings, own), portOf(own, settings.httpPort), settings.host, own)
    onStop(own, sayGoodBye)
    return { line: log('INFO', 'o.e.n.Node', 'started', node.name) }
  })
}

function createNode({ host, data, httpPort }, own) {
  const { clusterUuid } = loadState(data, { clusterUuid: identifier() })
  const heap = /-Xmx(\d+)([mg])/i.exec(process.env.ES_JAVA_OPTS || '')
  return {
    id: identifier(),
    name: os.hostname(),
    host,
    startedAt: Date.now(),
    clusterUuid,
    httpAddress: `${host}:${portOf(own, httpPort)}`,
    heapBytes: heap ? Number(heap[1]) * (heap[2].toLowerCase() === 'g' ? 1073741824 : 1048576) : 2147483648,
    data,
  }
}

async function openHttp(onRequest, port, host, own) {
  await listen(http.createServer(onRequest), port, host).catch((error) => failToBind('Http', port, error, own))
}

/** Some seconds after it has joined its cluster the real one gives up: longer than pm2 takes for a quick death. */
async function failToBind(kind, port, error, { bindFailMs }) {
  if (error.code !== 'EADDRINUSE') throw error
  const reason = `Bind${kind}Exception[Failed to bind to [${port}]]; nested: BindException[Address already in use];`
  process.stdout.write(`${log('ERROR', 'o.e.b.Bootstrap', `Exception\n${reason}`, os.hostname())}\n`)
  await wait(bindFailMs)
  process.exit(1)
}

function sayGoodBye() {
  for (const word of ['stopping ...', 'stopped', 'closing ...', 'closed']) {
    process.stdout.write(`${log('INFO', 'o.e.n.Node', word, os.hostname())}\n`)
  }
}

function identifier() {
  return crypto.randomBytes(16).toString('base64').replace(/\W/g, '-')
}

main()
