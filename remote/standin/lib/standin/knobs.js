'use strict'

const path = require('path')
const { readText } = require('./files')
const { conf } = require('./paths')

/** Knobs that every engine has. `null` means: not so. README.md tells each one's meaning. */
const engine = {
  holdUntil: null,
  readyAfterMs: 100,
  neverReady: false,
  crashAfterMs: null,
  dieAfterReadyMs: null,
  crashCode: 1,
  crashTimes: null,
  stopMs: 0,
  takePort: null,
  outLines: [],
  errLines: [],
}

/** Every knob there is, with its default: what is not here is refused. */
const defaults = {
  bind: 'all',
  godDiesAfterMs: null,
  core: {
    hang: false,
    slowMs: 0,
    minLifeMs: 1100,
    stallBarrier: false,
    dieAfterSignal: null,
    failEsPing: false,
    missReadyOnce: null,
    reconnectMs: 250,
    outLines: [],
    errLines: [],
  },
  gremlin: engineWith({ readyAfterMs: 150, stopMs: 3000, bindFailMs: 41000 }),
  elasticsearch: engineWith({
    readyAfterMs: 150,
    stopMs: 100,
    bindFailMs: 1500,
    discoveryMs: 150,
    electionMs: 300,
    redMs: 0,
    noMaster: false,
    alone: false,
  }),
  bridge: engineWith({ readyAfterMs: 50 }),
  sparkMaster: engineWith({}),
  sparkWorker: engineWith({ retryMs: 500, attempts: 1500 }),
  cerebro: engineWith({ readyAfterMs: 50 }),
  balancer: { bind: null, neverListens: false, crashAfterMs: null, retryMs: 200 },
}

/**
 * The knobs in force: defaults, then the package's conf/standin.json, then `standin.json` in `directory` (a host's
 * --dir, or where the balancer's configuration lies). Throws on a knob that does not exist.
 */
function loadKnobs(directory) {
  const packaged = overlay(defaults, readKnobs(path.join(conf, 'standin.json')))
  return directory ? overlay(packaged, readKnobs(path.join(directory, 'standin.json'))) : packaged
}

/** Address to listen on where Trueno listens on all of them; undefined means all. */
function listenAddress(knobs, host) {
  return knobs.bind === 'host' ? host : undefined
}

function engineWith(more) {
  return Object.assign({}, engine, more)
}

function readKnobs(file) {
  const text = readText(file, '{}')
  try {
    return { file, values: JSON.parse(text) }
  } catch (error) {
    throw new Error(`${file}: not JSON: ${error.message}`)
  }
}

function overlay(base, { file, values }, prefix = '') {
  const result = Object.assign({}, base)
  for (const name of Object.keys(values)) {
    if (!(name in base)) throw new Error(`${file}: no such knob: ${prefix}${name}`)
    result[name] = isTable(base[name])
      ? overlay(base[name], { file, values: values[name] }, `${prefix}${name}.`)
      : values[name]
  }
  return result
}

function isTable(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

module.exports = { loadKnobs, listenAddress }
