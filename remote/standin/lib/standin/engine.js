'use strict'

const { loadKnobs } = require('./knobs')
const { wait, fileToCome } = require('./time')

/**
 * The frame of every engine: faults by knob, a delay like a JVM's, then `open`, which opens the ports and resolves
 * with the line that means ready, or null when it never says so.
 * @param name its table of knobs
 * @param open ({ knobs, own, host }) → { line, stream? }; `host` is the address given to core with -h, if known
 */
async function runEngine(name, open) {
  const knobs = loadKnobs(process.env.TRUENO_STANDIN_DATA)
  const own = knobs[name]
  surviveWithoutReader()
  print(process.stdout, own.outLines)
  print(process.stderr, own.errLines)
  if (own.holdUntil !== null) await fileToCome(own.holdUntil)
  dieAfter(own, own.crashAfterMs)
  if (own.neverReady) return setInterval(() => {}, 60000)
  await wait(own.readyAfterMs)
  const { line, stream = process.stdout } = await open({ knobs, own, host: process.env.TRUENO_STANDIN_HOST })
  print(stream, [line])
  dieAfter(own, own.dieAfterReadyMs)
}

/** Calls `close` on SIGINT and SIGTERM, and ends after the time that the knob stopMs says. */
function onStop({ stopMs }, close = () => {}) {
  const stop = (signal) => {
    close(signal)
    setTimeout(() => process.exit(0), stopMs)
  }
  process.once('SIGINT', () => stop('INT'))
  process.once('SIGTERM', () => stop('TERM'))
}

/** The port an engine really takes. */
function portOf(own, port) {
  return own.takePort === null ? port : own.takePort
}

/** A JVM does not mind that nobody reads what it prints: it outlives pm2's daemon. */
function surviveWithoutReader() {
  process.stdout.on('error', () => {})
  process.stderr.on('error', () => {})
}

/** Only the first `crashTimes` lives end so, counted by pm2's restart_time. */
function dieAfter({ crashCode, crashTimes }, ms) {
  const lives = Number(process.env.restart_time) || 0
  if (ms === null || (crashTimes !== null && lives >= crashTimes)) return
  setTimeout(() => process.exit(crashCode), ms)
}

function print(stream, lines) {
  for (const line of lines) stream.write(`${line}\n`)
}

module.exports = { runEngine, onStop, portOf }
