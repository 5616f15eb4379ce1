import { either, type Section, stops } from './entry.js'

/** Trueno itself, pm2 that runs it, and what hosts wait for. */
export const trueno = {
  'cluster-file-invalid': stops(
    'Trueno rejects cluster.json',
    'Trueno says so in its log only, ends with success, and is started again for ever.',
    'An edit on the host.',
    'Correct cluster.json, then run `trueno-deploy up` again.',
  ),
  'host-not-in-cluster-file': stops(
    'Trueno rejects its own host name',
    'The key that it was started with is not in the cluster.json that lies on the host.',
    'An edit on the host.',
    'Run `trueno-deploy up` again: it puts the right file there.',
  ),
  'launcher-missing': stops(
    'A component is missing',
    'Trueno insists on the launchers of all components on every host, whatever its roles.',
    'The release on the host was changed.',
    'Remove it below releases/ there, and run `trueno-deploy up` again.',
  ),
  'module-missing': stops(
    'A Node module is missing',
    'Trueno loads a package that is not in its node_modules.',
    'node_modules in another layout than that of npm; Trueno loads moment without declaring it.',
    'Install the dependencies with npm in the release.',
  ),
  'package-not-writable': stops(
    'Trueno cannot write into its own package',
    'At every start Trueno writes files inside of its package.',
    'The release belongs to another user, from an earlier run as root.',
    'Give our directory on the host to the run user.',
  ),
  'log-not-writable': stops(
    'A log cannot be opened',
    'pm2 could not open the log of a component, and then never starts it.',
    'data/logs belongs to another user.',
    'Give it to the run user, then `trueno-deploy down` and `up` again.',
  ),
  'cerebro-pid-left': stops(
    'Cerebro thinks that it runs already',
    'The file RUNNING_PID of an earlier Cerebro keeps it from starting.',
    'It was killed.',
    '`trueno-deploy down` and `up` again: Trueno removes the file at its start.',
  ),
  'master-refused': stops(
    'The coordinator does not answer',
    'A host got no connection to the coordinator and its core ended.',
    'The coordinator is not up, or a firewall is between the two.',
    'See what the coordinator says: `trueno-deploy status`.',
  ),
  'coordinator-not-reached': stops(
    'The coordinator is not reached',
    'The components of the host are up, and it cannot send its signal to port 8001 of the coordinator.',
    'A firewall between the two, or a name that means another machine there.',
    'Open port 8001 (and 8002, 8005) of the coordinator for this host.',
  ),
  'spark-master-not-reached': either(
    'A Spark worker does not reach its master',
    'It tries again every 12 s, from the seventh time on every 73 s, and gives up after a quarter of an hour.',
    'A firewall, or a master that has moved to another port.',
    'Open port 8005 of the coordinator for this host.',
  ),
  'barrier-overshot': stops(
    'A foreign host has signalled at the barrier',
    'The coordinator counts every host that signals, also one that is not in `cluster.json`. Its count is wrong then, and hosts of the cluster wait for ever.',
    'A worker of an earlier cluster that still runs somewhere.',
    'Stop Trueno on the host that is named, then `trueno-deploy down` and `up` again.',
  ),
  'signals-missing': either(
    'Hosts have not signalled yet',
    'The coordinator waits for the ready signal of every host of `cluster.json`.',
    'What is told of those hosts.',
    'Look at what the named hosts wait for.',
  ),
  'component-not-ready': either(
    'A component is not ready',
    'Trueno waits for it, for ever if need be, and then tells the coordinator.',
    'A slow machine, or an engine that waits for something itself.',
    'Its log, of which the last line is shown, says what it does.',
  ),
  'ready-line-lost': either(
    'Trueno missed that a component is ready',
    'The component serves, but Trueno did not see the line that says so, and waits for ever.',
    'The line was printed in the moment when Trueno began to read the log.',
    'Stop and start that host; `up` does so once by itself.',
  ),
  'pm2-daemon-died': stops(
    "pm2's daemon has died",
    'What it ran goes on as orphans that nobody restarts or stops, and Trueno learns nothing of them any more.',
    'A component that ends again and again, on Node 10 or from 14 on.',
    'Put Node 8 or 12 into the release; `trueno-deploy down` ends the orphans.',
  ),
  'pm2-too-new': stops(
    'This pm2 hides from Trueno that Spark has started',
    'pm2 2.9 and later print the errors of a process, where Spark says that it is ready, to another stream than the one that Trueno reads.',
    'npm resolved a newer pm2 than Trueno was made for.',
    'Pin pm2 to 2.8.0 or older in the release.',
  ),
  'core-crashed': stops(
    'Trueno itself has crashed',
    'An exception that it did not expect ended it.',
    'The line below `uncaughtException` says what.',
    'Look into run/pm2/logs/Trueno-Core-error-0.log in our directory on the host.',
  ),
  'given-up': stops(
    'pm2 has given a process up',
    'It ended 15 times at once and is not started any more; Trueno waits for ever.',
    'What its own log says.',
    'Look into its log in data/logs on the host.',
  ),
  'stopped-meanwhile': stops(
    'Trueno was stopped while it started',
    'pm2, which runs it on the host, was told to stop.',
    "Somebody's `trueno stop`, or a shutdown.",
    'Find out who stops it there, then run `trueno-deploy up` again.',
  ),
  'keeps-restarting': stops(
    'A component ends again and again',
    'It is started again each time, and no known cause was found.',
    'The lines that are shown say most.',
    'Look into its log in data/logs on the host.',
  ),
  died: stops(
    'Nothing runs any more',
    'All processes of Trueno on the host are gone, and their logs do not say why.',
    'The host was started anew, or the kernel killed them.',
    'Look into `dmesg` there, then run `trueno-deploy up` again.',
  ),
  'start-failed': stops(
    'It did not start',
    'No known cause was recognised.',
    'The lines that are shown are those that matter most.',
    'The whole logs are on the host, below data/logs and run/pm2.',
  ),
  'not-ready-in-time': stops(
    'Not ready in time',
    'The line that Trueno prints when it is ready did not come within the limit.',
    'A slow machine, or something that waits for something else.',
    'Give it longer with `--timeout-start`, or look at what is told of it.',
  ),
} satisfies Section['entries']
