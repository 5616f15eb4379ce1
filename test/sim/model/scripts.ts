import type { WriteScript } from '../../../src/plan/plan.js'
import { lease } from './lease-script.js'
import { checkToken, requireNumber, type Script, ScriptExit } from './script.js'
import { balancerStart, start } from './start-scripts.js'
import { balancerStop, stop } from './stop-scripts.js'
import { activate, assemble, prune, write } from './store-scripts.js'
import { receive, relay } from './travel-scripts.js'

/** The scripts of `remote/` that change a host, as the model hosts run them. */
export const writeScripts = {
  receive: withToken('receive', withSpace(receive)),
  relay: withToken('relay', relay),
  assemble: withToken('assemble', withSpace(assemble)),
  write: withToken('write', withSpace(write)),
  activate: withToken('activate', activate),
  prune: withToken('prune', prune),
  start: withToken('start', withSpace(start)),
  stop: withToken('stop', stop),
  'balancer-start': withToken('balancer-start', balancerStart),
  'balancer-stop': withToken('balancer-stop', balancerStop),
  lease,
  mend: () => Promise.reject(new Error('nobody becomes root in the simulator')),
} satisfies Record<WriteScript, Script>

function withSpace(script: Script): Script {
  return async (args, run) => {
    if (run.machine.disk.isFull) throw new ScriptExit(72, 'no space left on the device')
    return script(args, run)
  }
}

function withToken(name: WriteScript, script: Script): Script {
  return async (args, run) => {
    const token = checkToken(args[0] ?? '', run.machine)
    if (requireNumber('the lease token', args[0]) === 0) throw new ScriptExit(74, `${name} without a lease`)
    run.machine.witness.letIn(run.machine, name, token)
    return script(args, run)
  }
}
