import { execFileSync } from 'node:child_process'

/**
 * Real shells, a real ssh and a real sshd are not optional: what is missing is installed when we may, and otherwise
 * named. Runs once before all tests.
 */
export default function setup(): void {
  const script = new URL('../../scripts/test-setup.sh', import.meta.url).pathname
  execFileSync('sh', [script], { stdio: ['ignore', 'inherit', 'inherit'] })
}
