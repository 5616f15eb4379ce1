#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8'
import { main } from './main.js'

// Many hosts make much that is dropped at once. By itself V8 answers with room for more of it: 30 MB, and no faster.
setFlagsFromString('--semi-space-growth-factor=1')

// Who reads our output may have seen enough (`| head`); the work goes on all the same.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

process.exitCode = await main(process.argv.slice(2))
