const latchkey = require('latchkey')
const srp = require('latchkey/srp')
const { expected, scenario } = require('../shared/scenario.js')

test('a required latchkey', async () => {
  await expect(scenario({ ...latchkey, ...srp }, endpoint)).resolves.toBe(expected)
})
