// Runs in the engine that is measured, of which it needs nothing but what host.mjs names.
import { clock, drewAll, stopClock } from './host.mjs'

/**
 * Compares the results of all contestants, then measures them by turns. One is `{ name, randomBytes,
 * start }`: `start` computes A, and the `finish` that comes with it the signature.
 *
 * Gives one object a round: by name the milliseconds of both steps of a sign-in.
 */
export async function race(contestants, { input, expected, warmUps, rounds, seconds, least }) {
  const began = clock()
  stopClock(input.now)
  const cases = contestants.map((contestant) => ({ ...contestant, times: 1 }))

  // With the same a for all: the published result, or nothing is measured.
  const compared = {}
  const complaints = []
  for (const each of cases)
    compared[each.name] = await measure(each, input, input.random.length, expected).catch((error) =>
      complaints.push(`${each.name}: ${error.message}`),
    )
  if (complaints.length) throw new Error(`not measured, ${complaints.join('; ')}`)

  // With as many bits as each uses in production. Those that use as many have to agree here too.
  const results = new Map([[input.random.length, expected]])
  const round = async (known = {}) => {
    const samples = {}
    for (const each of cases) {
      const { name, randomBytes } = each
      samples[name] =
        known[name] ?? (await measure(each, input, randomBytes, results.get(randomBytes)))
      results.set(randomBytes, samples[name].result)
    }
    // Nobody always runs after the same one.
    cases.push(cases.shift())
    return samples
  }
  for (let i = 0; i < warmUps; i++) await round()
  for (const each of cases) each.times = Math.max(1, Math.round(least / each.duration))
  // An engine that does not warm up has measured already those who use that many bits in production.
  const known = Object.fromEntries(
    cases
      .filter(({ randomBytes }) => !warmUps && randomBytes === input.random.length)
      .map(({ name }) => [name, compared[name]]),
  )
  const measured = [await round(known)]
  while (measured.length < rounds && clock() - began < 1000 * seconds) measured.push(await round())
  return measured
}

/** The mean of as many sign-ins as it takes for the clock not to matter. */
async function measure(each, { challenge, random, ...input }, randomBytes, expected) {
  const { start, times } = each
  const inputs = Array.from({ length: times }, () => ({
    ...input,
    random: Uint8Array.from(random.slice(0, randomBytes)),
  }))
  const attempts = []
  const signatures = []
  const began = clock()
  for (const input of inputs) attempts.push(await start(input))
  const between = clock()
  for (const { finish } of attempts) signatures.push(await finish(challenge))
  const ended = clock()

  const result = { A: attempts[0].A, signature: signatures[0] }
  attempts.forEach(({ A }, i) => wantSame({ A, signature: signatures[i] }, expected ?? result))
  if (!drewAll()) throw new Error(`draws less than ${randomBytes} random bytes`)
  each.duration = (ended - began) / times
  return {
    bits: 8 * randomBytes,
    step1: (between - began) / times,
    step2: (ended - between) / times,
    result,
  }
}

function wantSame(came, expected) {
  for (const what of ['A', 'signature'])
    if (came[what] !== expected[what])
      throw new Error(`${what} is ${came[what]}, expected ${expected[what]}`)
}
