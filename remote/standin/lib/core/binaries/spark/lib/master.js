'use strict'

const http = require('http')
const net = require('net')
const { onStop, runEngine } = require('../../../../standin/engine')
const { listenAddress } = require('../../../../standin/knobs')
const { receive, send } = require('../../../../standin/messages')
const { answer } = require('../../../../standin/net')
const { bindUp, line, log, option, page, warnMoved } = require('./spark')

/** Spark master: workers register on 8005, its page is on 8006, its REST server on 6066; each moves on when taken. */
function main(argv) {
  return runEngine('sparkMaster', async ({ own, knobs }) => {
    const host = option(argv, '-h')
    onStop(own, (signal) => log('ERROR', 'Master', `RECEIVED SIGNAL ${signal}`))
    const master = { workers: [], url: '' }
    const port = await openRpc(master, host, Number(option(argv, '-p')), own)
    master.url = `spark://${host}:${port}`
    await openPage(master, Number(option(argv, '--webui-port')), listenAddress(knobs, host))
    const rest = await openRest(host)
    const started = `Started REST server for submitting applications on port ${rest}`
    return { stream: process.stderr, line: line('INFO', 'StandaloneRestServer', started) }
  })
}

function openRpc(master, host, port, { takePort }) {
  const server = net.createServer((socket) => serveWorker(master, socket))
  if (takePort !== null) warnMoved('sparkMaster', port)
  return bindUp(server, takePort === null ? port : takePort, host, 'sparkMaster')
}

/** A worker lives as long as its connection; a dead one stays in the list. */
function serveWorker(master, socket) {
  socket.on('error', () => {})
  receive(socket, ({ register }) => {
    const worker = Object.assign({}, register, { state: 'ALIVE', lastheartbeat: Date.now() })
    master.workers.push(worker)
    socket.once('close', () => {
      worker.state = 'DEAD'
    })
    log('INFO', 'Master', `Registering worker ${register.host}:${register.port} with ${register.cores} cores`)
    send(socket, { registered: master.url })
  })
}

function openPage(master, port, address) {
  return bindUp(http.createServer(page('Spark Master', () => describe(master))), port, address, 'MasterUI')
}

function openRest(host) {
  const refuse = (_request, response) => answer(response, 400, 'application/json', '{"action":"ErrorResponse"}\n')
  return bindUp(http.createServer(refuse), 6066, host, '')
}

function describe({ url, workers }) {
  const alive = workers.filter((worker) => worker.state === 'ALIVE')
  const sum = (name) => alive.reduce((total, worker) => total + worker[name], 0)
  return {
    url,
    workers: workers.map(describeWorker),
    cores: sum('cores'),
    coresused: 0,
    memory: sum('memory'),
    memoryused: 0,
    activeapps: [],
    completedapps: [],
    activedrivers: [],
    status: 'ALIVE',
  }
}

function describeWorker({ id, host, port, webuiaddress, cores, memory, state, lastheartbeat }) {
  const free = { coresused: 0, coresfree: cores, memoryused: 0, memoryfree: memory }
  return Object.assign({ id, host, port, webuiaddress, cores, memory, state, lastheartbeat }, free)
}

module.exports = { main }
