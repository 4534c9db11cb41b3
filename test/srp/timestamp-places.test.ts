import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { buildSync } from 'esbuild'
import type { OutputFile } from 'esbuild'
import { expect, test } from 'vitest'
import { timestamp } from '../../src/srp/index.ts'

// A device's language, calendar, digits and time zone are those of its process: each language gets one,
// in which the zone is then changed from time to time.

const languages = [
  ...['C', 'de_DE.UTF-8', 'ne_NP.UTF-8', 'ar-EG-u-nu-arab', 'fa-IR-u-ca-persian'],
  ...['th-TH-u-ca-buddhist-nu-thai', 'ja-JP-u-ca-japanese', 'ar-SA-u-ca-islamic-umalqura'],
  ...['he-IL-u-ca-hebrew-nu-hebr', 'zh-TW-u-ca-roc'],
]
const zones = [
  ...['UTC', 'America/St_Johns', 'Asia/Kathmandu', 'Pacific/Kiritimati', 'Pacific/Pago_Pago'],
  ...['Europe/Dublin', 'Africa/Casablanca', 'Australia/Lord_Howe'],
]

/** Around midnight, the turn of the year, a leap day, and the hours at which clocks are changed. */
const moments = [
  ...[Date.UTC(2026, 8, 4, 3, 5, 9), Date.UTC(2026, 0, 1), Date.UTC(2026, 11, 31, 23, 59, 59)],
  ...[Date.UTC(2028, 1, 29), Date.UTC(2028, 1, 28, 23, 59, 59), Date.UTC(2026, 2, 29, 1)],
  ...[Date.UTC(2026, 9, 25, 0, 59, 59), Date.UTC(2026, 9, 25, 1), Date.UTC(2026, 3, 4, 15)],
]

const [{ text: script }] = buildSync({
  stdin: {
    contents: `
      import { timestamp } from './timestamp.ts'
      const { zones, moments } = ${JSON.stringify({ zones, moments })}
      const told = zones.map((zone) => {
        process.env.TZ = zone
        return moments.map((moment) => [timestamp(moment), new Date(moment).toLocaleString()])
      })
      console.log(JSON.stringify(told))`,
    resolveDir: fileURLToPath(new URL('../../src/srp', import.meta.url)),
  },
  ...{ bundle: true, format: 'esm', write: false },
}).outputFiles as [OutputFile]

const run = promisify(execFile)

async function toldIn(language: string): Promise<readonly (readonly [string, string])[][]> {
  const env = { ...process.env, LANG: language, LC_ALL: language }
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { env })
  return JSON.parse(stdout) as [string, string][][]
}

test('the timestamp is the same wherever the device is and whatever its person speaks', async () => {
  const here = moments.map(timestamp)
  expect(here[0]).toBe('Fri Sep 4 03:05:09 UTC 2026')
  const localTexts = new Set<string>()
  let combinations = 0
  for (const language of languages)
    for (const [i, told] of (await toldIn(language)).entries()) {
      const where = `${language} in ${zones[i]!}`
      expect(
        told.map(([text]) => text),
        where,
      ).toEqual(here)
      localTexts.add(told.map(([, local]) => local).join())
      combinations++
    }
  console.log(`timestamp: ${combinations} places`)
  expect(combinations).toBe(languages.length * zones.length)
  expect(combinations).toBeGreaterThanOrEqual(30)
  // The places are places: what the host tells of the same moments is another text in each.
  expect(localTexts.size).toBe(combinations)
})
