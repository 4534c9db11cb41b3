/**
 * How often a property is tried: a tenth of what is asked for in `npm test`, all of it in
 * `npm run test:long`. The seed is printed, so that a failure can be had again with
 * `LATCHKEY_SEED=…`.
 */
export function runs(count: number): { numRuns: number; seed: number } {
  const numRuns = process.env['LATCHKEY_LONG'] ? count : Math.ceil(count / 10)
  const seed = Number(process.env['LATCHKEY_SEED'] ?? Date.now() % 2 ** 31)
  console.log(`property: ${String(numRuns)} runs, seed ${String(seed)}`)
  return { numRuns, seed }
}
