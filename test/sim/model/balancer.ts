import { layoutOf } from '../../../src/trueno/layout.js'
import type { Network } from './network.js'
import { end, type Marker, type Process, spawn } from './process.js'
import type { ScriptRun } from './script.js'

/** What answers at a balancer's port: somebody, as long as one of its targets does. */
export interface BalancerService {
  serves(): boolean
}

interface BalancerFile {
  readonly sourcePort: number
  readonly targets: readonly { readonly host: string; readonly port: number }[]
}

/** `trueno balancer --start`: a monitor that restarts the balancer proper as often as it must (contract, 9). */
export function balancerProcess(marker: Marker, run: ScriptRun): void {
  const { machine } = run
  const monitor = spawn(machine, {
    name: '',
    command: 'node forever/bin/monitor loadbalancer',
    marker,
    interruptMs: 100,
  })
  const child = (): void => {
    const process = spawn(machine, { name: '', command: 'node loadbalancer/index.js', marker, interruptMs: 100 })
    process.onEnd(() => monitor.after(100, child))
    monitor.onEnd((code) => code !== null && end(machine, process, 0))
    serve(process, run)
  }
  child()
}

function serve(process: Process, { machine, network }: ScriptRun): void {
  const { balancerFile, balancerLog } = layoutOf(machine.home)
  const { sourcePort, targets } = JSON.parse(machine.disk.files.get(balancerFile) ?? '{}') as BalancerFile
  if (process.listen(sourcePort, { serves: () => anyServes(targets, network) } satisfies BalancerService)) return
  machine.logs.append(machine.logs.open(balancerLog), `Error: listen EADDRINUSE :::${sourcePort}`)
  process.after(1500, () => end(machine, process, 1))
}

function anyServes(targets: BalancerFile['targets'], network: Network): boolean {
  return targets.some(({ host, port }) => network.dial(host, port)?.process.name === 'Trueno-Core')
}
