'use strict'

const fs = require('fs')
const path = require('path')
const { makeDirectory } = require('../standin/files')
const { ownData } = require('../standin/paths')
const { truenoTime } = require('../standin/time')
const { pretty } = require('./pretty')

const colours = { info: 32, error: 31, debug: 34 }
const directory = path.join(ownData, 'logs')

/**
 * Core's log: coloured lines on stdout (info) and stderr (error, debug), and the same as JSON lines in the package.
 * `details` is an object, shown on the lines that follow.
 */
function createLog({ debug }) {
  makeDirectory(directory)
  return {
    info: (message, details) => write('info', process.stdout, ['info'], message, details),
    error: (message, details) => write('error', process.stderr, ['info', 'error'], message, details),
    /** An uncaught exception: not in error-logs.log. */
    exception: (message, details) => write('error', process.stderr, ['info'], message, details),
    debug: (message) => debug && write('debug', process.stderr, ['debug'], message),
  }
}

function write(level, stream, files, message, details) {
  const timestamp = `[${truenoTime(new Date())}]`
  const line = JSON.stringify(Object.assign({}, details, { level, message, timestamp }))
  for (const file of files) fs.appendFileSync(path.join(directory, `${file}-logs.log`), `${line}\n`)
  const below = details === undefined ? '' : ` \n${pretty(details).join('\n')}`
  stream.write(`${timestamp} - \u001b[${colours[level]}m${level}\u001b[39m: ${message}${below}\n`)
}

module.exports = { createLog }
