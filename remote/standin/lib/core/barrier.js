'use strict'

const crypto = require('crypto')
const http = require('http')
const { answer } = require('../standin/net')
const { receive, send } = require('../standin/messages')

const protocol = 'trueno-barrier'

/**
 * Opens the internal port. It answers HTTP with 404, as socket.io's does, and is where the other hosts say that they
 * are ready. A port in use is an uncaught exception, a moment after this returns.
 */
function openInternalApi({ port, address, log, onReady }) {
  const server = http.createServer((_request, response) => answer(response, 404, 'text/plain', ''))
  server.on('upgrade', (_request, socket, first) => {
    socket.unshift(first)
    accept(socket, log, onReady)
  })
  server.listen(port, address)
}

function accept(socket, log, onReady) {
  const id = `/#${crypto.randomBytes(15).toString('base64').replace(/\W/g, '_')}`
  log.info(`Internal Client ${id} connected!`)
  socket.on('error', () => {})
  socket.once('close', () => log.info(`Internal Client ${id} disconnected!`))
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`)
  receive(socket, ({ ready }) => onReady(ready, () => send(socket, { proceed: true })))
}

/**
 * The coordinator's side: resolves when as many distinct names as there are other hosts have reported, whoever they
 * are; all are released then, and so is each that reports when the count is still exact.
 */
function barrier({ expected, log, stall }) {
  const reported = new Map()
  let pass
  const passed = new Promise((resolve) => {
    pass = resolve
  })
  const onReady = (name, release) => {
    reported.set(name, release)
    log.info(`>> CLUSTER(${reported.size}/${expected}): Host '${name}' ready signal received.`)
    if (reported.size !== expected || stall) return
    for (const releaseHost of reported.values()) releaseHost()
    pass()
  }
  return { passed, onReady }
}

/** Another host's side: calls `onConnect` with a function that reports, and again after each reconnection. */
function connectToMaster(options) {
  const { host, port, reconnectMs, onConnect, onProceed, onDisconnect } = options
  const again = () => setTimeout(() => connectToMaster(options), reconnectMs)
  const request = http.request({ host, port, agent: false, headers: { Connection: 'Upgrade', Upgrade: protocol } })
  request.once('error', again)
  request.once('response', (response) => {
    response.resume()
    again()
  })
  request.once('upgrade', (_response, socket, first) => {
    socket.unshift(first)
    socket.on('error', () => {})
    socket.once('close', () => {
      onDisconnect()
      again()
    })
    receive(socket, onProceed)
    onConnect((name, onSent) => send(socket, { ready: name }, onSent))
  })
  request.end()
}

module.exports = { openInternalApi, barrier, connectToMaster }
