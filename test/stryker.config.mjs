// Changes the code in small ways and asks whether a test notices. Fast enough to run by hand, too
// slow for every `npm test`.
export default {
  testRunner: 'vitest',
  vitest: { configFile: 'test/vitest.mutation.config.ts' },
  // The local pool is for tests and demos; other clients judge it, which takes too long for a mutant.
  mutate: ['src/**/*.ts', '!src/local/**', '!src/**/index.ts', '!src/wire/operations.ts'],
  reporters: ['clear-text', 'progress-append-only', 'html'],
  htmlReporter: { fileName: 'reports/mutation.html' },
  clearTextReporter: { allowColor: false, logTests: false },
  tempDirName: '.stryker-tmp',
  coverageAnalysis: 'perTest',
  concurrency: 2,
  ignorePatterns: ['dist', 'demo', 'test/consumers', 'reports'],
  thresholds: { high: 95, low: 90, break: 90 },
}
