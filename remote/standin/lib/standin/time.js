'use strict'

const fs = require('fs')

const pad = (number) => String(number).padStart(2, '0')

function wait(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function fileToCome(file) {
  while (!fs.existsSync(file)) await wait(20)
}

/** `2026-11-23 04:27:11 am`: Trueno's clock has twelve hours. */
function truenoTime(date) {
  const hours = date.getHours()
  return `${day(date)} ${pad(hours % 12 || 12)}:${pad(date.getMinutes())}:${pad(date.getSeconds())} ${hours < 12 ? 'am' : 'pm'}`
}

/** `2026-11-23 16:27:11`, as pm2 begins its lines. */
function pm2Time(date) {
  return `${day(date)} ${clock(date)}`
}

/** `2026-11-23T16:27:11,123`, as Elasticsearch does. */
function elasticTime(date) {
  return `${day(date)}T${clock(date)},${String(date.getMilliseconds()).padStart(3, '0')}`
}

/** `26/11/23 16:27:11`, as Spark does. */
function sparkTime(date) {
  return `${day(date).slice(2).replace(/-/g, '/')} ${clock(date)}`
}

function day(date) {
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`
}

function clock(date) {
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`
}

module.exports = { wait, fileToCome, truenoTime, pm2Time, elasticTime, sparkTime }
