import { type RunOptions, run, type Usage } from './measure.js'

/** Runs contenders in turn, so often; each begins a round in its turn. `after` looks at what one has done. */
export async function inRounds<Name extends string>(
  commands: Readonly<Record<Name, readonly string[]>>,
  rounds: number,
  options: RunOptions,
  after: (name: Name, run: Usage & { readonly stdout: string }) => void = () => undefined,
): Promise<Record<Name, Usage[]>> {
  const names = Object.keys(commands) as Name[]
  const runs = Object.fromEntries(names.map((name) => [name, [] as Usage[]])) as Record<Name, Usage[]>
  for (let round = 0; round < rounds; round += 1)
    for (const name of [...names.slice(round % names.length), ...names.slice(0, round % names.length)]) {
      const one = await run(commands[name], options)
      after(name, one)
      runs[name].push(one)
    }
  return runs
}
