import { defineConfig } from 'vitest/config'

// The tests that notice a change of the code, and quickly: those that look at texts or at a build, ask
// a browser, a server or another client, or try answers at random are left out.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      'test/browser/**',
      'test/consumers/**',
      'test/documents.test.ts',
      'test/floor.test.ts',
      'test/flow/*.browser.test.ts',
      'test/flow/walk-through.test.ts',
      'test/flow/walks.test.ts',
      'test/local/**',
      'test/installed.test.ts',
      'test/srp/engines*.test.ts',
      'test/srp/identity-js.test.ts',
      'test/srp/service.test.ts',
      'test/srp/timestamp-places.test.ts',
      'test/wire/fuzz.test.ts',
      'test/wire/operations*.test.ts',
      'test/wire/transport.test.ts',
    ],
  },
})
