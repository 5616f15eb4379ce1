'use strict'

const fs = require('fs')
const { connect } = require('./client')

const banner = `
  pm2 (stand-in): first use of this PM2_HOME.
  The real one prints a page of letters here.

`

/** `pm2 kill`: ends every application of a PM2_HOME, whoever's it is, and its daemon; spawns one for that if need be. */
async function kill(home) {
  greet(home)
  const daemon = await connect(home)
  if (daemon.spawned) tell(`[PM2] Spawning PM2 daemon with pm2_home=${home.root}`, '[PM2] PM2 Successfully daemonized')
  tell('[PM2] Stopping PM2...')
  await daemon.call('notifyKill')
  await removeAll(daemon)
  tell('[PM2] All processes have been stopped and deleted')
  daemon.call('killMe').catch(() => {})
  await daemon.closed
  tell('[PM2] PM2 stopped')
}

async function removeAll(daemon) {
  const ids = (await daemon.call('list')).map((app) => app.pm_id)
  if (ids.length === 0) return tell('[PM2][WARN] No process found')
  tell(`[PM2] Applying action deleteProcessId on app [all](ids: ${ids.join(',')})`)
  for (const app of await daemon.call('removeAll')) tell(`[PM2] [${app.name}](${app.pm_id}) ✓`)
}

/** Commands of pm2 print a banner when its home is new; `touch` says that they did. */
function greet(home) {
  if (fs.existsSync(home.touch)) return
  process.stdout.write(banner)
  fs.writeFileSync(home.touch, String(Date.now()))
}

function tell(...lines) {
  for (const line of lines) process.stdout.write(`${line}\n`)
}

module.exports = { kill, greet }
