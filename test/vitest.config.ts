import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    testTimeout: 60_000,
    // All there are: by default one is left idle.
    maxWorkers: availableParallelism(),
    // Where a line that nobody tested could cost an account: not a line, not a branch.
    coverage: {
      include: ['src/srp/**', 'src/bytes.ts', 'src/flow/challenges.ts', 'src/flow/next.ts'],
      reportsDirectory: 'reports/coverage',
      reporter: ['text'],
      thresholds: { 100: true },
    },
    // A browser that starts beside others takes its time.
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          environment: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.page.test.ts', 'test/consumers/**'],
        },
      },
      {
        extends: true,
        test: { name: 'happy-dom', environment: 'happy-dom', include: ['test/**/*.page.test.ts'] },
      },
    ],
  },
})
