'use strict'

/** Stand-in for Cerebro: a page on 8008, and the RUNNING_PID file that keeps one from starting again after kill -9. */
const fs = require('fs')
const http = require('http')
const { onStop, portOf, runEngine } = require('../../../../standin/engine')
const { removeFile } = require('../../../../standin/files')
const { answer, listen } = require('../../../../standin/net')

const pidFile = 'RUNNING_PID'

function main(argv) {
  const property = (name) => argv.find((word) => word.startsWith(`-D${name}=`)).split('=')[1]
  return runEngine('cerebro', async ({ own }) => {
    claimPidFile()
    onStop(own)
    const port = portOf(own, Number(property('http.port')))
    const address = property('http.address')
    await listen(http.createServer(onRequest), port, address)
    return { line: `[info] play.core.server.NettyServer - Listening for HTTP on /${address}:${port}` }
  })
}

function claimPidFile() {
  try {
    fs.writeFileSync(pidFile, String(process.pid), { flag: 'wx' })
    process.once('exit', () => removeFile(pidFile))
  } catch (_error) {
    process.stdout.write(`This application is already running (Or delete ${process.cwd()}/${pidFile} file).\n`)
    process.exit(255)
  }
}

function onRequest(_request, response) {
  answer(response, 200, 'text/html; charset=UTF-8', '<!doctype html><title>Cerebro (stand-in)</title>\n')
}

main(process.argv.slice(2))
