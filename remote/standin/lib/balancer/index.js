'use strict'

/** Stand-in for the balancer's own process: forwards TCP connections, one client always to the same target. */
const fs = require('fs')
const net = require('net')
const path = require('path')
const { loadKnobs } = require('../standin/knobs')
const { dial } = require('../standin/net')

const [, config] = process.argv.slice(2)

function main() {
  const file = path.resolve(config)
  const { sourcePort, targets, bind, targetDeactivationDuration = 60000 } = JSON.parse(fs.readFileSync(file, 'utf8'))
  const knobs = loadKnobs(path.dirname(file)).balancer
  const pool = targets.map(({ host, port }) => ({ host, port, deadUntil: 0 }))
  const server = net.createServer((client) => forward(client, pool, targetDeactivationDuration))
  if (!knobs.neverListens) server.listen(sourcePort, bind || process.env.TRUENO_STANDIN_BIND || knobs.bind || undefined)
  else setInterval(() => {}, 60000)
  if (knobs.crashAfterMs !== null) setTimeout(() => process.exit(1), knobs.crashAfterMs)
}

/** Tries the targets from the client's own one on; one that refuses is left out for a time. */
async function forward(client, pool, deadMs) {
  client.on('error', () => {})
  for (const target of ordered(pool, hash(client.remoteAddress))) {
    const upstream = await dial(target.port, target.host).catch(() => null)
    if (upstream) return join(client, upstream)
    target.deadUntil = Date.now() + deadMs
  }
  client.destroy()
}

function ordered(pool, start) {
  const rotated = pool.map((_target, index) => pool[(start + index) % pool.length])
  return rotated.filter((target) => Date.now() >= target.deadUntil)
}

function hash(address) {
  return Array.from(String(address)).reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 65536, 7)
}

function join(client, upstream) {
  upstream.on('error', () => {})
  client.once('close', () => upstream.destroy())
  upstream.once('close', () => client.destroy())
  client.pipe(upstream).pipe(client)
}

process.once('SIGTERM', () => process.exit(0))
main()
