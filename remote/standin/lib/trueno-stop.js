'use strict'

const { kill } = require('./pm2/kill')
const { pm2Home } = require('./pm2/home')

/** `pm2 kill`, and nothing else: exit 0 whatever there was. */
function main() {
  return kill(pm2Home(process.env))
}

module.exports = { main }
