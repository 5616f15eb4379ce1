import { either, type Section, stops } from './entry.js'

export const health = {
  title: 'Health',
  about:
    'What Trueno, Gremlin, Elasticsearch and Spark answer when they are asked from outside (`status`, end of `up`).',
  entries: {
    'host-release-changed': stops(
      'The release was changed on the host',
      'Files of the release are not as they were when they came; other releases on the host may share them.',
      'Somebody edited, added or removed files below `releases`.',
      'Take the change into the release that you deploy or into the inventory; or remove `releases` and `artifacts` on the host and run `up`.',
    ),
    'not-as-started': either(
      'What runs there is not what was started',
      'Processes are missing, or are of an earlier start.',
      'Something was killed or started by hand.',
      'Run `trueno-deploy up`: it stops what is left, and starts it anew.',
    ),
    'trueno-not-answering': stops(
      'Trueno does not answer',
      'Port 8000 of the host gives no answer: drivers cannot use it.',
      'Core has ended, or has not passed the barrier.',
      'Look into run/pm2/logs/Trueno-Core-*.log in our directory there.',
    ),
    'gremlin-not-answering': stops(
      'Gremlin does not answer',
      'Port 8002 of the host gives no answer.',
      'The Gremlin server has ended, or its port is taken.',
      'Look into logs/gremlin_server-*.log in the data directory there.',
    ),
    'elasticsearch-not-answering': stops(
      'Elasticsearch does not answer',
      'Port 8004 of an index host gives no answer.',
      'It is still starting, has no master, or has ended.',
      'Look into logs/elasticsearch-*.log in the data directory there.',
    ),
    'elasticsearch-split': stops(
      'Elasticsearch has fallen apart',
      'The index hosts form several clusters, each with data of its own.',
      'Port 9300 is closed between them.',
      'Make sure that they reach each other on port 9300, then `trueno-deploy down` and `up`.',
    ),
    'elasticsearch-nodes-missing': stops(
      'Elasticsearch is not complete',
      'Index hosts see fewer nodes than `cluster.json` has index hosts.',
      'A node is still starting, or cannot be reached on port 9300.',
      'The log of each says whom it looks for.',
    ),
    'elasticsearch-nodes-foreign': stops(
      'Elasticsearch has foreign nodes',
      'Nodes have joined that are not in `cluster.json`.',
      'They are left of an earlier cluster.',
      'Stop Elasticsearch on the hosts that are named.',
    ),
    'elasticsearch-red': stops(
      'Elasticsearch lacks data',
      'Part of its data is on no host that runs.',
      'Right after a start it passes by itself; else an index host or its data directory is missing.',
      'Bring the missing host back.',
    ),
    'spark-not-answering': stops(
      'Spark does not answer',
      "The web page of Spark's master (8006 of the coordinator) gives no answer.",
      'The master has ended, or is still starting.',
      'Look into logs/spark-*.log in the data directory of the coordinator.',
    ),
    'spark-not-alive': stops(
      "Spark's master is not ready",
      'It says of itself that it is not alive.',
      'It is recovering.',
      'Look into logs/spark-*.log in the data directory of the coordinator.',
    ),
    'spark-workers-missing': stops(
      'Spark lacks workers',
      'The master has fewer live workers than `cluster.json` has compute hosts.',
      'A worker that was late tries again after 73 s at most; else it cannot reach port 8005 of the coordinator.',
      'Look into logs/spark-*.log of those that are missing.',
    ),
    'spark-workers-foreign': stops(
      'Spark has foreign workers',
      'Workers have registered that are not in `cluster.json`.',
      'They are left of an earlier cluster.',
      'Stop the workers on the hosts that are listed.',
    ),
  },
} satisfies Section
