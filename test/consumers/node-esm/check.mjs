import assert from 'node:assert/strict'
import * as latchkey from 'latchkey'
import * as srp from 'latchkey/srp'
import { endpoint, finish } from '../shared/runs.mjs'
import { expected, scenario } from '../shared/scenario.js'

assert.match(import.meta.resolve('latchkey'), /\/project\/node_modules\/latchkey\/dist\//)
assert.equal(await scenario({ ...latchkey, ...srp }, endpoint), expected)

const { default: manifest } = await import('latchkey/package.json', { with: { type: 'json' } })
for (const [path, target] of Object.entries(manifest.exports))
  if (target.default) await import(`latchkey${path.slice(1)}`)

for (const inside of ['latchkey/dist/index.js', 'latchkey/src/index.ts'])
  await assert.rejects(import(inside), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' })

finish()
