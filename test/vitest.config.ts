import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    testTimeout: 60_000,
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
