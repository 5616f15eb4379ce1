import type { Cluster, HostKey } from '../../src/cluster/cluster.js'
import type { CommandContext, Fleet } from '../../src/commands/context.js'
import { openFleet } from '../../src/commands/fleet.js'
import type { Emit } from '../../src/engine/events.js'
import { limited, NoAnswerError } from '../../src/health/limited.js'
import type { Probes } from '../../src/health/probes.js'
import type { PhaseDefinition } from '../../src/plan/context.js'
import type { WriteScript } from '../../src/plan/plan.js'
import type { Ssh } from '../../src/ssh/connect.js'
import type { Connection, FollowOptions, ReadConnection, RunOptions } from '../../src/ssh/connection.js'
import { ConnectionError } from '../../src/ssh/errors.js'
import { keepLink, type LinkKeeper } from '../../src/ssh/link-keeper.js'
import { createResumableLines } from '../../src/ssh/resume-lines.js'
import type { Machine } from './model/machine.js'
import { modelProbes } from './model/probes.js'
import { readScripts } from './model/read-scripts.js'
import { resultOf, type ScriptRun } from './model/script.js'
import { writeScripts } from './model/scripts.js'
import { type Answers, receiving, relaying } from './model/travel-scripts.js'
import type { Simulation } from './simulation.js'
import { createWire, type Wire } from './wire.js'

/** Bugs that the program under test could have, for seeing whether they are noticed. */
export interface Bugs {
  /** What `up` does, instead of `workflows.up`. */
  readonly phases?: readonly PhaseDefinition[]
  /** Stands between the program and each host. */
  readonly connection?: (connection: Connection) => Connection
}

export interface LaptopOptions extends Pick<Bugs, 'connection'> {
  /** `user@laptop`. */
  readonly who: string
  readonly signal: AbortSignal
  readonly emit: Emit
}

/** What a verb is given of the outside: the model hosts and the virtual clock. */
export function laptop(sim: Simulation, options: LaptopOptions): CommandContext {
  const { who, signal, emit } = options
  const keepers = new WeakMap<ReadConnection, LinkKeeper>()
  const ssh = modelSsh(sim, options, keepers)
  return {
    world: sim.clock.world,
    emit,
    signal,
    suggest: (verb) => `trueno-deploy ${verb}`,
    who,
    uploadLimit: null,
    relayLimit: null,
    mirror: null,
    connect: (cluster: Cluster): Promise<Fleet> => openFleet(cluster, ssh, { parallel: 64, signal }),
    probes: (connection) => probesThrough(sim, keepers.get(connection)),
  }
}

