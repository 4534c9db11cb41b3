import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { endpoint, finish, name } from '../shared/runs.mjs'

if (name === 'jest-pnpm') {
  const store = 'node_modules/.pnpm/latchkey@1.0.0/node_modules'
  mkdirSync(store, { recursive: true })
  cpSync('../node_modules/latchkey', `${store}/latchkey`, { recursive: true })
  symlinkSync('.pnpm/latchkey@1.0.0/node_modules/latchkey', 'node_modules/latchkey', 'dir')
}

const report = 'report.json'
execFileSync(process.execPath, [
  '../node_modules/jest/bin/jest.js',
  ...['--runInBand', '--json', `--outputFile=${report}`],
  `--globals=${JSON.stringify({ endpoint })}`,
])
assert.equal(JSON.parse(readFileSync(report, 'utf8')).numPassedTests, 2)
finish()
