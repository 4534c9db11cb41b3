// npm run bench:srp -- [--engines node,chromium,firefox,hermes] [--quick] [--json]
//
// How long a sign-in's arithmetic takes, here and elsewhere: the two steps of USER_SRP_AUTH, without the
// network. Step 1 makes A from random bytes, step 2 the signature from the service's challenge.
//
// Everyone first computes one published sign-in; unless A and the signature are right, nothing is
// measured. Then all take turns, in one process an engine, in rounds of one sign-in each (several and
// their mean where one is short), with as many bits of a as each uses in production. Printed are the
// medians of all rounds; a ratio is the median of what each round has for time over latchkey's time.
//
// --quick ends within 30 seconds; Hermes takes part where at most one other engine does. --json ends
// with a line of JSON for each engine, Node's last:
//   { "engine": "node", "ratio": { "aws-amplify": 18.6, … }, "version", "rounds",
//     "milliseconds": { "latchkey": { "step1", "step2", "total" }, … } }
// where openssl, as far as the machine goes, has a ratio below 1.
import { parseArgs } from 'node:util'
import { engines } from './engines.mjs'
import { measure } from './measure.mjs'

const contestants = ['amplify', 'identity-js', 'passwordless', 'noble']

const { values } = parseArgs({
  options: {
    engines: { type: 'string', default: 'node' },
    quick: { type: 'boolean' },
    json: { type: 'boolean' },
  },
})
const asked = [...new Set(values.engines.split(','))]
const unknown = asked.filter((engine) => !(engine in engines))
if (unknown.length) {
  console.error(`no such engine: ${unknown.join()}; there are ${Object.keys(engines).join()}`)
  process.exit(2)
}

const lines = []
for (const engine of asked) {
  const plan = values.quick ? quickPlan(engine) : fullPlan(engine)
  const report = plan && (await measure(engine, plan).catch(giveUp))
  if (report) {
    printTable(report)
    lines.push({ engine, text: JSON.stringify(summary(report)) })
  } else
    console.log(
      `\n${engine}: left out, ${plan ? 'not installed, or it failed' : 'no time for it in a quick run'}`,
    )
}
// Node is the one to gate on, wherever it was asked for.
lines.sort((one, other) => Number(one.engine === 'node') - Number(other.engine === 'node'))
if (values.json) for (const { text } of lines) console.log(text)
if (!lines.length) process.exitCode = 1

/** One engine that fails takes nothing from the others. */
function giveUp({ message }) {
  console.error(message)
  process.exitCode = 1
}

function fullPlan(engine) {
  // An interpreter does not warm up, and some take ten seconds in it; its clock counts milliseconds.
  if (engine === 'hermes') return { contestants, warmUps: 0, rounds: 3, seconds: 300, least: 300 }
  return {
    contestants: engine === 'node' ? [...contestants, 'openssl'] : contestants,
    warmUps: 3,
    rounds: 21,
    seconds: 60,
    least: 160,
  }
}

/** So that all end within 30 seconds: the build needs a few, and browsers to start. Shorter rounds, but several. */
function quickPlan(engine) {
  // One sign-in each takes 17 seconds there, without identity-js, which computes as Amplify does.
  const inHermes = asked.includes('hermes') && asked.length <= 2 ? 17 : 0
  if (engine === 'hermes') {
    const fewer = contestants.filter((name) => name !== 'identity-js')
    return inHermes ? { ...fullPlan(engine), contestants: fewer, rounds: 1 } : undefined
  }
  const left = asked.slice(asked.indexOf(engine))
  const others = left.filter((engine) => engine !== 'hermes').length
  const reserved = left.includes('hermes') ? inHermes : 0
  // A browser needs some to start, and the last round may begin when they are over.
  const seconds = Math.max(1, Math.min(12, (secondsLeft() - reserved) / others - 3))
  return { ...fullPlan(engine), warmUps: 2, seconds, least: 40 }
}

function secondsLeft() {
  return 20 - performance.now() / 1000
}

function printTable({ engine, version, rounds, rows }) {
  console.log(
    `\n${version}, ${rounds} ${rounds === 1 ? 'round' : 'rounds'}: milliseconds a sign-in`,
  )
  const titles = [
    'engine',
    'contestant',
    'bits of a',
    'step 1',
    'step 2',
    'total',
    "over latchkey's",
  ]
  const cells = rows.map(({ name, bits, step1, step2, total, ratio }) => [
    engine,
    name,
    String(bits),
    ...[step1, step2, total].map((milliseconds) => milliseconds.toFixed(2)),
    ratio.toPrecision(3),
  ])
  const widths = titles.map((title, i) =>
    Math.max(...[title, ...cells.map((row) => row[i])].map(({ length }) => length)),
  )
  for (const row of [titles, ...cells]) {
    const padded = row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
    console.log(padded.join('  '))
  }
  const limit = rows.find(({ name }) => name === 'openssl')
  if (limit)
    console.log(`distance to OpenSSL (latchkey's time over its): ${(1 / limit.ratio).toFixed(2)}`)
}

function summary({ engine, version, rounds, rows }) {
  const short = (number) => Number(number.toPrecision(4))
  const others = rows.filter(({ name }) => name !== 'latchkey')
  const milliseconds = ({ step1, step2, total }) => ({
    step1: short(step1),
    step2: short(step2),
    total: short(total),
  })
  return {
    engine,
    ratio: Object.fromEntries(others.map(({ name, ratio }) => [name, short(ratio)])),
    version,
    rounds,
    milliseconds: Object.fromEntries(rows.map((row) => [row.name, milliseconds(row)])),
  }
}
