'use strict'

const path = require('path')
const { makeDirectory } = require('../standin/files')

/** Where a pm2 keeps its things: one daemon per PM2_HOME. */
function pm2Home(environment) {
  const root = environment.PM2_HOME || path.join(environment.HOME || '/etc', '.pm2')
  return {
    root,
    rpc: path.join(root, 'rpc.sock'),
    bus: path.join(root, 'pub.sock'),
    log: path.join(root, 'pm2.log'),
    pid: path.join(root, 'pm2.pid'),
    logs: path.join(root, 'logs'),
    pids: path.join(root, 'pids'),
    touch: path.join(root, 'touch'),
  }
}

function makeHome(home) {
  makeDirectory(home.logs)
  makeDirectory(home.pids)
}

module.exports = { pm2Home, makeHome }
