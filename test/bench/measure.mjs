// One engine's measurement, and what it says.
import { Buffer } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import { bundle } from './bundle.mjs'
import { engines } from './engines.mjs'

/** What all compute: a published sign-in, by an honest server, with 1024 bits of a. */
async function task() {
  const file = await readFile(new URL('../data/srp-vectors.json', import.meta.url), 'utf8')
  const [{ inputs, expected }] = JSON.parse(file).srp
  return {
    input: {
      userPoolId: inputs.userPoolId,
      username: inputs.username,
      password: inputs.password,
      random: [...Buffer.from(inputs.aHex, 'hex')],
      now: Date.parse(inputs.timestamp),
      challenge: {
        USER_ID_FOR_SRP: inputs.username,
        SALT: inputs.saltHex,
        SRP_B: inputs.srpBHex,
        SECRET_BLOCK: inputs.secretBlock,
      },
    },
    expected: { A: expected.A, signature: expected.signatureBase64 },
  }
}

/**
 * Lets latchkey and others sign in by turns, in `rounds` rounds or as many as begin within `seconds`.
 * Gives `undefined` where the engine is not installed.
 */
export async function measure(engine, { contestants, warmUps, rounds, seconds, least }) {
  const { find, run, ...kind } = engines[engine]
  const path = find()
  if (!path) return undefined
  const script = await bundle({ ...kind, contestants: ['latchkey', ...contestants] })
  const options = { ...(await task()), warmUps, rounds, seconds, least }
  const { version, samples, error } = await run(path, script, options)
  if (error) throw new Error(`${version}: ${error}`)
  return { engine, version, rounds: samples.length, rows: summarize(samples) }
}

/** The medians of all rounds. A ratio is one round's time over latchkey's in the same round. */
function summarize(samples) {
  const total = ({ step1, step2 }) => step1 + step2
  const rows = Object.keys(samples[0]).map((name) => ({
    name,
    bits: samples[0][name].bits,
    step1: median(samples.map((round) => round[name].step1)),
    step2: median(samples.map((round) => round[name].step2)),
    total: median(samples.map((round) => total(round[name]))),
    ratio: median(samples.map((round) => total(round[name]) / total(round.latchkey))),
  }))
  return rows.sort((one, other) => other.ratio - one.ratio)
}

function median(numbers) {
  const sorted = numbers.toSorted((one, other) => one - other)
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2
}
