'use strict'

const http = require('http')
const { answer, head } = require('../standin/net')

const pingTimeoutMs = 3000

/** Opens the port for drivers: any request gets a small page. A port in use is an uncaught exception. */
function openExternalApi({ port, address, host }) {
  const page = `<!doctype html><title>Trueno (stand-in)</title><p>Stand-in for Trueno on ${host}\n`
  const server = http.createServer((_request, response) =>
    answer(response, 200, 'text/html; charset=UTF-8', page, { 'x-trueno-host': host }),
  )
  server.listen(port, address)
}

/** Resolves when one of the Elasticsearch hosts answers; rejects as Trueno's client does. */
async function pingElasticsearch(connections) {
  for (const { host, port } of connections) {
    if (await head(host, port, '/', pingTimeoutMs).catch(() => false)) return
  }
  throw new Error('No Living connections')
}

/** pm2's web page, which in Trueno is a process of its own; it answers 500 there too. A port in use harms nobody. */
function openPm2Gui(address) {
  const server = http.createServer((_request, response) =>
    answer(response, 500, 'text/plain', 'Internal Server Error\n'),
  )
  server.on('error', () => {})
  server.listen(8088, address)
}

module.exports = { openExternalApi, pingElasticsearch, openPm2Gui }
