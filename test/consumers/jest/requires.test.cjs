const latchkey = require('latchkey')
const { expected, scenario } = require('../shared/scenario.js')

test('a required latchkey', async () => {
  await expect(scenario(latchkey, endpoint)).resolves.toBe(expected)
})
