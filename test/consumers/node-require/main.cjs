const assert = require('node:assert/strict')
const latchkey = require('latchkey')
const srp = require('latchkey/srp')
const { endpoint, finish } = require('../shared/runs.mjs')
const { expected, scenario } = require('../shared/scenario.js')

for (const [path, target] of Object.entries(require('latchkey/package.json').exports))
  if (target.default) require(`latchkey${path.slice(1)}`)

scenario({ ...latchkey, ...srp }, endpoint).then((result) => {
  assert.equal(result, expected)
  finish()
})
