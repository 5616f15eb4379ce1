'use strict'

const os = require('os')
const path = require('path')
const { spawn } = require('child_process')
const { dial } = require('../standin/net')
const { lib } = require('../standin/paths')
const { barrier, connectToMaster, openInternalApi } = require('./barrier')
const { openExternalApi, openPm2Gui, pingElasticsearch } = require('./external')

/** From `Starting database...` on: barrier, internal API, external API. */
async function startDatabase(context) {
  await passBarrier(context)
  context.log.info(`Internal API awaiting for connections at: ${context.host}:${context.internalPort}`)
  await serve(context)
}

function passBarrier(context) {
  const { hosts, roles } = context
  if (hosts && roles.master) return beCoordinator(context)
  openInternalApi(internal(context, () => {}))
  return hosts ? reportToMaster(context) : Promise.resolve()
}

function beCoordinator(context) {
  const { log, knobs, hostCount } = context
  const { passed, onReady } = barrier({ expected: hostCount - 1, log, stall: knobs.core.stallBarrier })
  openInternalApi(internal(context, onReady))
  // As in Trueno, said before it is known whether the port could be opened.
  log.info('>> CLUSTER: Awaiting for cluster hosts ready signal')
  return passed
}

function internal({ internalPort, address, log }, onReady) {
  return { port: internalPort, address, log, onReady }
}

function reportToMaster(context) {
  const { log, master, host, knobs } = context
  requireGremlin(master)
  log.info(`>> CLUSTER: Connecting to master: ${master}`)
  return new Promise((resolve) => {
    connectToMaster({
      host: master,
      port: 8001,
      reconnectMs: knobs.core.reconnectMs,
      onConnect: (report) => sendReady(context, (onSent) => report(host, onSent)),
      onDisconnect: () => log.error('>> CLUSTER: Disconnected from master'),
      onProceed: () => {
        log.info('>> CLUSTER: Master proceed signal received...')
        resolve()
      },
    })
  })
}

/** Trueno's driver dials the master's Gremlin without a handler for its refusal: an uncaught exception. */
async function requireGremlin(master) {
  const socket = await dial(8002, master)
  socket.destroy()
}

function sendReady({ log, knobs, leave }, report) {
  log.info('>> CLUSTER: Sending ready signal to master')
  if (knobs.core.stallBarrier) return
  const die = deaths[knobs.core.dieAfterSignal]
  report(() => die(leave))
}

/** What the knob dieAfterSignal can be. */
const deaths = {
  null: () => {},
  exit: (leave) => leave(1),
  hang: () => process.kill(process.pid, 'SIGSTOP'),
  stop: () => spawn('node', [path.join(lib, 'trueno.js'), 'stop'], { detached: true, stdio: 'ignore' }).unref(),
}

async function serve(context) {
  const { host, hosts, keys, log, knobs, address, externalPort } = context
  const index = keys.filter((key) => !hosts || hosts[key].index).map((key) => ({ port: 8004, host: key }))
  openExternalApi({ port: externalPort, address, host })
  try {
    await pingElasticsearch(knobs.core.failEsPing ? [] : index)
    openPm2Gui(address)
    log.info(`ElasticSeach engine connected at: ${JSON.stringify(index)}`)
    log.info(`External API awaiting for connections at: ${host}:${externalPort}`)
    setImmediate(() => log.info('PM2-UI Monitor: \u001b[1;32m[INFO]\u001b[0m Starting...\n'))
  } catch (error) {
    tellNoConnections(log, error)
  }
  log.info('Cluster status collected. ', metrics())
}

/** Elasticsearch's client says it first, in its own words. */
function tellNoConnections(log, { message, stack }) {
  process.stderr.write(`Elasticsearch WARNING: ${new Date().toISOString()}\n  ${message}\n\n`)
  log.error('Error while initializing External API.', { message, stack })
}

function metrics() {
  return {
    arch: 64,
    cpu: { cores: os.cpus().length },
    network: null,
    freemem: os.freemem(),
    hostname: os.hostname(),
    platform: 'Node.js',
    totalmem: os.totalmem(),
    uptime: os.uptime(),
    osversion: os.release(),
    version: process.versions.node,
    os: 'Linux',
  }
}

module.exports = { startDatabase }
