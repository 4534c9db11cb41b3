import { defineConfig } from 'vitest/config'

// The tests that can notice a change of the code: those that only look at texts, at a build or at
// random answers are left out.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      'test/consumers/**',
      'test/floor.test.ts',
      'test/wire/operations*.test.ts',
      'test/wire/fuzz.test.ts',
    ],
  },
})
