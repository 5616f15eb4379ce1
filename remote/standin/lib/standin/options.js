'use strict'

const { version } = require('../../package.json')

/**
 * Reads a command line as Trueno's commands do.
 * @param table option → { name, value: whether it takes one, help }
 * @returns values by name; ends the process itself for --help, --version (0) and unknown options (1)
 */
function readOptions(usage, table, argv) {
  const values = {}
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index]
    if (word === '--help') leave(0, process.stdout, helpText(usage, table))
    if (word === '--version' || word === '-V') leave(0, process.stdout, `${version}\n`)
    const option = table[word]
    if (option === undefined && word.startsWith('-')) unknownOption(word)
    if (option === undefined) continue
    values[option.name] = option.value ? argumentOf(word, argv[++index]) : true
  }
  return values
}

function argumentOf(word, value) {
  if (value === undefined) leave(1, process.stderr, `\n  error: option \`${word}' argument missing\n\n`)
  return value
}

function unknownOption(word) {
  leave(1, process.stderr, `\n  error: unknown option \`${word}'\n\n`)
}

function helpText(usage, table) {
  const lines = Object.keys(table).map(
    (word) => `    ${word}${table[word].value ? ' <value>' : ''}  ${table[word].help}`,
  )
  return `\n  Usage: ${usage}\n\n  Options:\n\n${lines.join('\n')}\n\n`
}

function leave(code, stream, text) {
  stream.write(text)
  process.exit(code)
}

module.exports = { readOptions }
