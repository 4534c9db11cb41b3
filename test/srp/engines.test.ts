import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Browser } from '../browser/browser.ts'
import { hasChromium, launchChromium } from '../browser/chromium.ts'
import { hasFirefox, launchFirefox } from '../browser/firefox.ts'
import { listen, portOf, strictPolicy } from '../browser/site.ts'
import { hasWebKitGTK, launchWebKitGTK } from '../browser/webkitgtk.ts'
import { bundle } from '../bundle.ts'
import { evaluateInHermes, hasHermes } from '../hermes.ts'
import type { Examination } from './examine.ts'
import type { LongTasks } from './page.ts'
import type { VectorFile } from './vectors.ts'

// The arithmetic depends on what an engine makes of big numbers, of text and of time: here is each that
// people have, as far as it can be had.

const vectors = readFileSync(new URL('../data/srp-vectors.json', import.meta.url), 'utf8')
const file = JSON.parse(vectors) as VectorFile
const count = file.srp.length + file.device.length

let site: Server

beforeAll(async () => {
  const script = await bundle(`
    import { examine } from './test/srp/examine.ts'
    import { longTasks, isStrict } from './test/srp/page.ts'
    Object.assign(globalThis, { examine, longTasks, isStrict })`)
  site = await listen((request, response) => {
    if (request.url === '/script.js')
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
    else if (request.url === '/vectors.json')
      response.writeHead(200, { 'content-type': 'application/json' }).end(vectors)
    else
      response
        .writeHead(200, {
          'content-type': 'text/html',
          'content-security-policy': strictPolicy("'self'"),
        })
        .end('<!doctype html><title>page</title><script type="module" src="/script.js"></script>')
  })
})
afterAll(() => {
  site.close()
})

/** Gives the vectors to a function of the page, in a browser that has never seen it. */
async function callInPage(launch: () => Promise<Browser>, name: string): Promise<unknown> {
  const browser = await launch()
  try {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${portOf(site)}/`)
    expect(await page.evaluate('isStrict()')).toBe(true)
    return await page.evaluate(
      `fetch('/vectors.json').then((response) => response.json()).then(${name})`,
    )
  } finally {
    await browser.close()
  }
}

const examineInHermes = async () =>
  evaluateInHermes(
    await bundle("import { examine } from './test/srp/examine.ts'; globalThis.examine = examine"),
    `examine(${vectors})`,
  )

const hermes = { name: 'Hermes', isThere: hasHermes(), examine: examineInHermes }
const chromium = {
  name: 'Chromium',
  isThere: hasChromium(),
  examine: () => callInPage(launchChromium, 'examine'),
}
const firefox = {
  name: 'Firefox',
  isThere: hasFirefox(),
  examine: () => callInPage(launchFirefox, 'examine'),
}
const webKitGTK = {
  name: 'WebKitGTK',
  isThere: hasWebKitGTK(),
  examine: () => callInPage(launchWebKitGTK, 'examine'),
}

for (const { name, isThere, examine } of [hermes, chromium, firefox, webKitGTK])
  describe.skipIf(!isThere)(`in ${name}`, () => {
    let found: Examination

    beforeAll(async () => {
      found = (await examine()) as Examination
    }, 60_000)

    test('all vectors pass', () => {
      expect(found.outcome).toEqual({ passed: count, failures: [] })
      expect([file.srp.length, file.device.length]).toEqual([47, 16])
    })

    test('a vector that is wrong in one digit does not', () => {
      expect(found.outcomeOfWrong).toEqual({
        passed: 0,
        failures: [
          expect.stringMatching(/^srp\[0\] "[^"]+": S is /),
          expect.stringMatching(/^device\[0\] "[^"]+": verifierHex is /),
        ],
      })
    })

    test('a moment has the text that the service wants', () => {
      expect(found.timestamp).toBe('Fri Sep 4 03:05:09 UTC 2026')
    })

    test('half of a surrogate pair takes nothing along', () => {
      const half = [0xef, 0xbf, 0xbd]
      expect(found.loneSurrogates).toEqual([0x61, ...half, 0x62, ...half])
    })

    test('a B of N is refused, the one below is not', () => {
      expect(found.answers).toEqual(['bad-response', 'a claim'])
    })
  })

describe.skipIf(!hermes.isThere)('in Hermes', () => {
  test('an import needs nothing of what a host adds to the language', async () => {
    const script = await bundle(`
      import * as latchkey from './src/index.ts'
      import * as srp from './src/srp/index.ts'
      globalThis.imported = [latchkey.createAuth, srp.passwordClaim].map((one) => typeof one)`)
    const present =
      "'TextEncoder TextDecoder atob btoa crypto fetch console setTimeout clearTimeout setImmediate URL document'.split(' ').filter(function (name) { return name in globalThis })"
    expect(await evaluateInHermes(script, `{ imported: imported, present: ${present} }`)).toEqual({
      imported: ['function', 'function'],
      present: [],
    })
  })
})

describe.skipIf(!chromium.isThere)('in Chromium', () => {
  // A task is as long as the clock says, also where the machine is busy with something else. Code that
  // is too slow is so three times.
  test('a page is never kept waiting for more than one long task', { retry: 2 }, async () => {
    const { onPurpose, others } = (await callInPage(launchChromium, 'longTasks')) as LongTasks
    expect(Math.min(...onPurpose)).toBeGreaterThanOrEqual(120)
    expect(others.length).toBeLessThanOrEqual(1)
  })
})
