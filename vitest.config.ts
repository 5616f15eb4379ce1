import { defineConfig } from 'vitest/config'
import { SecondTries } from './test/helpers/second-tries.js'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/helpers/setup.ts'],
    // Two cores carry four hosts' worth of processes in the end-to-end tests.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    maxWorkers: 4,
    pool: 'forks',
    // Real hosts on a machine that does other things as well: what passes only now is listed at the end.
    retry: 1,
    reporters: ['default', new SecondTries()],
  },
})
