'use strict'

/** Stand-in for forever's monitor: starts the balancer again when it ends, up to 300 times. */
const fs = require('fs')
const path = require('path')
const { spawn } = require('child_process')
const { removeFile } = require('../standin/files')
const { loadKnobs } = require('../standin/knobs')

const attempts = 300
const [config, state] = process.argv.slice(2)
const { retryMs } = loadKnobs(path.dirname(path.resolve(config))).balancer

let child

function run(attempt) {
  child = spawn('node', [path.join(__dirname, 'index.js'), '--config', config], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  fs.writeFileSync(state, JSON.stringify({ pid: child.pid, monitor: process.pid }))
  child.once('exit', (code) => {
    process.stdout.write(`error: Forever detected script exited with code: ${code}\n`)
    if (attempt === attempts) return leave()
    process.stdout.write(`error: Script restart attempt #${attempt + 1}\n`)
    setTimeout(run, retryMs, attempt + 1)
  })
}

function leave() {
  child.kill('SIGTERM')
  removeFile(state)
  process.exit(0)
}

for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, leave)
run(0)
