// Importing does nothing: not one global of a host is looked at, here or in a worker.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { Worker } from 'node:worker_threads'
import { finish } from '../shared/runs.mjs'

execFileSync(process.execPath, ['import-without-globals.mjs'])

const worker = new Worker(new URL('import-without-globals.mjs', import.meta.url))
const code = await new Promise((resolve, reject) => {
  worker.once('error', reject).once('exit', resolve)
})
assert.equal(code, 0)
finish()
