import type { Balancer, HostSettings, Timeouts } from '../cluster/cluster.js'
import { parseDuration } from './duration.js'
import type { Inventory, Settings, TimeoutTexts } from './inventory.js'

/** Everything that is built in, as an inventory would say it. What is absent is left to SSH, to the host or to the engine. */
export const defaults = {
  defaults: {
    home: '~/trueno',
    java: { options: { elasticsearch: [], gremlin: [] } },
    spark: { daemonHeap: '1g' },
    environment: {},
  },
  balancer: { sourcePort: 9000 },
  keepReleases: 3,
  timeouts: { connect: '10s', status: '3s', start: '5m', stop: '60s', step: '30m' },
} as const

/** Where data lies when nothing else is said. */
export function dataBelow(home: string): string {
  return `${home}/data`
}

/** The settings of a host with nothing left open but what is meant to be absent. */
export function completeSettings(settings: Settings): HostSettings {
  const builtIn = defaults.defaults
  const home = settings.home ?? builtIn.home
  return {
    home,
    data: settings.data ?? dataBelow(home),
    java: {
      ...present({ home: settings.java?.home }),
      heap: { ...settings.java?.heap },
      options: { ...builtIn.java.options, ...settings.java?.options },
    },
    spark: {
      ...builtIn.spark,
      ...settings.spark,
      defaults: { ...settings.spark?.defaults },
      log4j: { ...settings.spark?.log4j },
    },
    elasticsearch: { settings: { ...settings.elasticsearch?.settings } },
    gremlin: { log4j: { ...settings.gremlin?.log4j } },
    environment: { ...builtIn.environment, ...settings.environment },
  }
}

export function completeTimeouts(texts: TimeoutTexts): Timeouts {
  const complete = { ...defaults.timeouts, ...texts }
  return {
    connect: milliseconds(complete.connect),
    status: milliseconds(complete.status),
    start: milliseconds(complete.start),
    stop: milliseconds(complete.stop),
    step: milliseconds(complete.step),
  }
}

export function completeBalancer(balancer: NonNullable<Inventory['balancer']>): Balancer {
  return { ...defaults.balancer, ...balancer }
}

/** The same without what is undefined. */
export function present<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as ReturnType<
    typeof present<T>
  >
}

function milliseconds(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new Error(`${text} is no duration, and no check has found that`)
  return ms
}
