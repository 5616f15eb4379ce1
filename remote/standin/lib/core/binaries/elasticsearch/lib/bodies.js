'use strict'

const version = '5.3.2'

function root({ cluster: { node }, settings }) {
  return {
    name: node.name,
    cluster_name: settings.clusterName,
    cluster_uuid: node.clusterUuid,
    version: {
      number: version,
      build_hash: 'standin',
      build_date: '2017-04-24T16:11:17.425Z',
      build_snapshot: false,
      lucene_version: '6.4.2',
    },
    tagline: 'You Know, for Search',
  }
}

/** There is one index, of one shard and one replica: one node alone stays yellow for ever. */
function health({ cluster, settings, isRed }) {
  const count = cluster.members().length
  const replicated = count > 1
  const active = isRed() ? 0 : replicated ? 2 : 1
  return {
    cluster_name: settings.clusterName,
    status: ['red', 'yellow', 'green'][active],
    timed_out: false,
    number_of_nodes: count,
    number_of_data_nodes: count,
    active_primary_shards: Math.min(1, active),
    active_shards: active,
    relocating_shards: 0,
    initializing_shards: 0,
    unassigned_shards: 2 - active,
    delayed_unassigned_shards: 0,
    number_of_pending_tasks: 0,
    number_of_in_flight_fetch: 0,
    task_max_waiting_in_queue_millis: 0,
    active_shards_percent_as_number: active * 50,
  }
}

function nodes({ cluster, settings }) {
  const members = cluster.members()
  const table = {}
  for (const member of members) table[member.id] = describe(member, settings)
  return {
    _nodes: { total: members.length, successful: members.length, failed: 0 },
    cluster_name: settings.clusterName,
    nodes: table,
  }
}

/** What others have in their files is not known here; of this node all is told. */
function describe({ name, host, httpAddress, heapBytes, data }, { clusterName, hosts, host: own, values }) {
  return {
    name,
    transport_address: `${host}:9300`,
    host,
    ip: host,
    version,
    build_hash: 'standin',
    roles: ['master', 'data', 'ingest'],
    settings:
      host === own
        ? nested(values)
        : { cluster: { name: clusterName }, path: { data }, discovery: { zen: { ping: { unicast: { hosts } } } } },
    jvm: { version: 'none (stand-in)', mem: { heap_max_in_bytes: heapBytes } },
    http: { bound_address: [httpAddress], publish_address: httpAddress },
  }
}

/** `{ 'a.b': 1 }` as `{ a: { b: 1 } }`. */
function nested(values) {
  const root = {}
  for (const [name, value] of Object.entries(values)) {
    const words = name.split('.')
    const last = words.pop()
    const place = words.reduce((at, word) => Object.assign(at, { [word]: at[word] || {} })[word], root)
    place[last] = value
  }
  return root
}

function catNodes({ cluster }) {
  const master = cluster.master()
  return cluster.members().map((member) => ({
    ip: member.host,
    'heap.percent': '10',
    'ram.percent': '50',
    cpu: '1',
    load_1m: '0.10',
    load_5m: '0.10',
    load_15m: '0.10',
    'node.role': 'mdi',
    master: master && master.id === member.id ? '*' : '-',
    name: member.name,
  }))
}

module.exports = { root, health, nodes, catNodes }
