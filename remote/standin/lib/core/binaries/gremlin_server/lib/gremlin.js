'use strict'

/** Stand-in for Gremlin server 3.2.3: port 8002, HTTP and WebSocket as far as a probe asks. */
const crypto = require('crypto')
const fs = require('fs')
const http = require('http')
const { onStop, portOf, runEngine } = require('../../../../standin/engine')
const { answer, listen } = require('../../../../standin/net')
const { wait } = require('../../../../standin/time')

const webSocketSecret = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

function main([configFile]) {
  return runEngine('gremlin', async ({ own }) => {
    onStop(own)
    const host = setting(fs.readFileSync(configFile, 'utf8'), 'host')
    const port = portOf(own, 8002)
    await open(port, host, own)
    return { line: `[INFO] GremlinServer$1 - Channel started at port ${port}.` }
  })
}

async function open(port, host, own) {
  const server = http.createServer(onRequest)
  server.on('upgrade', shakeHands)
  try {
    await listen(server, port, host)
  } catch (_error) {
    await dieSlowly(port, host, own)
  }
}

/** What is not for /gremlin never gets an answer. */
function onRequest(request, response) {
  if (request.url.split('?')[0] !== '/gremlin') return
  answer(response, 400, 'text/plain', 'not a WebSocket handshake request: missing upgrade')
}

/** On `/` as well as on `/gremlin`. */
function shakeHands(request, socket) {
  const accept = crypto
    .createHash('sha1')
    .update(request.headers['sec-websocket-key'] + webSocketSecret)
    .digest('base64')
  socket.on('error', () => {})
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
}

/** With its port taken it says so, hangs for a long time, and ends with 0. */
async function dieSlowly(port, host, { bindFailMs }) {
  const what = `Could not bind to ${host} and ${port} - perhaps something else is bound to that address.`
  process.stdout.write(
    `[ERROR] GremlinServer - Gremlin Server was unable to start and will now begin shutdown: ${what}\n`,
  )
  await wait(bindFailMs)
  process.exit(0)
}

function setting(yaml, name) {
  const line = yaml.split('\n').find((each) => each.startsWith(`${name}:`))
  return line
    .slice(name.length + 1)
    .trim()
    .replace(/^'(.*)'$/, '$1')
}

main(process.argv.slice(2))
