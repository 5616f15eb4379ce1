'use strict'

const { listenAddress, loadKnobs } = require('../standin/knobs')
const { ownData } = require('../standin/paths')
const { wait } = require('../standin/time')
const { readCluster } = require('./cluster-file')
const { componentsOf } = require('./components')
const { startDatabase } = require('./database')
const { startComponents } = require('./executor')
const { handleExits } = require('./exits')
const { createLog } = require('./log')
const { makeDataDirectories, verifyAndSanitize, writePm2GuiConfig } = require('./package-files')

/** Core: checks, starts the components, waits for them, passes the barrier, serves. */
async function main(options) {
  const knobs = loadKnobs(process.env.TRUENO_STANDIN_DATA)
  const leave = handleExits(options, knobs.core.minLifeMs)
  if (knobs.core.hang) return setInterval(() => {}, 60000)
  const hosts = readHosts(options.cluster, leave)
  const log = createLog(options)
  leave.log = log
  imitate(knobs.core)
  await run(contextOf(options, { hosts, log, knobs, leave }))
}

async function run(context) {
  const { log, knobs } = context
  writePm2GuiConfig(context.host, context.keys)
  makeDataDirectories(context.data)
  checkPackage(context)
  log.info('Sanity check done, all components present.')
  await wait(knobs.core.slowMs)
  log.info('Executing Trueno Components...')
  await startComponents(componentsOf(context), context)
  log.info('All components started')
  log.info('Starting database...')
  await startDatabase(context)
}

function readHosts(file, leave) {
  try {
    return file === undefined ? null : readCluster(file)
  } catch (error) {
    process.stdout.write(`Error! Cluster host file not valid: ${error.message}\n`)
    leave(0)
  }
}

function contextOf(options, { hosts, log, knobs, leave }) {
  const host = options.host || 'localhost'
  const keys = hosts ? Object.keys(hosts) : [host]
  if (hosts && !hosts[host]) {
    log.error('This machine host must match its entry in the cluster host file')
    leave(0)
  }
  return {
    host,
    keys,
    hosts,
    log,
    knobs,
    leave,
    hostCount: keys.length,
    roles: hosts ? hosts[host] : null,
    master: hosts ? keys.find((key) => hosts[key].master) : host,
    data: options.dir || ownData,
    address: listenAddress(knobs, host),
    uiAddress: listenAddress(knobs, host) || '0.0.0.0',
    internalPort: Number(options.port) || 8001,
    externalPort: Number(options.port) || 8000,
  }
}

function checkPackage({ log, leave }) {
  try {
    verifyAndSanitize()
  } catch (error) {
    log.error(error.message)
    leave(1)
  }
}

function imitate({ outLines, errLines }) {
  for (const line of outLines) process.stdout.write(`${line}\n`)
  for (const line of errLines) process.stderr.write(`${line}\n`)
}

module.exports = { main }
