import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { expected } from './scenario.js'

/** What run.mjs tells every check. */
export const [, , name, endpoint, checkout] = process.argv

/** Says that a check came to its end: some tools leave the process early, as if all were well. */
export function finish() {
  console.log('finished')
}

/** Fails unless a bundle does in Node what the app is meant to do. */
export function assertBundleWorks(file) {
  const output = execFileSync(process.execPath, [file, endpoint], { encoding: 'utf8' })
  assert.equal(output.trim(), expected)
}
