'use strict'

/** Stand-in for Trueno's Elasticsearch bridge: holds port 8007. Arguments: host, port, shards, replicas. */
const net = require('net')
const { onStop, portOf, runEngine } = require('../../../../standin/engine')
const { listen } = require('../../../../standin/net')

function main([host, port]) {
  return runEngine('bridge', async ({ own }) => {
    onStop(own)
    await listen(net.createServer(hold), portOf(own, Number(port)), host)
    return { line: 'Trueno Bridge server is up' }
  })
}

function hold(socket) {
  socket.on('error', () => {})
}

main(process.argv.slice(2))
