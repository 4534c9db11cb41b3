// Everything that `npm test` means, one part after the other, and a summary with the seconds of
// each. A part that fails does not stop the rest: one run shows all there is to mend.
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'

const tsc = ['node', 'node_modules/typescript/bin/tsc']
const bin = (name) => [`node_modules/.bin/${name}`]
const unitReport = 'reports/unit.json'

const parts = [
  ['format', [...bin('prettier'), '--check', '--log-level=warn', '.']],
  ['build', ['npm', 'run', '--silent', 'build']],
  ['types', [...tsc, '-p', 'test']],
  ['lint', [...bin('eslint'), '-c', 'test/eslint.config.mjs', '--max-warnings=0', '.']],
  [
    'unit',
    [
      ...bin('vitest'),
      ...['run', '--config', 'test/vitest.config.ts', '--reporter=default', '--reporter=json'],
      `--outputFile.json=${unitReport}`,
      '--coverage.enabled',
    ],
  ],
  ['speed', ['node', 'test/bench/gates.mjs']],
  ['size', ['node', 'test/size.mjs']],
  ['publint', [...bin('publint'), '--strict']],
  ['attw', [...bin('attw'), '--pack', '.', '--profile', 'esm-only']],
  ['consumers', ['node', 'test/consumers/run.mjs']],
]

const budget = 8 * 60

rmSync(unitReport, { force: true })
const results = parts.map(([name, [command, ...args]]) => {
  console.log(`\n== ${name}`)
  const startedAt = performance.now()
  const { status } = spawnSync(command, args, { stdio: 'inherit' })
  return { name, good: status === 0, seconds: (performance.now() - startedAt) / 1000 }
})
const total = results.reduce((sum, { seconds }) => sum + seconds, 0)
results.push({ name: `within ${budget} s`, good: total <= budget, seconds: total })

console.log('\n== summary')
for (const { name, good, seconds } of results)
  console.log(`${good ? 'ok    ' : 'FAILED'} ${seconds.toFixed(1).padStart(6)} s  ${name}`)

// The unit part counts by its tests, every other part as one.
const unit = readUnitCounts()
const others = results.filter(({ name }) => name !== 'unit')
const passed = unit.passed + others.filter(({ good }) => good).length
const failedUnit = results.some(({ name, good }) => name === 'unit' && !good)
const failed = Math.max(unit.failed, failedUnit ? 1 : 0) + others.filter(({ good }) => !good).length
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed ? 1 : 0

function readUnitCounts() {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(unitReport, 'utf8'))
    return { passed: numPassedTests, failed: numFailedTests }
  } catch {
    return { passed: 0, failed: 1 }
  }
}
