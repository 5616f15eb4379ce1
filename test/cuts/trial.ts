import type { Transport } from '../../src/cluster/cluster.js'
import { type Running, type Told, toldBy } from '../helpers/command-line.js'
import { type Lab, makeLab, twoHosts } from '../helpers/lab.js'
import { freePort } from '../helpers/loopback.js'
import { type Relay, startRelay } from '../helpers/relay.js'
import { type Cut, cutsOf, describeCut } from './cuts.js'
import { faultsOf } from './verdict.js'

/** What came of one `up` whose connections were cut. */
export interface Trial {
  readonly seed: number
  /** The cuts that came about, in words. */
  readonly cuts: readonly string[]
  /** The cuts that the run had ended before. */
  readonly spared: readonly string[]
  /** Connections that the tool noticed to be lost. */
  readonly losses: number
  /** Exit codes of `up` with the cuts, and of the one after it, where that was needed. */
  readonly codes: readonly number[]
  /** What it failed with, the code of each problem. */
  readonly problems: readonly string[]
  /** What is wrong; empty when all is well. */
  readonly faults: readonly string[]
}

/** Deploys the stand-in on two hosts with the cuts of a seed, and once more if that failed; then looks at what there is. */
export async function tryCuts(seed: number): Promise<Trial> {
  await using lab = await makeLab({ roles: twoHosts })
  const relays = await Promise.all(lab.hosts.map(({ sshd }) => startRelay(sshd)))
  try {
    await behind(lab, relays, transportOf(seed))
    const run = lab.start('up', '--json')
    const plan = cutsOf(seed)
    const made = await cutInTurn(plan, run, relays)
    const first = await toldBy(await run.done)
    for (const relay of relays) relay.refuse(0)
    const second = first.code === 0 ? [] : [await lab.tell('up')]
    return {
      seed,
      cuts: made.map(describeCut),
      spared: plan.filter((cut) => !made.includes(cut)).map(describeCut),
      losses: first.events.filter(({ kind }) => kind === 'connectionLost').length,
      codes: [first, ...second].map(({ code }) => code),
      problems: codesOf(first),
      faults: await faultsOf(lab, first, second[0] ?? first),
    }
  } finally {
    await Promise.all(relays.map((relay) => relay[Symbol.asyncDispose]()))
  }
}

/** Every fifth goes over OpenSSH. */
function transportOf(seed: number): Transport {
  return seed % 5 === 0 ? 'openssh' : 'ssh2'
}

export function describeTrial({ seed, cuts, spared, losses, codes, problems, faults }: Trial): string {
  const why = problems.length === 0 ? '' : ` (${problems.join(', ')})`
  const outcome = `${losses} lost, exit ${codes.join(' then ')}${why}`
  const missed = spared.length === 0 ? '' : ` | not reached: ${spared.join('; ')}`
  return [
    `seed ${seed} (${transportOf(seed)}): ${outcome} | ${cuts.join('; ')}${missed}`,
    ...faults.map((fault) => `  WRONG: ${fault}`),
  ].join('\n')
}

/** The hosts are reached through the relays only, and one of them runs the balancer. */
async function behind(lab: Lab, relays: readonly Relay[], transport: Transport): Promise<void> {
  const ways = lab.hosts.map(({ key, sshd }, index) => {
    const { address = '', port = 0 } = relays[index] ?? {}
    return { key, address, port, hostKeys: sshd.hostKeys }
  })
  lab.pin(Object.fromEntries(ways.map(({ address, port, hostKeys }) => [`[${address}]:${port}`, hostKeys])))
  lab.inventory({
    defaults: { transport },
    hosts: Object.fromEntries(
      ways.map(({ key, address, port }) => [key, { ssh: address, port, environment: { TRUENO_STANDIN_BIND: key } }]),
    ),
    balancer: { host: ways[0]?.key, sourcePort: await freePort('0.0.0.0') },
  })
}

/** Resolves with the cuts that came about. */
async function cutInTurn(cuts: readonly Cut[], run: Running, relays: readonly Relay[]): Promise<readonly Cut[]> {
  const made: Cut[] = []
  for (const cut of cuts) if (await cutIn(cut, run, relays)) made.push(cut)
  return made
}

/** Resolves with whether it came about, at the end of its phase or of the run at the latest. */
async function cutIn(cut: Cut, run: Running, relays: readonly Relay[]): Promise<boolean> {
  const phase = `"phase":"${cut.phase}"`
  const spare = (): void => relays[cut.host]?.after(Number.POSITIVE_INFINITY, () => undefined)
  const ended = run.done.then(() => false)
  const passed = run.printed(new RegExp(`"kind":"phaseFinished",${phase}`)).then(() => false)
  const begun = run.printed(new RegExp(`"kind":"phaseStarted",${phase}`))
  const made = begun.then(() => makeCut(cut, relays))
  const outcome = await Promise.race([made, passed, ended].map((one) => one.catch(() => false)))
  if (!outcome) spare()
  return outcome
}

function makeCut({ host, bytes, all, refused }: Cut, relays: readonly Relay[]): Promise<boolean> {
  const counted = relays[host]
  return new Promise((resolve) =>
    counted?.after(bytes, () => {
      for (const relay of relays.filter((one) => all || one === counted)) {
        relay.refuse(refused)
        relay.cut()
      }
      resolve(true)
    }),
  )
}

function codesOf({ problems }: Told): readonly string[] {
  return [...new Set(problems.filter(({ severity }) => severity === 'error').map(({ code }) => code))]
}
