'use strict'

const fs = require('fs')
const path = require('path')
const { spawn } = require('child_process')
const { send, receive } = require('../standin/messages')
const { dial } = require('../standin/net')
const { makeHome } = require('./home')

/**
 * Connects to the daemon of a PM2_HOME; spawns one where none answers.
 * @returns call(method, argument) → promise of its result; close(); spawned: whether it had to be
 */
async function connect(home) {
  makeHome(home)
  const running = await dial(home.rpc).catch(() => null)
  if (running) return client(running, false)
  await spawnDaemon(home)
  return client(await dial(home.rpc), true)
}

/** Hands every message of the daemon's bus to `handle`; resolves once subscribed, with a function that ends it. */
async function subscribe(home, handle) {
  const socket = await dial(home.bus)
  socket.on('error', () => {})
  receive(socket, handle)
  return () => socket.destroy()
}

function client(socket, spawned) {
  const waiting = new Map()
  let next = 0
  receive(socket, ({ id, result }) => {
    waiting.get(id).resolve(result)
    waiting.delete(id)
  })
  socket.on('error', () => {})
  socket.once('close', () => {
    for (const call of waiting.values()) call.reject(new Error("pm2's daemon is gone"))
  })
  const call = (method, argument) =>
    new Promise((resolve, reject) => {
      waiting.set(next, { resolve, reject })
      send(socket, { id: next++, method, argument })
    })
  const closed = new Promise((resolve) => socket.once('close', resolve))
  return { spawned, call, closed, close: () => socket.end() }
}

function spawnDaemon(home) {
  const log = fs.openSync(home.log, 'a')
  const child = spawn(process.execPath, [path.join(__dirname, 'daemon.js')], {
    detached: true,
    env: Object.assign({ SILENT: 'true' }, process.env, { PM2_HOME: home.root }),
    stdio: ['ignore', log, log, 'ipc'],
  })
  fs.closeSync(log)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`pm2's daemon exited with ${code}`)))
    child.once('message', () => {
      child.unref()
      child.removeAllListeners('exit')
      resolve()
    })
  })
}

module.exports = { connect, subscribe }
