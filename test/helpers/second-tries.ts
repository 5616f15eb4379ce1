import type { Reporter, TestCase, TestModule } from 'vitest/node'

/** Lists the tests that passed only when they were tried again: each is a fault, of the test or of the tool. */
export class SecondTries implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const told = modules.flatMap((module) =>
      [...module.children.allTests()].filter((test) => test.diagnostic()?.flaky).map((test) => firstTry(module, test)),
    )
    if (told.length > 0) process.stderr.write(`\nPassed only at the second try:\n${told.join('\n')}\n`)
  }
}

function firstTry({ relativeModuleId }: TestModule, test: TestCase): string {
  const errors = (test.result().errors ?? []).flatMap(({ message, problem }) => [message, evidenceOf(problem)])
  const lines = errors.filter((text) => text !== '').map((text) => text.replace(/^/gm, '    '))
  return [`  ${relativeModuleId} > ${test.fullName}`, ...lines].join('\n')
}

/** Of an error of ours; its message does not have it. */
function evidenceOf(problem: unknown): string {
  return typeof problem === 'object' && problem !== null && 'evidence' in problem ? String(problem.evidence) : ''
}
