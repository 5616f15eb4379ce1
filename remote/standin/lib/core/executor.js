'use strict'

const fs = require('fs')
const path = require('path')
const { connect, subscribe } = require('../pm2/client')
const { pm2Home } = require('../pm2/home')
const { configure } = require('./package-files')

/** How much of a component's log is read before following it: old lines count, Trueno's own trap. */
const replayedLines = 15

/** Starts the components under pm2; resolves when each has printed the line that means ready. */
async function startComponents(components, context) {
  const home = pm2Home(process.env)
  const daemon = await connect(home)
  const run = { context, daemon, watched: new Map(), done: false }
  await subscribe(home, (message) => onBus(run, message))
  context.log.info('🔌 SubProcess bus connected')
  await Promise.all(components.map((component) => startAndWait(run, component)))
  run.done = true
}

function startAndWait(run, component) {
  return new Promise((resolve, reject) => start(run, { component, resolve }).catch(reject))
}

async function start(run, waiting) {
  const { component } = waiting
  const { context, daemon } = run
  configureComponent(component, context)
  const app = await daemon.call('start', appOf(component, context))
  context.log.info(`⏳ ${component.title} starting...`)
  run.watched.set(component.name, waiting)
  const file = app.pm2_env[`pm_${component.stream}_log_path`]
  search(run, waiting, lastLines(file))
}

function configureComponent(component, { host, keys, data }) {
  const write = configure[component.directory]
  if (write) write(host, keys, data)
}

function appOf(component, { host, data, log }) {
  const { name, cwd, script, args, directory } = component
  const logs = path.join(data, 'logs', directory)
  log.debug(`${component.title}: ${path.join(cwd, script)} ${args}`)
  const env = Object.assign({}, process.env, { TRUENO_STANDIN_HOST: host })
  return { name, cwd, script, args, interpreter: 'bash', env, out: `${logs}-out.log`, err: `${logs}-err.log` }
}

function onBus(run, { event, name, stream, data }) {
  if (event === 'exit' && !run.done) run.context.log.info(`⚠️ ${name} exited!`)
  const waiting = event === 'log' && run.watched.get(name)
  if (waiting && waiting.component.stream === stream) search(run, waiting, data)
}

function search(run, { component, resolve }, text) {
  run.context.log.debug(`${component.title}: ${text}`)
  if (!text.includes(component.ready) || misses(run, component)) return
  run.context.log.info(`✅ ${component.title} successfully started!`)
  if (component.next === null) return resolve()
  run.context.log.info(`⏳ ${component.title} -> next -> ${component.next.title}`)
  start(run, { component: component.next, resolve })
}

/** Once in the life of the host's data it does not see the line that it waits for. */
function misses({ context: { knobs, data } }, { name }) {
  const seen = path.join(data, 'standin-missed')
  if (knobs.core.missReadyOnce !== name || fs.existsSync(seen)) return false
  fs.writeFileSync(seen, name)
  return true
}

function lastLines(file) {
  const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : ''
  return text
    .split('\n')
    .slice(-replayedLines - 1)
    .join('\n')
}

module.exports = { startComponents }
