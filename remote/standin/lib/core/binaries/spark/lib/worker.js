'use strict'

const fs = require('fs')
const http = require('http')
const net = require('net')
const os = require('os')
const { URL } = require('url')
const { makeDirectory } = require('../../../../standin/files')
const { onStop, portOf, runEngine } = require('../../../../standin/engine')
const { listenAddress } = require('../../../../standin/knobs')
const { receive, send } = require('../../../../standin/messages')
const { dial, listen } = require('../../../../standin/net')
const { wait } = require('../../../../standin/time')
const { bindUp, line, log, option, page } = require('./spark')

/** Spark worker: registers with the master, for as long as it takes, and again after every loss. Its page is on 8081. */
function main(argv) {
  const master = new URL(argv[0].replace('spark:', 'http:'))
  return runEngine('sparkWorker', async ({ own, knobs, host }) => {
    const address = process.env.SPARK_LOCAL_IP || host || firstAddress()
    onStop(own, (signal) => log('ERROR', 'Worker', `RECEIVED SIGNAL ${signal}`))
    makeWorkDirectory(option(argv, '-d'))
    const worker = await openPorts(address, { own, knobs, master })
    await register(worker, master, own)
    return { stream: process.stderr, line: line('INFO', 'Worker', `Successfully registered with master ${argv[0]}`) }
  })
}

async function openPorts(address, { own, knobs, master }) {
  const rpc = await listen(net.createServer(), 0, address)
  const worker = describe(address, rpc.address().port)
  const server = http.createServer(page('Spark Worker', () => state(worker, master)))
  const port = await bindUp(server, portOf(own, 8081), listenAddress(knobs, address), 'WorkerUI')
  return Object.assign(worker, { webuiaddress: `http://${address}:${port}` })
}

function describe(host, port) {
  const id = `worker-${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}-${host}-${port}`
  const cores = Number(process.env.SPARK_WORKER_CORES) || os.cpus().length
  return { id, host, port, cores, memory: offeredMegabytes(process.env.SPARK_WORKER_MEMORY) }
}

/** Resolves when the master has accepted; afterwards registers again by itself when the connection ends. */
async function register(worker, master, { retryMs, attempts }, attempt = 0) {
  if (attempt === attempts) giveUp()
  if (attempt > 0) log('INFO', 'Worker', `Retrying connection to master (attempt # ${attempt})`)
  try {
    await introduce(worker, await dial(Number(master.port), master.hostname), retryMs, () => {
      log('ERROR', 'Worker', `Connection to ${master.host} failed; waiting for master to reconnect...`)
      register(worker, master, { retryMs, attempts })
    })
  } catch (_error) {
    log('WARN', 'Worker', `Failed to connect to master ${master.host}`)
    await wait(retryMs)
    await register(worker, master, { retryMs, attempts }, attempt + 1)
  }
}

/** Rejects when what listens there does not answer as a master does. */
function introduce(worker, socket, limitMs, onLoss) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(), limitMs)
    socket.on('error', () => {})
    socket.once('close', reject)
    receive(socket, () => {
      clearTimeout(timer)
      socket.removeListener('close', reject)
      socket.once('close', onLoss)
      resolve()
    })
    send(socket, { register: worker })
  })
}

function giveUp() {
  log('ERROR', 'Worker', 'All masters are unresponsive! Giving up.')
  process.exit(1)
}

function makeWorkDirectory(directory) {
  try {
    makeDirectory(directory)
    fs.accessSync(directory, fs.constants.W_OK)
  } catch (_error) {
    log('ERROR', 'Worker', `Failed to create work directory ${directory}`)
    process.exit(1)
  }
}

function state({ id, cores, memory }, master) {
  return {
    id,
    masterurl: `spark://${master.host}`,
    masterwebuiurl: `http://${master.hostname}:8006`,
    cores,
    coresused: 0,
    memory,
    memoryused: 0,
    executors: [],
    finishedexecutors: [],
  }
}

/** `8g`, `512m`; all memory but 1 GB when it is not said. */
function offeredMegabytes(text) {
  if (!text) return Math.max(512, Math.floor(os.totalmem() / 1048576) - 1024)
  return parseInt(text, 10) * (/g$/i.test(text) ? 1024 : 1)
}

/** Trueno tells its Spark worker no address: the first of this machine then. */
function firstAddress() {
  const interfaces = os.networkInterfaces()
  const addresses = [].concat(...Object.keys(interfaces).map((name) => interfaces[name]))
  const first = addresses.find((each) => each.family === 'IPv4' && !each.internal)
  return first ? first.address : '127.0.0.1'
}

module.exports = { main }
