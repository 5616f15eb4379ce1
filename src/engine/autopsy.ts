import type { Problem } from '../errors.js'
import type { WriteScript } from '../plan/plan.js'
import type { ScriptResult } from '../ssh/connection.js'
import { failuresIn } from '../trueno/explain.js'
import { connectionOf, type Engine, type StepPlace } from './engine.js'
import { lookAround } from './evidence.js'
import { scriptProblem } from './script-problem.js'

/** A script that ended badly. */
interface FailedScript {
  readonly title: string
  readonly script: WriteScript
  /** HOME comes first, and for a start DATA second. */
  readonly args: readonly string[]
  readonly result: ScriptResult
}

/** Tells a script's failure; where its exit status says little, with what is found on the host. */
export async function stepProblems(
  failed: FailedScript,
  { engine, place }: { readonly engine: Engine; readonly place: StepPlace },
): Promise<readonly Problem[]> {
  const { title, script, result } = failed
  const problem = scriptProblem(title, script, result)
  if (problem.code !== 'script-failed') return [problem]
  const looked = await lookAround(connectionOf(engine, place.host), placesOf(failed), engine.world)
  const lines = [...linesOf(result), ...(script === 'start' ? (looked?.lines ?? []) : [])]
  const known = failuresIn({ host: place.host, title, lines, condition: looked?.condition ?? null })
  return known.length > 0 ? known : [problem]
}

function placesOf({ script, args }: FailedScript): { home: string; data: string } {
  const [home = '/', data] = args
  return { home, data: script === 'start' && data !== undefined ? data : `${home}/data` }
}

function linesOf({ stdout, stderr }: ScriptResult): readonly { file: string; text: string }[] {
  const texts = `${stderr}\n${stdout}`.split('\n').filter((text) => text.trim() !== '')
  return texts.map((text) => ({ file: 'the script', text }))
}
