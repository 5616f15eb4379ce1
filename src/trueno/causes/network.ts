import type { Scene, SceneListener } from '../scene.js'
import { again, type Cause, told } from './cause.js'

/** Whoever asks for such an address gets no port of it, free as they all are. */
const notLocal = /Cannot assign requested address|EADDRNOTAVAIL/

/** Ports, names and addresses. */
export const network: readonly Cause[] = [
  told(
    'port-taken',
    /Failed to bind to \[(\d+)\].*Address already in use|listen EADDRINUSE[^\d]*(?:[\d.]*:)*(\d+)|Could not bind to \S+ and (\d+)|Address already in use.*:(\d+)$/,
    {
      unless: notLocal,
      title: 'A port is taken',
      cause: ([port], scene) => `port ${port} is taken by ${holder(scene, Number(port))}`,
      remedy: ([port], scene) => `${freeing(scene, Number(port))}, ${again}`,
    },
  ),
  // Its REST server, and a worker's page, may be anywhere: nobody looks for them.
  told('spark-moved-port', /Service '(sparkMaster|MasterUI)' could not bind on port (\d+)\. Attempting port (\d+)/, {
    unless: notLocal,
    title: 'Spark moved to another port',
    cause: ([service, port, next], scene) =>
      `port ${port} is taken by ${holder(scene, Number(port))}, so Spark's ${service} went on to ${next}, where nobody looks for it`,
    remedy: ([, port], scene) => `${freeing(scene, Number(port))}, \`trueno-deploy down\` and \`up\` again`,
  }),
  told('spark-moved-port', /Service '(\w+)' failed after (\d+) retries/, {
    unless: notLocal,
    title: 'Spark finds no free port',
    cause: ([service, times]) => `all ${times} ports that Spark's ${service} tried are taken`,
    remedy: () => `see \`ss -ltnp\` on the host for who has them, ${again}`,
  }),
  told('address-not-local', notLocal, {
    title: 'The address is not one of this host',
    cause: (_, { host }) => `${host} means an address that the host itself does not have`,
    remedy: () => 'use an address of the host as its key in cluster.json, or correct /etc/hosts on the host',
  }),
  told('own-name-unknown', /(?:^|^Caused by: |" )java\.net\.UnknownHostException: (\S+?):/, {
    in: /^spark-|^gremlin_server-|\.txt$/,
    title: 'A host name is not found',
    cause: ([name]) => `the host cannot resolve the name ${name}`,
    remedy: ([name]) => `add ${name} to the host's /etc/hosts or its name server, ${again}`,
  }),
  told('own-name-unknown', /getaddrinfo (?:ENOTFOUND|EAI_AGAIN) ([^\s:]+)/, {
    title: 'A host name is not found',
    cause: ([name]) => `the host cannot resolve the name ${name}`,
    remedy: ([name]) => `add ${name} to the host's /etc/hosts or its name server, ${again}`,
  }),
  told('spark-master-not-reached', /All masters are unresponsive! Giving up/, {
    title: 'A Spark worker does not reach its master',
    cause: () => 'the worker has tried for a quarter of an hour to reach its master, and has given up',
    remedy: () => `open port 8005 of the coordinator for this host, ${again}`,
  }),
]

/** What may pass by itself. */
export const networkDelays: readonly Cause[] = [
  told('spark-master-not-reached', /WARN Worker: Failed to connect to master ([^\s:]+):(\d+)/, {
    tells: 'delay',
    title: 'A Spark worker does not reach its master',
    cause: ([master, port]) =>
      `${master}:${port} does not answer it; it tries again every 12 s, from the seventh time on every 73 s`,
    remedy: ([master, port]) => `see that port ${port} of ${master} is open for this host, and that Spark runs there`,
  }),
]

function listenerAt({ condition, host }: Scene, port: number): SceneListener | undefined {
  const all = (condition?.listeners ?? []).filter((listener) => listener.port === port)
  // Of a host that is known by a name nobody here knows the address.
  const isNear = ({ address }: SceneListener): boolean =>
    !/^[\d.]+$/.test(host) || ['*', host, '127.0.0.1', '::1'].includes(address)
  const near = all.filter(isNear)
  return near.find(({ ours }) => !ours) ?? near[0]
}

/** Who has a port. */
function holder(scene: Scene, port: number): string {
  const found = listenerAt(scene, port)
  if (found === undefined) return 'another process'
  const { pid, user, command, ours } = found
  const details = [pid && `process ${pid}`, `user ${user}`, command].filter(Boolean).join(', ')
  return ours ? `a process of our own (${details})` : `another process (${details})`
}

function freeing(scene: Scene, port: number): string {
  const found = listenerAt(scene, port)
  if (found?.ours === true) return '`trueno-deploy down`'
  return found?.pid
    ? `stop that process: kill ${found.pid}`
    : `find it with \`ss -ltnp 'sport = :${port}'\` on the host and stop it`
}
