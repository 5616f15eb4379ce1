'use strict'

const colour = (code, text) => `\u001b[${code}m${text}\u001b[39m`

/** Lines that show a value below a log line, in the colours and the indentation of Trueno's logger. */
function pretty(value, indent = '') {
  if (Array.isArray(value)) return [].concat(...value.map((item) => entry(colour(32, '- '), item, indent)))
  const names = Object.keys(value)
  const width = Math.max(...names.map((name) => name.length))
  return [].concat(
    ...names.map((name) => entry(colour(32, `${name}: `), value[name], indent, ' '.repeat(width - name.length))),
  )
}

function entry(label, value, indent, gap = '') {
  if (typeof value === 'object' && value !== null) return [indent + label].concat(pretty(value, `${indent}  `))
  if (!String(value).includes('\n')) return [indent + label + gap + simple(value)]
  const lines = value.split('\n').map((line) => `${indent}    ${line}`)
  return [indent + label, `${indent}  """`].concat(lines, `${indent}  """`)
}

function simple(value) {
  if (typeof value === 'number') return colour(34, value)
  if (value === null) return colour(90, value)
  if (typeof value === 'boolean') return colour(value ? 32 : 31, value)
  return value
}

module.exports = { pretty }
