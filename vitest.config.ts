import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/helpers/setup.ts'],
    // Two cores carry four hosts' worth of processes in the end-to-end tests.
    testTimeout: 180_000,
    hookTimeout: 60_000,
    maxWorkers: 4,
    pool: 'forks',
  },
})
