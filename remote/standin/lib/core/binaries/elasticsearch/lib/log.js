'use strict'

const fs = require('fs')
const { makeDirectory } = require('../../../../standin/files')
const { elasticTime } = require('../../../../standin/time')

/** A line of Elasticsearch's log, which also goes to logs/trueno.log in its own directory, as the real one's does. */
function log(level, source, text, node) {
  const line = `[${elasticTime(new Date())}][${level.padEnd(5)}][${source.padEnd(25)}] [${node}] ${text}`
  makeDirectory('logs')
  fs.appendFileSync('logs/trueno.log', `${line}\n`)
  return line
}

module.exports = { log }