function modelSsh(sim: Simulation, options: LaptopOptions, keepers: WeakMap<ReadConnection, LinkKeeper>): Ssh {
  const connect = async (host: HostKey, signal?: AbortSignal): Promise<Connection> => {
    const machine = sim.machines.get(host)
    if (machine === undefined) throw new Error(`no model host ${host}`)
    const open = (until?: AbortSignal): Promise<Wire> => openWire(sim, machine, until)
    const first = await open(signal)
    const onLost = (message: string): void => options.emit({ kind: 'connectionLost', host, message })
    const keeper = keepLink(first, { host, world: sim.clock.world, open, onLost })
    sim.openConnections += 1
    const right = modelConnection(sim, machine, keeper)
    const connection = options.connection?.(right) ?? right
    keepers.set(connection, keeper)
    return connection
  }
  return {
    pin: () => undefined,
    resolve: () => Promise.reject(new Error('nobody asks for this')),
    connect: (host, _target, { signal } = {}) => connect(host, signal),
    openConnections: async (hosts, { signal } = {}) => {
      const opening = hosts.map(async ({ key }) => [key, await orConnectionError(connect(key, signal))] as const)
      const outcomes = await Promise.allSettled(opening)
      const opened = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
      if (!signal?.aborted && opened.length === outcomes.length) return new Map(opened)
      for (const [, one] of opened) if (!(one instanceof ConnectionError)) await one[Symbol.asyncDispose]()
      throw signal?.reason ?? outcomes.find((outcome) => outcome.status === 'rejected')?.reason
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
}

function orConnectionError(connecting: Promise<Connection>): Promise<Connection | ConnectionError> {
  return connecting.catch((error: unknown) => {
    if (error instanceof ConnectionError) return error
    throw error
  })
}

const connectLimitMs = 10_000

async function openWire(sim: Simulation, machine: Machine, signal?: AbortSignal): Promise<Wire> {
  const { clock, weather, wires } = sim
  await clock.world.sleep(weather.chance.between(50, 400), signal)
  if (!machine.up || machine.silentUntil > clock.now()) {
    await clock.world.sleep(connectLimitMs, signal)
    throw new ConnectionError('timed-out', machine.key, { cause: `${machine.key} did not let us in within 10 s` })
  }
  const wire = createWire({ machine, clock, weather })
  wires.get(machine.key)?.add(wire)
  return wire
}

function modelConnection(sim: Simulation, machine: Machine, keeper: LinkKeeper): Connection {
  const { network } = sim
  const { key: host } = machine
  return {
    host,
    read: (script, args, { signal } = {}) =>
      keeper.use((link) => {
        const work = () => resultOf(readScripts[script](args, { machine, network, input: '' }))
        return (link as Wire).call(script, work, signal)
      }, signal),
    run: (script, args, options = {}) =>
      keeper.use(async (link) => {
        const wire = link as Wire
        const answers = answersOf(script, args, machine)
        const run: ScriptRun = { machine, network, input: await sent(wire, options, answers).finally(answers.end) }
        machine.witness.note(`${host}: ${script} ${args.join(' ').slice(0, 120)}`)
        return wire.call(script, () => resultOf(writeScripts[script](args, run)), options.signal)
      }, options.signal),
    follow: (files, options) => follow(keeper, machine, files, options),
    assertPermitted: () => undefined,
    tunnel: () => Promise.reject(new Error('the model has probes of its own')),
    [Symbol.asyncDispose]: async () => {
      sim.openConnections -= 1
      await keeper.close()
    },
  }
}

/** What a script says and takes before it has all that is sent to it. */
function answersOf(script: WriteScript, args: readonly string[], machine: Machine): Answers {
  if (script === 'receive') return receiving(args, machine)
  return script === 'relay' && args[3] === 'serve' ? relaying(machine) : silent
}

const silent: Answers = { hear: async () => undefined, take: () => undefined, end: () => undefined }

async function sent(wire: Wire, { input, signal }: RunOptions, { hear, take }: Answers): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of input?.(hear) ?? []) {
    signal?.throwIfAborted()
    await wire.carry('data')
    take(chunk)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** As the real connection: read from the beginning again after a loss, and no line twice. */
async function follow(
  keeper: LinkKeeper,
  machine: Machine,
  files: readonly string[],
  { signal, onLine }: FollowOptions,
): Promise<void> {
  const lines = createResumableLines(onLine)
  try {
    await keeper.use((link) => {
      lines.restart()
      return (link as Wire).stream(`following ${files[0]}`, signal, (deliver) =>
        machine.logs.follow(files, (file, line) => deliver(() => lines.onLine(file, line))),
      )
    }, signal)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

const probeLimitMs = 2000

function probesThrough({ network, clock: { world } }: Simulation, keeper: LinkKeeper | undefined): Probes {
  if (keeper === undefined) throw new Error('probes of a connection that is not of the model')
  return modelProbes(network, (signal, answer) =>
    limited({ world, ms: probeLimitMs, signal }, (over) =>
      keeper
        .use((link) => asked(link as Wire, answer), over)
        .catch((error: unknown) => {
          throw error instanceof ConnectionError ? new NoAnswerError('link', error.message) : error
        }),
    ),
  )
}

async function asked<T>(wire: Wire, answer: () => T): Promise<T> {
  await wire.carry('a question')
  const given = answer()
  await wire.carry('its answer')
  return given
}
