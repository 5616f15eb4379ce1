'use strict'

/**
 * pm2's daemon, "god": one per PM2_HOME, keeps its applications running, answers on rpc.sock, tells on pub.sock.
 * Its standard output is pm2.log.
 */
const fs = require('fs')
const net = require('net')
const util = require('util')
const { makeHome, pm2Home } = require('./home')
const { removeFile } = require('../standin/files')
const { send, receive } = require('../standin/messages')
const { loadKnobs } = require('../standin/knobs')
const { pm2Time } = require('../standin/time')
const { listen } = require('../standin/net')
const { createGod, methods } = require('./god')

const home = pm2Home(process.env)
const killTimeoutMs = Number(process.env.PM2_KILL_TIMEOUT) || 1600
const listeners = new Set()

async function main() {
  process.title = `PM2 v2.6.1: God Daemon (${home.root})`
  makeHome(home)
  const god = createGod({ log, publish, killTimeoutMs, pids: home.pids })
  fs.writeFileSync(home.pid, String(process.pid))
  handleSignals(god)
  await openSockets(god)
  announce()
  if (process.send) process.send('online', () => process.disconnect())
  dieAsAsked()
}

async function openSockets(god) {
  removeFile(home.rpc)
  removeFile(home.bus)
  await listen(net.createServer(serveBus), home.bus)
  await listen(
    net.createServer((socket) => serveRpc(god, socket)),
    home.rpc,
  )
}

function serveBus(socket) {
  listeners.add(socket)
  socket.on('error', () => {})
  socket.on('close', () => listeners.delete(socket))
}

function serveRpc(god, socket) {
  socket.on('error', () => {})
  receive(socket, async ({ id, method, argument }) => {
    if (method === 'killMe') return killMe()
    send(socket, { id, result: await methods[method](god, argument) })
  })
}

function killMe() {
  title('Stopping PM2')
  log('RPC closed')
  log('PUB closed')
  log('PM2 successfully stopped')
  leave(0)
}

function handleSignals(god) {
  const deleteAll = async () => {
    log('pm2 has been killed by signal, dumping process list before exit...')
    for (const app of methods.list(god)) await methods.remove(god, app.pm_id)
    log('[PM2] Exited peacefully')
    leave(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT']) process.once(signal, deleteAll)
  process.on('SIGHUP', () => {})
}

function leave(code) {
  for (const file of [home.rpc, home.bus, home.pid]) removeFile(file)
  process.exit(code)
}

/** The knob godDiesAfterMs: applications stay behind as orphans, sockets as dead files. */
function dieAsAsked() {
  const { godDiesAfterMs } = loadKnobs(process.env.TRUENO_STANDIN_DATA)
  if (godDiesAfterMs !== null) setTimeout(() => process.kill(process.pid, 'SIGKILL'), godDiesAfterMs)
}

function announce() {
  title('New PM2 Daemon started')
  log(`PM2 version          : 2.6.1 (stand-in)`)
  log(`Node.js version      : ${process.versions.node}`)
  log(`PM2 home             : ${home.root}`)
  log(`SIGTERM timeout      : ${killTimeoutMs}`)
}

function title(text) {
  log('='.repeat(79))
  log(`--- ${text} `.padEnd(79, '-'))
}

function log(...words) {
  process.stdout.write(`${pm2Time(new Date())}: ${util.format(...words)}\n`)
}

function publish(message) {
  for (const socket of listeners) send(socket, message)
}

main()
