'use strict'

const fs = require('fs')
const path = require('path')

/** What we need of elasticsearch.yml, relative paths resolved in the component's directory as the real one does. */
function readSettings(file) {
  const values = parse(fs.readFileSync(file, 'utf8'))
  return {
    clusterName: values['cluster.name'],
    host: values['network.host'],
    httpPort: Number(values['http.port']),
    transportPort: Number(values['transport.tcp.port']),
    hosts: values['discovery.zen.ping.unicast.hosts'],
    data: path.resolve(values['path.data']),
    values,
  }
}

/** Flat YAML: `name: value`, `name: [a, b]`, or `name:` with `- item` lines below. A name that comes twice ends the start, as in 5.x. */
function parse(yaml) {
  const values = {}
  let list
  for (const line of yaml.split('\n')) {
    const [, item] = /^\s+-\s*(.*)$/.exec(line) || []
    const [, name, value] = /^([\w.]+):\s*(.*)$/.exec(line) || []
    if (item !== undefined) list.push(bare(item))
    if (name !== undefined && name in values) throw new Error(`duplicate settings key [${name}] found`)
    if (name !== undefined) values[name] = list = settingOf(value)
  }
  return values
}

function settingOf(text) {
  if (text === '') return []
  if (!text.startsWith('[')) return bare(text)
  return text.slice(1, -1).split(',').map(bare)
}

function bare(text) {
  return text.trim().replace(/^(['"])(.*)\1$/, '$2')
}

module.exports = { readSettings }
