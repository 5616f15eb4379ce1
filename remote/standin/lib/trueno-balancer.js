'use strict'

const fs = require('fs')
const path = require('path')
const { listDaemons, startDaemon, stopDaemons } = require('./balancer/daemons')
const { readOptions } = require('./standin/options')

const table = {
  '--start': { name: 'start', value: true, help: 'start the balancer with this JSON configuration' },
  '--stop': { name: 'stop', value: false, help: 'stop running load balancers' },
  '--list': { name: 'list', value: false, help: 'list running load balancers' },
  '--generate': { name: 'generate', value: true, help: 'write a template of the configuration into this directory' },
}

const success = '\u001b[0;32m[Success]\u001b[0m'

/** Says Success whatever happens, and exits 0. */
function main(argv) {
  const options = readOptions('$ trueno balancer [options]', table, argv)
  if (options.generate) return generate(options.generate)
  if (options.start) return start(options.start)
  if (options.list) return list()
  if (options.stop) return stop()
  tell('Error: You must choose one option: start with configuration file, template generation, or stop the balancers')
}

function generate(directory) {
  const file = `${directory}/balancerConfig.json`
  try {
    fs.writeFileSync(file, fs.readFileSync(path.join(__dirname, 'balancer/config.json')))
    tell(`Configuration template saved to ${file}`)
  } catch (error) {
    tell(error.message)
  }
}

function start(config) {
  const log = path.resolve('loadbalancer.out')
  startDaemon(config, log)
  tell(`${success} Started loadbalancer - Logging to ${log}\n`)
}

function list() {
  const lines = listDaemons().map(({ pid }, index) => `Index: ${index}, PID: ${pid}`)
  if (lines.length > 0) tell(`${lines.join('\n')}\n`)
}

function stop() {
  stopDaemons()
  tell(`${success} Stopped loadbalancers\n`)
}

function tell(text) {
  process.stdout.write(`${text}\n`)
}

module.exports = { main }
