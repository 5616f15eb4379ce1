import { bareLine, readySignal } from '../lines.js'
import type { Scene } from '../scene.js'
import { again, type Cause, type Clue, clue, seen, told } from './cause.js'

const downAndUp = '`trueno-deploy down` and `up` again'

/** Trueno itself, and pm2 that runs it. */
export const trueno: readonly Cause[] = [
  seen('barrier-overshot', foreignSignals, {
    title: 'A foreign host has signalled at the barrier',
    cause: ([host]) =>
      `Host '${host}' is not in cluster.json, and the coordinator counts it all the same: hosts of the cluster will wait for ever`,
    remedy: ([host]) => `stop Trueno on ${host} (it is of an earlier cluster), then ${downAndUp}`,
  }),
  told('cluster-file-invalid', /Error! Cluster host file not valid:? ?(.*)/, {
    title: 'Trueno rejects cluster.json',
    cause: ([reason]) => reason ?? 'Trueno says that the cluster file is not valid',
    remedy: () => `correct cluster.json, ${again}`,
  }),
  told('host-not-in-cluster-file', /must match its entry in the cluster host file/, {
    title: 'Trueno rejects its own host name',
    cause: () => "the host's key is not in the cluster.json that lies on it",
    remedy: () => 'run `trueno-deploy up` again; it puts the right file there',
  }),
  told('launcher-missing', /([A-Z][\w ]*) not present, please run 'trueno setup'/, {
    title: 'The release is incomplete',
    cause: ([name]) => `Trueno does not find its component ${name}`,
    remedy: () =>
      'the release on the host was changed: remove it below releases/ there, and run `trueno-deploy up` again',
  }),
  told('module-missing', /Cannot find module '([^'./][^']*)'/, {
    title: 'A Node module is missing',
    cause: ([name]) => `Trueno loads ${name}, which is not in its node_modules`,
    remedy: () => 'install the dependencies of the release with npm, in its own flat layout; then `trueno-deploy up`',
  }),
  told('log-not-writable', /Trace: \{ Error: (E[A-Z]+): [^,]*, open '([^']+)'/, {
    title: 'A component was not started',
    cause: ([error, path]) => `pm2 could not open its log ${path} (${error})`,
    remedy: () => `see that the run user can write there, ${downAndUp}`,
  }),
  told('package-not-writable', /EACCES: permission denied, (?:open|mkdir|unlink) '([^']*\/(?:conf|lib)\/[^']*)'/, {
    title: 'Trueno cannot write into its own package',
    cause: ([path]) => `the run user may not write ${path}, which Trueno does at every start`,
    remedy: () => `give our directory on the host to the run user, ${again}`,
  }),
  told('cerebro-pid-left', /This application is already running \(Or delete (\S+?) file\)/, {
    title: 'Cerebro did not start',
    cause: ([path]) => `${path} of an earlier Cerebro keeps it from starting`,
    remedy: () => `${downAndUp}: Trueno removes the file when it starts`,
  }),
  told('work-not-writable', /Failed to create work directory (\S+)/, {
    title: 'Spark Worker did not start',
    cause: ([path]) => `${path} cannot be made by the run user`,
    remedy: () => `give the directory above it to the run user, ${again}`,
  }),
  told('user-unknown', /LoginException: java\.lang\.NullPointerException: invalid null input: name/, {
    title: 'Spark did not start',
    cause: () => 'the run user has no name on the host: its number is not in the user database',
    remedy: () => `see that \`getent passwd $(id -u)\` tells it on the host, ${again}`,
  }),
  told('master-refused', /uncaughtException: connect (?:ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH) (\S+)/, {
    title: 'The coordinator does not answer',
    cause: ([where]) => `this host got no connection to ${where}`,
    remedy: () => 'see what the coordinator says: `trueno-deploy status`',
  }),
  told('stopped-meanwhile', /PM2 successfully stopped|pm2 has been killed by signal/, {
    title: 'Trueno was stopped while it started',
    cause: () => "pm2, which runs it on the host, was told to stop; somebody's `trueno stop` does that",
    remedy: () => `find out who stops it there, ${again}`,
  }),
  told('pm2-daemon-died', /PM2 global error caught|Resurrecting PM2/, {
    title: "pm2's daemon has died",
    cause: (_, scene) => daemonDied(scene),
    remedy: () => `put Node 8 or 12 into the release; ${downAndUp} ends the orphans`,
  }),
  // It may have died of something else that is known.
  seen('pm2-daemon-died', orphans, {
    tells: 'heading',
    title: "pm2's daemon has died",
    cause: (_, scene) => daemonDied(scene),
    remedy: () => `put Node 8 or 12 into the release; ${downAndUp} ends the orphans`,
  }),
  told('core-crashed', /uncaughtException: (.+)/, {
    tells: 'heading',
    title: 'Trueno itself has crashed',
    cause: ([what]) => `an exception that it did not expect ended it: ${what}`,
    remedy: () => `see run/pm2/logs/Trueno-Core-error-0.log in our directory on the host; ${again}`,
  }),
]

/** One that comes when as many as are needed have come, is harmless. */
function foreignSignals({ lines, awaits = [] }: Scene): readonly Clue[] {
  if (awaits.length === 0) return []
  const signals = lines.flatMap(({ file, text }) => {
    const bare = bareLine(text)
    const signal = readySignal(bare)
    return signal === undefined ? [] : [{ ...signal, evidence: `${file}\n${bare}` }]
  })
  const passed = signals.findIndex(({ count, of }) => count === of)
  return signals
    .slice(0, passed < 0 ? signals.length : passed + 1)
    .filter(({ host }) => !awaits.includes(host))
    .map(({ host, evidence }) => clue(evidence, [host]))
}

/** Something that pm2 has started runs, and pm2 does not. */
function orphans({ condition }: Scene): readonly Clue[] {
  const processes = condition?.processes ?? []
  const left = processes.filter(({ name }) => name !== '')
  if (left.length === 0 || processes.some(({ command }) => command.includes('God Daemon'))) return []
  return [clue(`running without it: ${left.map(({ name, pid }) => `${name} (${pid})`).join(', ')}`)]
}

function daemonDied({ condition }: Scene): string {
  const node = condition?.node ? `; the host runs it with Node ${condition.node.replace(/^v/, '')}` : ''
  return `what it ran has become orphans that nobody restarts or stops${node}, and 8 and 12 are those that work`
}
