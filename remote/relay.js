// Serves artifacts, kept or arriving, over HTTP to hosts with a grant: see relay.sh. Plain JavaScript of Node 8, no dependency.
// Arguments: STORE LEASE-TOKEN ADDRESS BYTES-PER-SECOND

const fs = require('fs')
const http = require('http')
const path = require('path')

const store = process.argv[1]
const lease = process.argv[2]
const address = process.argv[3]
const rate = Number(process.argv[4])
const silentMs = 30000
/** How often is looked whether more of a file has arrived. */
const growMs = 20

/** Secret → what it opens, as long as it was not used. */
const grants = new Map()
let free = 0

const server = http.createServer((request, response) => {
  const grant = grantOf(request)
  if (typeof grant === 'string') return refuse(request, response, grant)
  grants.delete(grant.secret)
  send(grant, offsetOf(request), response)
})
server.on('error', (error) => {
  process.stderr.write(`cannot serve at ${address}: ${error.message}\n`)
  end(70)
})
server.listen(0, address, () => {
  say(`listening ${server.address().port}`)
})

/** The grant of a request, or why it has none. */
function grantOf(request) {
  const secret = /^Bearer ([0-9a-f]{64})$/.exec(request.headers.authorization || '')
  const grant = secret === null ? undefined : grants.get(secret[1])
  if (grant === undefined) return 'no grant, or one that was used'
  if (request.method !== 'GET' || request.url !== `/${grant.wire}`) return 'a grant for something else'
  const from = remoteOf(request)
  if (grant.address !== '-' && grant.address.split(',').indexOf(from) < 0) return 'a grant of another host'
  return grant
}

function remoteOf(request) {
  return String(request.socket.remoteAddress).replace(/^::ffff:/, '')
}

function refuse(request, response, why) {
  say(`refused ${remoteOf(request)} ${why}`)
  response.writeHead(403, { Connection: 'close' })
  response.end()
}

function offsetOf(request) {
  const range = /^bytes=(\d{1,15})-$/.exec(request.headers.range || '')
  return range === null ? 0 : Number(range[1])
}

function send(grant, offset, response) {
  openFirst(placesOf(grant.wire), (file) => {
    if (file === null) return response.destroy()
    response.writeHead(206, { 'Content-Type': 'application/octet-stream', Connection: 'close' })
    pass(file, grant, offset, response)
  })
}

/** Verified, or still arriving; it may have become the one while we looked for the other. */
function placesOf(wire) {
  return [fileOf(wire), path.join(store, `.part-${wire}`), fileOf(wire)]
}

function openFirst(names, then) {
  fs.open(names[0], 'r', (error, file) => {
    if (!error) return then(file)
    if (names.length === 1) return then(null)
    openFirst(names.slice(1), then)
  })
}

/** Sends a file to its end, and waits for more of it as long as it grows. */
function pass(file, grant, offset, response) {
  const buffer = Buffer.allocUnsafe(262144)
  let at = offset
  let grown = Date.now()
  let reading = false
  let gone = false
  const leave = () => {
    if (!gone && !reading) fs.close(file, ignore)
    gone = true
  }
  const giveUp = () => {
    response.destroy()
    leave()
  }
  const finish = () => {
    response.end()
    leave()
    say(`served ${grant.secret}`)
  }
  const next = () => {
    if (gone) return
    if (at >= grant.bytes) return finish()
    reading = true
    fs.read(file, buffer, 0, buffer.length, at, got)
  }
  const got = (error, count) => {
    reading = false
    if (gone) return fs.close(file, ignore)
    if (error) return giveUp()
    if (count === 0) return waitForMore()
    at += count
    grown = Date.now()
    response.write(buffer.slice(0, count), () => after(pauseFor(count), next))
  }
  const waitForMore = () => {
    // Nobody has it any more where what had arrived was something else.
    if (fs.fstatSync(file).nlink === 0 || Date.now() - grown > silentMs) return giveUp()
    setTimeout(next, growMs)
  }
  response.on('close', leave)
  response.on('error', leave)
  next()
}

function after(ms, act) {
  if (ms > 0) setTimeout(act, ms)
  else act()
}

function ignore() {}

/** Milliseconds until more may be sent, by all that are served together. */
function pauseFor(bytes) {
  if (rate === 0) return 0
  const now = Date.now()
  free = Math.max(now, free) + (bytes * 1000) / rate
  return free - now
}

function fileOf(wire) {
  return path.join(store, `.seed-${wire}-${lease}`)
}

const commands = new Map([
  [
    'grant',
    (number, secret, wire, bytes, from) => {
      grants.set(secret, { secret: secret, wire: wire, bytes: Number(bytes), address: from })
      say(`granted ${number}`)
    },
  ],
  ['drop', (wire) => remove(fileOf(wire))],
])

function remove(file) {
  try {
    fs.unlinkSync(file)
  } catch (_) {
    // it is gone already
  }
}

let unread = ''
let silence = setTimeout(end, silentMs, 0)
process.stdin.setEncoding('utf8')
process.stdin.on('data', (text) => {
  clearTimeout(silence)
  silence = setTimeout(end, silentMs, 0)
  const lines = (unread + text).split('\n')
  unread = lines.pop()
  lines.forEach((line) => {
    const words = line.split(' ')
    if (/^[0-9a-f]{64}$/.test(words[0] === 'grant' ? words[3] : words[1]))
      if (commands.has(words[0])) commands.get(words[0])(...words.slice(1))
  })
})
process.stdin.on('end', () => {
  end(0)
})
process.stdin.on('error', () => {
  end(0)
})
process.stdout.on('error', () => {
  end(0)
})
;['SIGTERM', 'SIGHUP', 'SIGINT'].forEach((signal) => {
  process.on(signal, () => {
    end(0)
  })
})

function say(line) {
  process.stdout.write(`${line}\n`)
}

/** Leaves nothing that was kept for this. */
function end(code) {
  try {
    fs.readdirSync(store).forEach((name) => {
      if (/^\.seed-[0-9a-f]{64}-/.test(name) && name.slice(71) === lease) remove(path.join(store, name))
    })
  } catch (_) {
    // the store itself is gone
  }
  process.exit(code)
}
