import type { Core } from './core.js'
import type { Process } from './process.js'

/** What the coordinator's port 8001 offers the other hosts. */
export interface Barrier {
  /** A host says that it is ready; `release` is called when it may go on. */
  report(name: string, release: () => void): void
}

/** Resolves when this host may open its port for drivers (contract, 7.1). */
export function passBarrier(core: Core): Promise<void> {
  return core.host.roles.includes('master') ? coordinate(core) : reportToMaster(core)
}

/** Counts distinct names, whoever they are, and releases all when there are exactly as many as other hosts. */
function coordinate({ process, host, log, fail }: Core): Promise<void> {
  const reported = new Map<string, () => void>()
  const expected = host.keys.length - 1
  return new Promise((pass) => {
    const report: Barrier['report'] = (name, release) => {
      if (!process.alive) return
      reported.set(name, release)
      log.info(`Internal Client /#${name} connected!`)
      log.info(`>> CLUSTER(${reported.size}/${expected}): Host '${name}' ready signal received.`)
      if (reported.size !== expected) return
      for (const one of reported.values()) one()
      pass()
    }
    log.info('>> CLUSTER: Awaiting for cluster hosts ready signal')
    host.machine.witness.awaits(host.machine)
    if (!process.listen(8001, { report })) fail('listen EADDRINUSE :::8001')
  })
}

/** The driver dials the master's Gremlin first, and has no handler for its refusal (contract, 7.2). */
function reportToMaster(core: Core): Promise<void> {
  const { process, host, fail } = core
  return new Promise((pass) => {
    if (!process.listen(8001, {})) return fail('listen EADDRINUSE :::8001')
    if (host.network.dial(host.master, 8002) === undefined) return fail(`connect ECONNREFUSED ${host.master}:8002`)
    core.log.info(`>> CLUSTER: Connecting to master: ${host.master}`)
    connect(core, pass)
  })
}

/** Tries until it gets through, and again whenever the master goes away. */
function connect(core: Core, pass: () => void): void {
  const { process, host, log } = core
  const master = host.network.dial(host.master, 8001)
  const again = (): void => process.after(1000, () => connect(core, pass))
  if (master === undefined) {
    again()
    return
  }
  log.info('>> CLUSTER: Sending ready signal to master')
  process.after(host.machine.chance.between(1, 30), () => {
    if (master.process.alive) signal(core, master, pass)
  })
  master.process.onEnd(() => {
    log.error('>> CLUSTER: Disconnected from master')
    again()
  })
}

function signal({ process, host, log }: Core, master: { process: Process; service: unknown }, pass: () => void): void {
  const barrier = master.service as Partial<Barrier>
  barrier.report?.(host.key, () =>
    process.after(host.machine.chance.between(1, 30), () => {
      log.info('>> CLUSTER: Master proceed signal received...')
      pass()
    }),
  )
}
