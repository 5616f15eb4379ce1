'use strict'

const { connect } = require('../pm2/client')
const { pm2Home } = require('../pm2/home')
const { describeException } = require('./exception')

/**
 * How core ends. Under pm2 it ignores SIGINT; in the foreground it ends everything first. The real one needs more than
 * a second to come as far as any error, so that pm2 never counts its life as too short: this one sleeps for that long.
 * @returns leave(code), which does not return; its member `log` is set when there is a log
 */
function handleExits({ forever }, minLifeMs) {
  const cause = forever ? 'Database exiting, cause:' : 'Database exiting sequence initiated, cause:'
  const tell = (text) => {
    if (leave.log) leave.log.info(text)
  }
  const leave = (code) => {
    sleep(minLifeMs - process.uptime() * 1000)
    process.exit(code)
  }
  const fail = (error) => {
    tell(`${cause} uncaughtException`)
    tellException(leave.log, error)
    leave(1)
  }
  process.on('exit', () => tell(`${cause} exit`))
  process.on('uncaughtException', fail)
  process.on('unhandledRejection', fail)
  process.on('SIGTERM', () => process.exit(0))
  process.on('SIGINT', () => {
    tell(`${cause} SIGINT`)
    if (!forever) stopEverything(tell)
  })
  return leave
}

function tellException(log, error) {
  const text = `uncaughtException: ${asTrueno(error)}`
  if (log) log.exception(text, describeException(error))
  else process.stderr.write(`${text}\n`)
}

/** Node 8 names a taken port so; later ones in other words, and the stand-in may listen on one address only. */
function asTrueno(error) {
  return error.code === 'EADDRINUSE' ? `listen EADDRINUSE :::${error.port}` : error.message
}

async function stopEverything(tell) {
  const daemon = await connect(pm2Home(process.env))
  tell('Connected to process manager')
  await daemon.call('notifyKill')
  await daemon.call('removeAll')
  daemon.call('killMe').catch(() => {})
  await daemon.closed
  tell('All processes terminated, exiting')
  process.exit(0)
}

/** Nothing of this process runs meanwhile. */
function sleep(ms) {
  if (ms > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

module.exports = { handleExits }
