'use strict'

const fs = require('fs')
const net = require('net')

const roleNames = ['compute', 'index', 'backend', 'master']
/** Strings that Trueno takes for a boolean, and then uses as they are: `"false"` means on. */
const booleanWords = ['true', 'false', 'yes', 'no', 'on', 'off']
const hostname = /^([a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])(\.([a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9]))*$/i

/** The hosts of a cluster file, key → roles. Throws with Trueno's reason when it does not like the file. */
function readCluster(file) {
  const hosts = JSON.parse(fs.readFileSync(file, 'utf8'))
  const keys = Object.keys(hosts)
  for (const [index, key] of keys.entries()) checkRoles(hosts[key], index)
  if (keys.filter((key) => hosts[key].master).length !== 1) refuse('Exactly one master is required to run the cluster')
  for (const [index, key] of keys.entries()) checkKey(key, index)
  if (keys.length < 2) refuse('"value" must contain at least 2 items')
  return hosts
}

function checkRoles(roles, index) {
  const at = (reason) => refuse(`"value" at position ${index} fails because [${reason}]`)
  if (typeof roles !== 'object' || roles === null || Array.isArray(roles)) at(`"${index}" must be an object`)
  for (const name of Object.keys(roles)) {
    if (!roleNames.includes(name)) at(`"${name}" is not allowed`)
    if (!isBoolean(roles[name])) at(`child "${name}" fails because ["${name}" must be a boolean]`)
  }
}

function checkKey(key, index) {
  if (hostname.test(key) || net.isIP(key.replace(/\/\d+$/, ''))) return
  const ip = 'must be a valid ip address of one of the following versions [ipv4, ipv6] with a required CIDR'
  refuse(`"value" at position ${index} fails because ["${index}" ${ip}, "${index}" must be a valid hostname]`)
}

function isBoolean(value) {
  return typeof value === 'boolean' || booleanWords.includes(value)
}

function refuse(reason) {
  throw new Error(reason)
}

module.exports = { readCluster }
