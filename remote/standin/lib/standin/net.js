'use strict'

const http = require('http')
const net = require('net')

/** Resolves once `server` listens, rejects when it cannot. `address` undefined: on all addresses. */
function listen(server, port, address) {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, () => {
      server.removeListener('error', reject)
      resolve(server)
    })
  })
}

/** Resolves with a connected socket, rejects with the error of connect(2). */
function dial(port, host) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, host)
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.removeListener('error', reject)
      resolve(socket)
    })
  })
}

/** Resolves with the status of a request without its body, rejects when there is no answer within `timeoutMs`. */
function head(host, port, path, timeoutMs) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, path, method: 'HEAD', agent: false, timeout: timeoutMs })
    request.once('timeout', () => request.abort())
    request.once('error', reject)
    request.once('response', (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    request.end()
  })
}

function answer(response, status, type, body, headers) {
  response.writeHead(
    status,
    Object.assign({ 'content-type': type, 'content-length': Buffer.byteLength(body) }, headers),
  )
  response.end(body)
}

module.exports = { listen, dial, head, answer }
