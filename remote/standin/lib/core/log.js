'use strict'

const fs = require('fs')
const path = require('path')
const { makeDirectory } = require('../standin/files')
const { ownData } = require('../standin/paths')
const { truenoTime } = require('../standin/time')

const colours = { info: 32, error: 31, debug: 34 }
const directory = path.join(ownData, 'logs')

/**
 * Core's log: coloured lines on stdout (info) and stderr (error, debug), and the same as JSON lines in the package.
 * `detail` follows the message on the same line; further lines of it stand alone.
 */
function createLog({ debug }) {
  makeDirectory(directory)
  return {
    info: (message, detail) => write('info', process.stdout, ['info'], message, detail),
    error: (message, detail) => write('error', process.stderr, ['info', 'error'], message, detail),
    debug: (message, detail) => debug && write('debug', process.stderr, ['debug'], message, detail),
  }
}

function write(level, stream, files, message, detail) {
  const timestamp = `[${truenoTime(new Date())}]`
  const line = JSON.stringify({ level, message, detail, timestamp })
  for (const file of files) fs.appendFileSync(path.join(directory, `${file}-logs.log`), `${line}\n`)
  const text = detail === undefined ? message : `${message} ${detail}`
  stream.write(`${timestamp} - \u001b[${colours[level]}m${level}\u001b[39m: ${text}\n`)
}

module.exports = { createLog }
