'use strict'

const { URL } = require('url')
const { answer } = require('../../../../standin/net')
const { health, catNodes, nodes, root } = require('./bodies')

const json = 'application/json; charset=UTF-8'
const pollMs = 25
/** How long a request waits for a master when it does not say. */
const patienceMs = 30000

/** Handler of requests on the HTTP port. No answer carries a product header, as none of 5.x does. */
function createAnswers(cluster, settings, knobs) {
  const since = Date.now()
  const context = { cluster, settings, isRed: () => Date.now() - since < knobs.redMs }
  return (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://any')
    const route = routes.find(({ path }) => path.test(pathname))
    if (route) return route.run(context, response, searchParams)
    answer(
      response,
      400,
      json,
      JSON.stringify(`No handler found for uri [${request.url}] and method [${request.method}]`),
    )
  }
}

const routes = [
  { path: /^\/$/, run: (context, response) => ok(response, root(context)) },
  { path: /^\/_cluster\/health$/, run: answerHealth },
  { path: /^\/_nodes(\/|$)/, run: (context, response) => ok(response, nodes(context)) },
  { path: /^\/_cat\/nodes$/, run: answerCatNodes },
]

function answerCatNodes(context, response, query) {
  const rows = catNodes(context)
  if (query.get('format') === 'json') return ok(response, rows)
  answer(response, 200, 'text/plain; charset=UTF-8', rows.map((row) => `${Object.values(row).join(' ')}\n`).join(''))
}

/** Without a master there is no answer for half a minute; a condition not reached in its time is 408. */
async function answerHealth(context, response, query) {
  const master = await until(() => context.cluster.master(), patienceMs, response)
  if (response.finished || response.destroyed) return
  if (!master)
    return answer(
      response,
      503,
      json,
      JSON.stringify({ error: { type: 'master_not_discovered_exception' }, status: 503 }),
    )
  const isReached = () => meets(health(context), query)
  const reached = await until(isReached, milliseconds(query.get('timeout')), response)
  const body = Object.assign(health(context), { timed_out: !reached })
  answer(response, reached ? 200 : 408, json, JSON.stringify(body))
}

/** The first truthy value of `probe`, or false when the time is over or the client is gone. */
async function until(probe, limitMs, response) {
  const end = Date.now() + limitMs
  let gone = false
  response.once('close', () => {
    gone = true
  })
  for (;;) {
    const value = probe()
    if (value || gone || Date.now() >= end) return value
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

const order = ['red', 'yellow', 'green']

function meets({ status, number_of_nodes: count }, query) {
  const wanted = query.get('wait_for_status')
  if (wanted && order.indexOf(status) < order.indexOf(wanted)) return false
  return !query.has('wait_for_nodes') || holds(count, query.get('wait_for_nodes'))
}

/** `3`, `>=2`, `<4`, `ge(2)`. */
function holds(count, condition) {
  const [, sign, number] = /^(\D*?)\(?(\d+)\)?$/.exec(condition) || []
  return sign in comparisons && comparisons[sign](count, Number(number))
}

const comparisons = {
  '': (left, right) => left === right,
  '>=': (left, right) => left >= right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '<': (left, right) => left < right,
  ge: (left, right) => left >= right,
  le: (left, right) => left <= right,
  gt: (left, right) => left > right,
  lt: (left, right) => left < right,
}

const units = { ms: 1, s: 1000, m: 60000 }

/** `500ms`, `1s`, `2m`; 30 s when it is not said. */
function milliseconds(text) {
  const [, number, unit] = /^(\d+)(ms|s|m)$/.exec(text || '30s') || []
  return Number(number) * units[unit]
}

function ok(response, body) {
  answer(response, 200, json, JSON.stringify(body))
}

module.exports = { createAnswers }
