import { type ConfigFile, keysAt, type Path } from './document.js'
import { atKey, type Finding, findingAt } from './finding.js'

/** Variables that are set by us, or by keys of their own, are not set a second time in `environment`. */
export function environmentRule(inventory: ConfigFile): readonly Finding[] {
  const scopes = [['defaults'], ...keysAt(inventory, ['hosts']).map((key) => ['hosts', key])]
  return scopes.flatMap((scope) => scopeFindings(inventory, [...scope, 'environment']))
}

function scopeFindings(inventory: ConfigFile, scope: Path): readonly Finding[] {
  return keysAt(inventory, scope).flatMap((name) => {
    const taken = takenNames.find(({ names }) => names.test(name))
    if (taken === undefined) return []
    const cause = `${name} is set by trueno-deploy${taken.why}`
    const texts = {
      code: 'inventory-environment-taken',
      title: 'Variable that is ours',
      cause,
      remedy: taken.remedy,
    } as const
    return [findingAt(inventory, [atKey(...scope, name)], texts)]
  })
}

const takeOut = 'Take it out.'

const takenNames: readonly { readonly names: RegExp; readonly why: string; readonly remedy: string }[] = [
  { names: /^PM2_HOME$/, why: ': it keeps other pm2 applications of the user apart', remedy: takeOut },
  { names: /^PM2_KILL_TIMEOUT$/, why: ': it gives the engines time to stop', remedy: takeOut },
  { names: /^TRUENO_DEPLOY_/, why: ': it tells our processes from others', remedy: takeOut },
  { names: /^PATH$/, why: ": the release's Node comes first in it", remedy: takeOut },
  { names: /^HOME$/, why: ', as the home of the user that runs Trueno', remedy: takeOut },
  { names: /^BASH_ENV$/, why: ': it puts the settings of the engines in place', remedy: takeOut },
  { names: /^SPARK_CONF_DIR$/, why: '', remedy: 'Use the keys spark/defaults and spark/log4j.' },
  { names: /^JAVA_HOME$/, why: '', remedy: 'Use the key java/home.' },
  { names: /^ES_JAVA_OPTS$/, why: '', remedy: 'Use the keys java/heap/elasticsearch and java/options/elasticsearch.' },
  { names: /^JAVA_OPTIONS$/, why: '', remedy: 'Use the keys java/heap/gremlin and java/options/gremlin.' },
  { names: /^SPARK_DAEMON_MEMORY$/, why: '', remedy: 'Use the key spark/daemonHeap.' },
  { names: /^SPARK_WORKER_MEMORY$/, why: '', remedy: 'Use the key spark/workerMemory.' },
  { names: /^SPARK_WORKER_CORES$/, why: '', remedy: 'Use the key spark/workerCores.' },
  { names: /^SPARK_LOCAL_IP$/, why: '', remedy: 'Use the key spark/localIp.' },
]
