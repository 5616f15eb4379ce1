'use strict'

const { StringDecoder } = require('string_decoder')

/**
 * What stand-ins say to each other (barrier, Spark registration, Elasticsearch membership, pm2): one JSON value a
 * line over a socket. Nothing but stand-ins speaks it. `onSent` is called when the kernel has it.
 */
function send(socket, message, onSent) {
  if (!socket.destroyed && socket.writable) socket.write(`${JSON.stringify(message)}\n`, onSent)
}

/** Hands each message to `handle`; a peer that speaks something else is hung up on. */
function receive(socket, handle) {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  socket.on('data', (chunk) => {
    const lines = (rest + decoder.write(chunk)).split('\n')
    rest = lines.pop()
    for (const message of lines.map(parse)) {
      if (message === undefined) return socket.destroy()
      handle(message)
    }
  })
}

function parse(line) {
  try {
    return JSON.parse(line)
  } catch (_error) {
    return undefined
  }
}

module.exports = { send, receive }
