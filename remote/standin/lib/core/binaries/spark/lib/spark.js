'use strict'

const { answer, listen } = require('../../../../standin/net')
const { sparkTime } = require('../../../../standin/time')

/** How many further ports Spark tries, silently but for a warning. */
const retries = 16

function line(level, source, text) {
  return `${sparkTime(new Date())} ${level} ${source}: ${text}`
}

/** Spark logs to stderr. */
function log(level, source, text) {
  process.stderr.write(`${line(level, source, text)}\n`)
}

/** Listens on the first free port from `port` on; resolves with it. `service` is how Spark's warning names it. */
async function bindUp(server, port, address, service, left = retries) {
  try {
    await listen(server, port, address)
    return port
  } catch (error) {
    if (error.code !== 'EADDRINUSE' || left === 0) throw error
    warnMoved(service, port)
    return bindUp(server, port + 1, address, service, left - 1)
  }
}

function warnMoved(service, port) {
  const name = service === '' ? 'Service' : `Service '${service}'`
  log('WARN', 'Utils', `${name} could not bind on port ${port}. Attempting port ${port + 1}.`)
}

/** Spark's web pages: `/json` redirects to `/json/`, which has a type of its own. */
function page(title, state) {
  return (request, response) => {
    const path = request.url.split('?')[0]
    if (path === '/json/') return answer(response, 200, 'text/json', `${JSON.stringify(state())}\n`)
    if (path !== '/json')
      return answer(response, 200, 'text/html;charset=utf-8', `<title>${title} (stand-in)</title>\n`)
    answer(response, 302, 'text/html', '', { Location: `http://${request.headers.host}/json/` })
  }
}

/** `--name value` or `-n value` among the arguments of a class. */
function option(argv, name) {
  const index = argv.indexOf(name)
  return index < 0 ? undefined : argv[index + 1]
}

module.exports = { line, log, bindUp, warnMoved, page, option }
