'use strict'

const path = require('path')
const { connect } = require('./pm2/client')
const { pm2Home } = require('./pm2/home')
const { loadKnobs } = require('./standin/knobs')
const { startOptions } = require('./start-options')

/** Starts core: in this process, or with --forever under pm2, which says nothing and is back at once. */
async function main(argv) {
  const options = startOptions(argv)
  shareDataDirectory(options)
  if (!options.forever) return require('./core/main').main(options)
  await startForever(argv)
}

/** Where the knobs of this host lie, for every process that comes of this one. A knob that does not exist ends it here. */
function shareDataDirectory({ dir }) {
  if (dir) process.env.TRUENO_STANDIN_DATA = path.resolve(dir)
  try {
    loadKnobs(process.env.TRUENO_STANDIN_DATA)
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}

async function startForever(argv) {
  const home = pm2Home(process.env)
  const daemon = await connect(home)
  await daemon.call('start', {
    name: 'Trueno-Core',
    interpreter: 'node',
    script: path.join(__dirname, 'trueno-post-start.js'),
    args: argv,
    cwd: process.cwd(),
    env: process.env,
    out: path.join(home.logs, 'Trueno-Core-out.log'),
    err: path.join(home.logs, 'Trueno-Core-error.log'),
  })
  daemon.close()
}

module.exports = { main }
