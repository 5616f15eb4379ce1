'use strict'

const fs = require('fs')
const path = require('path')
const { spawn } = require('child_process')
const { makeDirectory } = require('../standin/files')

/**
 * Spawns an application with pm2's additions to its environment. What it prints is appended to its log files and
 * published on the bus.
 */
function launch(app, publish) {
  const { interpreter, script, args, cwd } = app.options
  const child = spawn(interpreter, [path.resolve(cwd, script)].concat(args), {
    cwd,
    env: environmentOf(app),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  copy(child.stdout, app.out, (data) => publish({ event: 'log', stream: 'out', name: app.options.name, data }))
  copy(child.stderr, app.err, (data) => publish({ event: 'log', stream: 'err', name: app.options.name, data }))
  child.unref()
  return child
}

/** The environment of whoever asked for the start, and what pm2 puts there itself. */
function environmentOf(app) {
  const { options } = app
  return Object.assign({}, options.env, {
    name: options.name,
    pm_id: String(app.id),
    restart_time: String(app.restarts),
    unstable_restarts: String(app.unstable),
    status: 'launching',
    exec_mode: 'fork_mode',
    created_at: String(app.createdAt),
    pm_uptime: String(app.startedAt),
    pm_exec_path: path.resolve(options.cwd, options.script),
    pm_cwd: options.cwd,
    pm_out_log_path: app.out,
    pm_err_log_path: app.err,
    pm_pid_path: app.pidFile,
  })
}

function copy(stream, file, tell) {
  makeDirectory(path.dirname(file))
  const log = fs.openSync(file, 'a')
  stream.setEncoding('utf8')
  stream.on('data', (data) => {
    fs.writeSync(log, data)
    tell(data)
  })
  stream.once('close', () => fs.closeSync(log))
}

module.exports = { launch }
