'use strict'

const net = require('net')
const { receive, send } = require('../../../../standin/messages')
const { dial, listen } = require('../../../../standin/net')
const { wait } = require('../../../../standin/time')

const eagerMs = 100
const restMs = 1000

/**
 * Finds the other nodes among the hosts of the settings and keeps a connection to each; the oldest node is the master.
 * Resolves after the time of discovery, rejects when the transport port cannot be had.
 * @returns members(), oldest first; master(), null while there is none; onUuid(callback); node
 */
async function joinCluster(node, { hosts, host, transportPort }, knobs) {
  const cluster = { node, knobs, peers: new Map(), leaderlessUntil: 0, onUuid: () => {} }
  const server = net.createServer((socket) => (knobs.alone ? socket.destroy() : greet(cluster, socket)))
  await listen(server, transportPort, host)
  const others = knobs.alone ? [] : hosts.filter((each) => each !== host)
  for (const other of others) seek(cluster, other, transportPort)
  await wait(knobs.discoveryMs)
  return {
    node,
    members: () => members(cluster),
    master: () => (isLeaderless(cluster) ? null : members(cluster)[0]),
    onUuid: (callback) => followUuid(cluster, callback),
  }
}

/** Dials a host for as long as no node of it is known. */
async function seek(cluster, host, port) {
  const end = Date.now() + 5000
  for (;;) {
    const known = members(cluster).some((member) => member.host === host)
    const socket = known ? null : await dial(port, host).catch(() => null)
    if (socket) greet(cluster, socket)
    await wait(Date.now() < end ? eagerMs : restMs)
  }
}

function greet(cluster, socket) {
  let peer
  socket.on('error', () => {})
  socket.once('close', () => forget(cluster, peer, socket))
  receive(socket, ({ hello }) => {
    peer = hello.id
    if (peer === cluster.node.id) socket.destroy()
    else remember(cluster, hello, socket)
  })
  send(socket, { hello: cluster.node })
}

function remember(cluster, hello, socket) {
  const known = cluster.peers.get(hello.id) || { sockets: new Set() }
  known.hello = hello
  known.sockets.add(socket)
  cluster.peers.set(hello.id, known)
  adoptUuid(cluster)
}

/** A node is gone with the last connection to it. Losing the master leaves the cluster without one for a while. */
function forget(cluster, id, socket) {
  const known = cluster.peers.get(id)
  if (known === undefined) return
  known.sockets.delete(socket)
  if (known.sockets.size > 0) return
  if (members(cluster)[0].id === id) cluster.leaderlessUntil = Date.now() + cluster.knobs.electionMs
  cluster.peers.delete(id)
}

function members({ node, peers }) {
  const others = Array.from(peers.values()).map((peer) => peer.hello)
  return [node].concat(others).sort((left, right) => left.startedAt - right.startedAt || (left.id < right.id ? -1 : 1))
}

function isLeaderless({ knobs, leaderlessUntil }) {
  return knobs.noMaster || Date.now() < leaderlessUntil
}

/** The master's cluster is ours; whoever knows us by another is told. */
function adoptUuid(cluster) {
  const { node, peers } = cluster
  const uuid = members(cluster)[0].clusterUuid
  if (uuid === node.clusterUuid) return
  node.clusterUuid = uuid
  cluster.onUuid(uuid)
  for (const peer of peers.values()) for (const socket of peer.sockets) send(socket, { hello: node })
}

function followUuid(cluster, callback) {
  cluster.onUuid = callback
  callback(cluster.node.clusterUuid)
}

module.exports = { joinCluster }
