'use strict'

const os = require('os')

/** What Trueno's logger tells below an uncaught exception: more than a hundred lines in the real one. */
function describeException(error) {
  const stack = String(error.stack).split('\n')
  return {
    date: String(new Date()),
    process: {
      pid: process.pid,
      uid: process.getuid(),
      gid: process.getgid(),
      cwd: process.cwd(),
      execPath: process.execPath,
      version: process.version,
      argv: process.argv,
      memoryUsage: process.memoryUsage(),
    },
    os: { loadavg: os.loadavg(), uptime: os.uptime() },
    trace: stack.slice(1).map(describeFrame),
    stack,
  }
}

function describeFrame(line) {
  const [, name = null, file = null, row, column] = /at (?:(.*) \()?(.*?)(?::(\d+):(\d+))?\)?$/.exec(line) || []
  return { column: Number(column), file, function: name, line: Number(row), method: name, native: false }
}

module.exports = { describeException }
