#!/usr/bin/env node
'use strict'

const { version } = require('../package.json')

const commands = {
  start: './trueno-start',
  stop: './trueno-stop',
  balancer: './trueno-balancer',
  tools: './trueno-tools',
  setup: './trueno-setup',
}

const usage = `
  Usage: trueno <cmd>   (stand-in for Trueno: there is no database in it)

  Commands:

    start    [options]  Launch Trueno
    stop     [options]  Stop Trueno
    setup    [options]  Setup Trueno (nothing to do in the stand-in)
    balancer [options]  Start Trueno load balancer
    tools    [options]  Run one of the Trueno tools

`

function main([command, ...argv]) {
  if (command === '--version' || command === '-V') return process.stdout.write(`${version}\n`)
  if (command in commands) return require(commands[command]).main(argv)
  process.stdout.write(usage)
}

main(process.argv.slice(2))
