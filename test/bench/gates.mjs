// How fast a sign-in's arithmetic has to be, in Node, in one run: times over each other's, since what a
// millisecond holds is another thing on every machine. Run `npm run build` before.
import { measure } from './measure.mjs'

const gates = [
  { name: 'aws-amplify', file: 'amplify', least: 15 },
  { name: 'amazon-cognito-passwordless-auth', file: 'passwordless', least: 3 },
  // As far as the machine goes.
  { name: 'openssl', file: 'openssl', most: 4.5 },
]

// Something else may have been busy: who fails is measured once more, for longer.
const good = (await check(13)) || (await check(23))
process.exitCode = good ? 0 : 1

async function check(rounds) {
  const contestants = gates.map(({ file }) => file)
  const plan = { contestants, warmUps: 3, rounds, seconds: 60, least: 160 }
  const { version, rows } = await measure('node', plan)
  console.log(`${version}, medians of ${rounds} rounds`)
  const outcomes = gates.map(({ name, least, most }) => {
    const { ratio } = rows.find((row) => row.name === name)
    const passes = least ? ratio >= least : 1 / ratio <= most
    const says = least
      ? `${name}'s time over latchkey's: ${ratio.toFixed(2)}, at least ${least}`
      : `latchkey's time over ${name}'s: ${(1 / ratio).toFixed(2)}, at most ${most}`
    console.log(`${passes ? 'ok' : 'TOO SLOW'}  ${says}`)
    return passes
  })
  return outcomes.every(Boolean)
}
