import type { HostKey } from '../cluster/cluster.js'
import type { ReadScript, WriteScript } from '../plan/plan.js'
import type { World } from '../world.js'
import type { Connection, FollowOptions, ReadConnection, RunOptions, ScriptResult } from './connection.js'
import { followFiles } from './follow.js'
import type { LinkKeeper } from './link-keeper.js'
import { quoteAll } from './quote.js'
import { createResumableLines } from './resume-lines.js'
import { runScript } from './run-script.js'
import { invoke, invokeWithData, type ScriptSource } from './scripts.js'

export interface LinkConnectionOptions {
  readonly host: HostKey
  readonly world: World
  readonly scripts: ScriptSource
  /** Most a login may take until it runs what it is sent, milliseconds. */
  readonly beginLimitMs: number
  /** @throws when the host must not be told to dial this address. */
  readonly assertPermitted: (address: string) => void
  /** Told what was run and how long it took, milliseconds. */
  readonly onCommand: (command: string, ms: number) => void
}

/** Scripts, logs and tunnels over a kept link: one contract, whatever the transport. */
export function linkConnection(keeper: LinkKeeper, options: LinkConnectionOptions): Connection {
  const { host } = options
  const run = (
    name: ReadScript | WriteScript,
    args: readonly string[],
    given: RunOptions = {},
  ): Promise<ScriptResult> =>
    timed(options, name, args, async () => {
      const invocation = (given.input === undefined ? invoke : invokeWithData)(await options.scripts(name), args)
      return keeper.use(
        (link) => runScript(link, host, invocation, given, { world: options.world, ms: options.beginLimitMs }),
        given.signal,
      )
    })
  return {
    host,
    read: run,
    run,
    follow: (files, given) => follow(keeper, host, files, given),
    assertPermitted: options.assertPermitted,
    tunnel: async (address, port) => {
      options.assertPermitted(address)
      return keeper.use((link) => link.forward(address, port))
    },
    [Symbol.asyncDispose]: () => keeper.close(),
  }
}

async function timed(
  { world, onCommand }: LinkConnectionOptions,
  name: string,
  args: readonly string[],
  work: () => Promise<ScriptResult>,
): Promise<ScriptResult> {
  const began = world.now()
  try {
    return await work()
  } finally {
    onCommand(`${name} ${quoteAll(args)}`.trim(), world.now() - began)
  }
}

async function follow(
  keeper: LinkKeeper,
  host: HostKey,
  files: readonly string[],
  options: FollowOptions,
): Promise<void> {
  const lines = createResumableLines(options.onLine)
  const { signal } = options
  const again = (link: Parameters<Parameters<LinkKeeper['use']>[0]>[0]): Promise<void> => {
    lines.restart()
    return followFiles(link, host, files, { signal, onLine: lines.onLine })
  }
  try {
    await keeper.use(again, signal)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** The same connection without the verb that changes a host: not even a cast brings it back. */
export function readOnly(connection: ReadConnection): ReadConnection {
  const { host } = connection
  return {
    host,
    read: (script, args, options) => connection.read(script, args, options),
    follow: (files, options) => connection.follow(files, options),
    tunnel: (address, port) => connection.tunnel(address, port),
    assertPermitted: (address) => connection.assertPermitted(address),
  }
}
