'use strict'

const path = require('path')
const { connect } = require('./pm2/client')
const { pm2Home } = require('./pm2/home')
const { removeTree } = require('./standin/files')
const { readOptions } = require('./standin/options')
const { ownData } = require('./standin/paths')
const { writeFileSync, readdirSync, existsSync } = require('fs')

const table = {
  '--flush': { name: 'flush', value: false, help: 'flush the logs' },
  '--clear': { name: 'clear', value: false, help: 'clear the data inside the package' },
  '--status': { name: 'status', value: false, help: 'show the processes' },
}

const columns = ['App name', 'id', 'mode', 'pid', 'status', 'restart']

async function main(argv) {
  const options = readOptions('$ trueno tools [options]', table, argv)
  if (options.status) return ask('list', showStatus)
  if (options.flush) return ask('flush', (_result, home) => writeFileSync(home.log, ''))
  if (options.clear) return clear()
  process.stdout.write('No Tool flag provided. See  --help for options\n')
}

/** Spawns the daemon where none runs, as every command of pm2 does. */
async function ask(method, show) {
  const home = pm2Home(process.env)
  const daemon = await connect(home)
  show(await daemon.call(method), home)
  daemon.close()
}

function showStatus(apps) {
  const rows = apps.map(({ name, pm_id, pid, pm2_env: { status, restart_time } }) => [
    name,
    pm_id,
    'fork',
    pid,
    status,
    restart_time,
  ])
  const lines = [columns].concat(rows).map((row) => `│ ${row.map((cell) => String(cell).padEnd(12)).join(' │ ')} │\n`)
  process.stdout.write(lines.join(''))
}

/** Removes data inside the package without asking, also while running; never what lies in --dir. */
function clear() {
  if (!existsSync(ownData)) return
  for (const name of readdirSync(ownData)) removeTree(path.join(ownData, name))
}

module.exports = { main }
