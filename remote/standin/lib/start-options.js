'use strict'

const { readOptions } = require('./standin/options')

/** `-h` is the host here, so help is `--help` only. */
const table = {
  '-h': { name: 'host', value: true, help: 'the host or IP address to be exposed, default: localhost' },
  '--host': { name: 'host', value: true, help: 'same' },
  '-p': {
    name: 'port',
    value: true,
    help: 'the port to be exposed; sets both ports, as in Trueno, so that it never works',
  },
  '--port': { name: 'port', value: true, help: 'same' },
  '--cluster': { name: 'cluster', value: true, help: 'start in cluster mode with this file of hosts' },
  '--dir': { name: 'dir', value: true, help: 'the data directory of the engines' },
  '--forever': { name: 'forever', value: false, help: 'run in the background' },
  '--debug': { name: 'debug', value: false, help: 'show debug messages' },
}

function startOptions(argv) {
  return readOptions('$ trueno start [options]', table, argv)
}

module.exports = { startOptions }
