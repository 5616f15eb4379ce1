import { parseArgs } from 'node:util'
import { createSlots } from '../../src/ssh/slots.js'
import { describeTrial, tryCuts } from './trial.js'

const usage = `usage: npm run test:cuts -- [--seeds N] [--from N] [--parallel N]

Deploys the stand-in on two real sshd hosts of this machine, with all connections cut at points that a seed decides; tells
for each seed what was cut and what came of it. Exit code 1 when one of them did not end in one running cluster.

  --seeds N     how many (default: 100)
  --from N      the first of them (default: 1)
  --parallel N  how many at once (default: 2)
`

async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seeds: { type: 'string', default: '100' },
      from: { type: 'string', default: '1' },
      parallel: { type: 'string', default: '2' },
    },
  })
  const first = Number(values.from)
  const count = Number(values.seeds)
  const wrong: number[] = []
  const slots = createSlots(Number(values.parallel))
  const seeds = Array.from({ length: count }, (_, index) => first + index)
  await Promise.all(
    seeds.map((seed) =>
      slots.use(async () => {
        const trial = await tryCuts(seed)
        if (trial.faults.length > 0) wrong.push(seed)
        process.stdout.write(`${describeTrial(trial)}\n`)
      }),
    ),
  )
  process.stdout.write(`${count} seeds, ${wrong.length} wrong${wrong.map((seed) => ` ${seed}`).join('')}\n`)
  return wrong.length === 0 ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`${error.message}\n\n${usage}`)
  return 2
})
