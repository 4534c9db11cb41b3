import * as latchkey from 'latchkey'
import * as srp from 'latchkey/srp'
import { expected, scenario } from '../shared/scenario.js'

test('an imported latchkey', async () => {
  await expect(scenario({ ...latchkey, ...srp }, endpoint)).resolves.toBe(expected)
})
