import { closeSync, openSync, writeSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'

// Appends lines that tell when they were written to the logs of many hosts.
//
// usage: log-writer.js spread|burst COUNT   with a path on each line of standard input

const [how = '', count = ''] = process.argv.slice(2)
const files = (await text(process.stdin)).split('\n').map((path) => openSync(path, 'a'))

for (let line = 0; line < Number(count); line += 1) {
  const file = files[line % files.length] ?? 0
  if (how === 'spread') await setTimeout(4 + Math.random() * 4)
  else if (file === files[0]) await setTimeout(500)
  writeSync(file, `CLUSTER: line ${line} ${process.hrtime.bigint()}\n`)
}
for (const file of files) closeSync(file)
