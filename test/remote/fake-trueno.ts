import { symlinkSync } from 'node:fs'
import path from 'node:path'
import type { TestHost } from './test-host.js'

export const releaseId = 'f'.repeat(64)

/**
 * Puts a release in place that is just enough to be started and stopped: `start` leaves pm2's daemon and a core behind,
 * `stop` asks the daemon to end both, `balancer --start` leaves a parent with a worker. What it was called with is
 * appended to `calls` below home. Faults, by environment: FAKE_EXIT, FAKE_HANG, FAKE_STUBBORN, FAKE_DEAF;
 * FAKE_PATIENT: the daemon waits until core ends by itself, and runs an engine that ends after 3 s, if core still lives.
 */
export function installFakeTrueno({ home, put }: TestHost, environment = ''): void {
  for (const [name, code] of Object.entries(programs)) put(`releases/${releaseId}/lib/${name}.js`, code)
  symlinkSync(`releases/${releaseId}`, path.join(home, 'current'))
  put('etc/cluster.json', '{}')
  put('etc/environment', environment)
}

const programs = {
  trueno: `
const { appendFileSync } = require('fs')
const { connect } = require('net')
const { spawn } = require('child_process')
const { TRUENO_DEPLOY_HOME: home, PM2_HOME, FAKE_EXIT, FAKE_HANG } = process.env
const args = process.argv.slice(2)
const { SSH_CLIENT, PATH, HOME } = process.env
appendFileSync(home + '/calls', JSON.stringify({ args, cwd: process.cwd(), env: { SSH_CLIENT, PATH, HOME } }) + '\\n')
const leave = (program) => {
  const child = spawn(process.execPath, [__dirname + '/' + program], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
  child.stdout.once('data', () => process.exit())
}
console.log('called with', args[0])
if (FAKE_EXIT) process.exit(Number(FAKE_EXIT))
else if (FAKE_HANG === args[0]) setInterval(() => {}, 1e6)
else if (args[0] === 'start') leave('god.js')
else if (args[0] === 'balancer') leave('balancer.js')
else connect(PM2_HOME + '/rpc.sock').on('close', () => process.exit())
`,
  god: `
const { mkdirSync } = require('fs')
const { createServer } = require('net')
const { spawn } = require('child_process')
const { PM2_HOME } = process.env
process.title = 'PM2 v0: God Daemon'
mkdirSync(PM2_HOME + '/logs', { recursive: true })
const env = { ...process.env, name: 'Trueno-Core', pm_id: '0', restart_time: '0' }
const core = spawn(process.execPath, [__dirname + '/core.js'], { env, detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
const engine = { env: { ...env, name: 'Elasticsearch', pm_id: '1' }, stdio: 'ignore' }
if (process.env.FAKE_PATIENT) spawn(process.execPath, [__dirname + '/engine.js', core.pid], engine)
core.once('exit', () => process.exit())
core.stdout.once('data', () => createServer(() => {
  if (!process.env.FAKE_PATIENT) core.kill('SIGKILL')
}).listen(PM2_HOME + '/rpc.sock', () => console.log('ready')))
`,
  core: `
process.on('SIGINT', () => {})
process.on('SIGTERM', () => process.env.FAKE_STUBBORN || process.exit())
setInterval(() => {}, 1e6)
console.log('ready')
`,
  engine: `
const { appendFileSync } = require('fs')
const ended = () => appendFileSync(process.env.TRUENO_DEPLOY_HOME + '/calls', process.kill(process.argv[2], 0) + '\\n')
setTimeout(ended, 3000)
`,
  balancer: `
const { appendFileSync } = require('fs')
const { spawn } = require('child_process')
const worker = spawn(process.execPath, [__dirname + '/core.js'], { stdio: ['ignore', 'pipe', 'ignore'] })
process.on('SIGTERM', () => {
  if (process.env.FAKE_DEAF) return
  appendFileSync(process.env.TRUENO_DEPLOY_HOME + '/calls', '"closing its worker"\\n')
  worker.kill('SIGKILL')
  process.exit()
})
worker.stdout.once('data', () => {
  appendFileSync('loadbalancer.out', 'balancing\\n')
  console.log('ready')
})
`,
}

/** What the fake was called with, in order; a line that is still being written is not counted. */
export function calls({ list, read }: TestHost): { args: string[]; cwd: string; env: Record<string, string> }[] {
  const text = list('.').includes('calls') ? read('calls') : ''
  const lines = text.split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line))
}
