'use strict'

const fs = require('fs')
const path = require('path')
const { removeFile } = require('../standin/files')
const { launch } = require('./launch')
const { stopProcess } = require('./stop-process')

const minUptimeMs = 1000
const maxRestarts = 16

/**
 * The applications of one daemon: restarted when they exit, given up (`errored`) after 16 exits within 16 s that each
 * lived less than a second.
 */
function createGod({ log, publish, killTimeoutMs, pids }) {
  return { log, publish, killTimeoutMs, pids, apps: new Map(), nextId: 0, beingKilled: false }
}

/** What can be asked for over rpc.sock: each takes the god and one argument. */
const methods = {
  /** Starts an application, or restarts in place the one that has its name. */
  async start(god, options) {
    const known = Array.from(god.apps.values()).find((app) => app.options.name === options.name)
    const app = known || create(god, options)
    if (known) await restart(god, known, options)
    else run(god, app)
    return describe(app)
  },
  async remove(god, id) {
    const app = god.apps.get(id)
    await stop(god, app)
    god.apps.delete(id)
    if (god.apps.size === 0) god.nextId = 0
    return describe(app)
  },
  removeAll: (god) => Promise.all(Array.from(god.apps.keys()).map((id) => methods.remove(god, id))),
  list: (god) => Array.from(god.apps.values()).map(describe),
  notifyKill(god) {
    god.beingKilled = true
  },
  flush(god) {
    for (const app of god.apps.values()) for (const file of [app.out, app.err]) fs.writeFileSync(file, '')
  },
}

function create(god, options) {
  const id = god.nextId++
  const app = { id, options, status: 'stopped', pid: 0, restarts: 0, unstable: 0, createdAt: Date.now(), startedAt: 0 }
  app.out = numbered(path.resolve(options.cwd, options.out), id)
  app.err = numbered(path.resolve(options.cwd, options.err), id)
  app.pidFile = path.join(god.pids, `${options.name}-${id}.pid`)
  god.apps.set(id, app)
  return app
}

async function restart(god, app, options) {
  const wasOnline = app.status === 'online'
  Object.assign(app, { options, createdAt: Date.now(), unstable: 0 })
  await stop(god, app)
  if (god.beingKilled) return
  if (wasOnline) app.restarts += 1
  run(god, app)
}

function run(god, app) {
  const { name } = app.options
  god.log('Starting execution sequence in -fork mode- for app name:%s id:%s', name, app.id)
  app.startedAt = Date.now()
  app.createdAt = app.createdAt || app.startedAt
  try {
    const child = launch(app, god.publish)
    child.once('error', (error) => giveUp(god, app, error))
    child.once('exit', (code, signal) =>
      onExit(god, app, { pid: child.pid, code: code || 0, signal: signal || 'SIGINT' }),
    )
    Object.assign(app, { pid: child.pid, status: 'online' })
    fs.writeFileSync(app.pidFile, String(child.pid))
    god.log('App name:%s id:%s online', name, app.id)
  } catch (error) {
    giveUp(god, app, error)
  }
}

function giveUp(god, app, error) {
  god.log(error.stack)
  Object.assign(app, { status: 'errored', pid: 0 })
}

function onExit(god, app, { pid, code, signal }) {
  const { name } = app.options
  god.log('App [%s] with id [%s] and pid [%s], exited with code [%s] via signal [%s]', name, app.id, pid, code, signal)
  const unexpected = app.status === 'online'
  Object.assign(app, { pid: 0, exitCode: code })
  if (unexpected) app.status = 'stopped'
  removeFile(app.pidFile)
  countUnstable(god, app)
  god.publish({ event: 'exit', name })
  if (god.beingKilled) god.log('[HandleExit] PM2 is being killed, stopping restart procedure...')
  else if (unexpected) setImmediate(() => runAgain(god, app))
}

function runAgain(god, app) {
  if (god.beingKilled || app.status !== 'stopped') return
  app.restarts += 1
  run(god, app)
}

function countUnstable(god, app) {
  if (app.createdAt === null || Date.now() - app.createdAt >= minUptimeMs * maxRestarts) return
  if (Date.now() - app.startedAt < minUptimeMs) app.unstable += 1
  if (app.unstable < maxRestarts) return
  god.log('Script %s had too many unstable restarts (%d). Stopped. %j', scriptOf(app), app.unstable, 'errored')
  Object.assign(app, { status: 'errored', unstable: 0, createdAt: null })
}

async function stop(god, app) {
  if (app.status === 'stopped') return
  god.log('Stopping app:%s id:%s', app.options.name, app.id)
  app.status = 'stopping'
  if (app.pid === 0) god.log('app=%s id=%d does not have a pid', app.options.name, app.id)
  else await stopProcess(app.pid, god.killTimeoutMs, god.log)
  app.status = 'stopped'
}

/** An application as pm2's jlist shows it, as far as anyone asks. */
function describe(app) {
  return {
    pid: app.pid,
    name: app.options.name,
    pm_id: app.id,
    pm2_env: {
      status: app.status,
      restart_time: app.restarts,
      exit_code: app.exitCode,
      pm_uptime: app.startedAt,
      pm_exec_path: scriptOf(app),
      pm_out_log_path: app.out,
      pm_err_log_path: app.err,
    },
  }
}

function scriptOf(app) {
  return path.resolve(app.options.cwd, app.options.script)
}

/** pm2 puts an application's id before the ending of its log files. */
function numbered(file, id) {
  return file.replace(/\.log$/, `-${id}.log`)
}

module.exports = { createGod, methods }
