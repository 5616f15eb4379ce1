'use strict'

const fs = require('fs')
const path = require('path')
const { spawn } = require('child_process')
const { makeDirectory, readText, removeFile } = require('../standin/files')

/** Where `forever` keeps what runs: the user's home, whatever the package. */
function stateDirectory() {
  return path.join(process.env.HOME || '/', '.forever', 'pids')
}

/** Starts the monitor, which starts the balancer and keeps it running; both append to `log`. */
function startDaemon(config, log) {
  makeDirectory(stateDirectory())
  const output = fs.openSync(log, 'a')
  const state = path.join(stateDirectory(), `${process.pid}-${Date.now()}.json`)
  const monitor = spawn('node', [path.join(__dirname, 'monitor.js'), config, state], {
    detached: true,
    stdio: ['ignore', output, output],
  })
  monitor.on('error', () => {})
  monitor.unref()
}

/** What runs of what was started from this home: { pid, monitor, file }. */
function listDaemons() {
  const directory = stateDirectory()
  if (!fs.existsSync(directory)) return []
  return fs.readdirSync(directory).map(readState(directory)).filter(isAlive)
}

function stopDaemons() {
  for (const { pid, monitor, file } of listDaemons()) {
    for (const each of [monitor, pid]) signal(each, 'SIGTERM')
    removeFile(file)
  }
}

function readState(directory) {
  return (name) => {
    const file = path.join(directory, name)
    return Object.assign({ file }, JSON.parse(readText(file, '{}') || '{}'))
  }
}

function isAlive({ monitor }) {
  return monitor !== undefined && signal(monitor, 0)
}

function signal(pid, name) {
  try {
    return process.kill(pid, name)
  } catch (_error) {
    return false
  }
}

module.exports = { startDaemon, listDaemons, stopDaemons }
