'use strict'

const fs = require('fs')
const path = require('path')
const { makeDirectory, readText } = require('../../../../standin/files')

const place = 'nodes/0/_state'

/** What a node remembers in its data directory: the cluster it belongs to. Ends the process where it cannot be written. */
function loadState(data, fresh) {
  try {
    makeDirectory(path.join(data, place))
    fs.accessSync(path.join(data, place), fs.constants.W_OK)
    return JSON.parse(readText(stateFile(data), JSON.stringify(fresh)))
  } catch (error) {
    process.stdout.write(
      `Unable to access 'path.data' (${data})\nLikely root cause: java.nio.file.AccessDeniedException: ${error.message}\n`,
    )
    return process.exit(1)
  }
}

function saveState(data, state) {
  fs.writeFileSync(stateFile(data), JSON.stringify(state))
}

function stateFile(data) {
  return path.join(data, place, 'node.json')
}

module.exports = { loadState, saveState }
