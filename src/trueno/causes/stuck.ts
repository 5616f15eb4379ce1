import { type Component, components } from '../components.js'
import { bareLine, readyComponent, readySignal } from '../lines.js'
import { nameOf, ownerOf, type Scene, type SceneLine } from '../scene.js'
import { again, type Cause, type Clue, clue, seen } from './cause.js'

/** What a host waits for when nothing has failed. Pm2's own trap comes before the line that was lost. */
export const stuck: readonly Cause[] = [
  seen('pm2-too-new', hiddenSpark, {
    title: 'Trueno is not told that Spark has started',
    cause: ([title, pm2]) => `pm2 ${pm2} hides from Trueno that ${title} is ready, so that it waits for ever`,
    remedy: () => 'pin pm2 to 2.8.0 or older in the release, then `trueno-deploy up`',
  }),
  seen('ready-line-lost', lostLines, {
    tells: 'delay',
    title: 'Trueno missed that a component is ready',
    cause: ([title, port]) =>
      `${title} has said that it is ready and listens on port ${port}, but Trueno has not seen it and waits`,
    remedy: () => 'stop and start that host: `trueno-deploy down --hosts HOST`, then `trueno-deploy up`',
  }),
  seen('component-not-ready', notReady, {
    tells: 'delay',
    title: 'A component is not ready',
    cause: ([title, since]) => `${title} was started${since} and has not said that it is ready`,
    remedy: ([, , logs]) =>
      `see its log on the host: data/logs/${logs}-*.log; is it only slow, give it longer with --timeout-start`,
  }),
  seen('coordinator-not-reached', notReached, {
    tells: 'delay',
    title: 'The coordinator is not reached',
    cause: ([master]) => `its components are ready, and it gets no connection to ${master}:8001 to say so`,
    remedy: ([master]) => `open ports 8001, 8002 and 8005 of ${master} for this host, ${again}`,
  }),
  seen('signals-missing', missingSignals, {
    tells: 'delay',
    title: 'Hosts have not signalled yet',
    cause: ([count, hosts]) => `the coordinator waits for the ready signal of ${count}: ${hosts}`,
    remedy: () => 'see what is told of those hosts',
  }),
]

/** A component that Trueno waits for. */
export interface Awaited {
  readonly component: Component
  /** It has said so itself, and its port is open: only Trueno does not know. */
  readonly serves: boolean
}

/** Components that core has begun to start and has not called started. */
export function awaitedIn(scene: Scene): readonly Awaited[] {
  const { expected = [] } = scene
  const core = scene.lines.filter(({ file }) => ownerOf(file) === 'Trueno-Core').map(({ text }) => bareLine(text))
  const begun = core.filter((line) => / starting\.\.\.$/.test(line)).map((line) => line.replace(/ starting\.\.\.$/, ''))
  const ready = core.flatMap((line) => readyComponent(line) ?? [])
  return components
    .filter(({ name, title }) => expected.includes(name) && begun.includes(title) && !ready.includes(title))
    .map((component) => ({ component, serves: hasSaidSo(component, scene) && listens(component, scene) }))
}

function hasSaidSo({ ready }: Component, { lines }: Scene): boolean {
  return (
    ready !== null && lines.some(({ file, text }) => nameOf(file).startsWith(ready.logs) && ready.pattern.test(text))
  )
}

/** Of a component that listens somewhere of its own choice its line is enough. */
function listens({ ports }: Component, { condition }: Scene): boolean {
  return ports.some(({ port }) => condition?.listeners.some((listener) => listener.ours && listener.port === port))
}

function lostLines(scene: Scene): readonly Clue[] {
  return awaitedIn(scene)
    .filter(({ serves }) => serves)
    .map(({ component }) => {
      const said = lastLineOf(component, scene)
      return clue(said === undefined ? '' : `${said.file}\n${said.text}`, [
        component.title,
        String(component.ports[0]?.port),
      ])
    })
}

function hiddenSpark(scene: Scene): readonly Clue[] {
  const pm2 = scene.condition?.pm2 ?? ''
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(pm2) ?? []
  if (Number(major) < 2 || (Number(major) === 2 && Number(minor) < 9)) return []
  return awaitedIn(scene)
    .filter(({ component, serves }) => serves && component.directory === 'spark')
    .map(({ component }) => clue(`node_modules/pm2 is ${pm2}`, [component.title, pm2]))
}

function notReady(scene: Scene): readonly Clue[] {
  return awaitedIn(scene)
    .filter(({ serves }) => !serves)
    .map(({ component }) => {
      const said = lastLineOf(component, scene)
      const evidence = said === undefined ? 'it has logged nothing since the start' : `${said.file}\n${said.text}`
      return clue(
        evidence,
        [component.title, sinceOf(component, scene), component.directory ?? ''],
        component.directory ?? '',
      )
    })
}

function sinceOf({ process }: Component, { condition }: Scene): string {
  const up = condition?.processes.find(({ name }) => name === process)?.upSeconds
  return up === undefined ? '' : ` ${up} s ago`
}

/** Both Sparks log under the same name; each runs alone on most hosts. */
function lastLineOf({ directory }: Component, { lines }: Scene): SceneLine | undefined {
  return lines.findLast(({ file }) => directory !== null && ownerOf(file) === directory)
}

function notReached({ lines }: Scene): readonly Clue[] {
  const core = lines.filter(({ file }) => ownerOf(file) === 'Trueno-Core').map(({ text }) => bareLine(text))
  const at = core.findLastIndex((line) => line.startsWith('>> CLUSTER: Connecting to master: '))
  const line = core[at]
  if (line === undefined || core.slice(at).some((one) => /Sending ready signal|proceed signal/.test(one))) return []
  return [clue(line, [line.replace('>> CLUSTER: Connecting to master: ', '')])]
}

function missingSignals({ lines, awaits = [] }: Scene): readonly Clue[] {
  const core = lines.map(({ text }) => bareLine(text))
  const isAwaiting = core.some((line) => line.includes('Awaiting for cluster hosts ready signal'))
  if (!isAwaiting || core.some((line) => line.startsWith('Internal API awaiting'))) return []
  const come = new Set(core.flatMap((line) => readySignal(line)?.host ?? []))
  const missing = awaits.filter((host) => !come.has(host))
  if (missing.length === 0) return []
  const count = missing.length === 1 ? '1 host' : `${missing.length} hosts`
  const evidence = core.findLast((line) => line.startsWith('>> CLUSTER')) ?? ''
  return [clue(evidence, [count, missing.slice(0, 10).join(', ') + (missing.length > 10 ? ', …' : '')])]
}
