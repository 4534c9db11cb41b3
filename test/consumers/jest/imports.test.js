import * as latchkey from 'latchkey'
import { expected, scenario } from '../shared/scenario.js'

test('an imported latchkey', async () => {
  await expect(scenario(latchkey, endpoint)).resolves.toBe(expected)
})
