'use strict'

const fs = require('fs')
const path = require('path')
const { makeDirectory, readText, removeFile } = require('../standin/files')
const { binaries, conf } = require('../standin/paths')
const { launchers } = require('./components')

const elasticsearchConfig = path.join(binaries, 'elasticsearch/config/elasticsearch.yml')
const gremlinConfig = path.join(binaries, 'gremlin_server/conf/gremlin-server-trueno.yaml')

/** conf/pm2-gui-custom.ini: every other host is a "remote" in it. */
function writePm2GuiConfig(host, keys) {
  const template = fs.readFileSync(path.join(conf, 'pm2-gui.ini'), 'utf8')
  const remotes = keys.filter((key) => key !== host).map((key) => `${key.replace(/[^a-zA-Z_0-9]/g, '_')}=${key}:8088\n`)
  fs.writeFileSync(path.join(conf, 'pm2-gui-custom.ini'), template + remotes.join(''))
}

/** Trueno's sanity check, which also empties Elasticsearch's configuration on every host. Throws for a missing launcher. */
function verifyAndSanitize() {
  removeFile(path.join(binaries, 'cerebro/RUNNING_PID'))
  emptyElasticsearchConfig()
  const missing = launchers.find(([, file]) => !fs.existsSync(path.join(binaries, file)))
  if (missing) throw new Error(`${missing[0]} not present, please run 'trueno setup' to install`)
}

/** Trueno does it with a shell, whose error nobody reads. */
function emptyElasticsearchConfig() {
  try {
    fs.writeFileSync(elasticsearchConfig, '')
  } catch (error) {
    process.stderr.write(`/bin/sh: 1: cannot create ${elasticsearchConfig}: ${error.code}\n`)
  }
}

/** The directories of --dir, also on hosts that run neither engine. */
function makeDataDirectories(data) {
  for (const name of ['elasticsearch', 'spark']) makeDirectory(path.join(data, name))
}

function writeGremlinConfig(host) {
  const lines = fs.readFileSync(gremlinConfig, 'utf8').split('\n')
  const others = lines.filter((line) => !/^(host|port):/.test(line))
  fs.writeFileSync(gremlinConfig, [`host: ${host}`, 'port: 8002'].concat(others).join('\n'))
}

function writeElasticsearchConfig(host, keys, data) {
  const settings = [
    'cluster.name: trueno',
    `node.name: '\${HOSTNAME}'`,
    'http.port: 8004',
    `network.host: ${host}`,
    'transport.tcp.port: 9300',
    `transport.host: ${host}`,
    'action.auto_create_index: false',
    'discovery.zen.ping.unicast.hosts:',
    ...keys.map((key) => `    - ${key}`),
    `path.data: ${path.join(data, 'elasticsearch')}`,
    "indices.requests.cache.size: '35%'",
    "indices.queries.cache.size: '30%'",
    'bootstrap.system_call_filter: false',
  ]
  fs.writeFileSync(elasticsearchConfig, `${readText(elasticsearchConfig, '')}${settings.join('\n')}\n`)
}

/** Written just before the component is started. */
const configure = { gremlin_server: writeGremlinConfig, elasticsearch: writeElasticsearchConfig }

module.exports = { writePm2GuiConfig, verifyAndSanitize, makeDataDirectories, configure }
