import type { Server } from 'node:http'
import type { Page as ChromiumPage } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Browser, Page } from '../browser/browser.ts'
import { hasChromium, launchChromium } from '../browser/chromium.ts'
import { hasFirefox, launchFirefox } from '../browser/firefox.ts'
import { listen, portOf, strictPolicy } from '../browser/site.ts'
import { hasWebKitGTK, launchWebKitGTK } from '../browser/webkitgtk.ts'
import { bundle } from '../bundle.ts'
import { flawless } from './contract.ts'

// Databases are the browsers', and each has its own ways with transactions, versions and connections.

const count = 20
const times = 25

/** What one page of many has to say. */
interface Outcome {
  readonly made: number
  readonly lost: number
  readonly milliseconds: number
  readonly late: number
  readonly state: string
}

/** What one page of many has to say about its vault. */
interface Sealing {
  readonly keys: string
  readonly atRest: string
  readonly name: string
  readonly milliseconds: number
}

/** What comes of more than there is room for. */
const overfilled = {
  raw: 'QuotaExceededError',
  left: [1, 1],
  stored: false,
  remembered: true,
  states: ['volatile', 'persistent'],
  end: [2, 'short'],
}

let site: Server

beforeAll(async () => {
  const script = await bundle(
    `import * as storage from './test/storage/page.ts'; globalThis.storage = storage
     import * as vault from './test/storage/vault-page.ts'; globalThis.vault = vault`,
  )
  site = await listen((request, response) => {
    if (request.url === '/script.js')
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
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

/** In this browser, pages share a storage only if they say so. */
async function launchOneChromium(): Promise<Browser> {
  const browser = await launchChromium()
  const context = await browser.newContext()
  return { newPage: () => context.newPage(), close: () => browser.close() }
}

const chromium = { name: 'Chromium', isThere: hasChromium(), launch: launchOneChromium }
const firefox = { name: 'Firefox', isThere: hasFirefox(), launch: launchFirefox }
const webKitGTK = { name: 'WebKitGTK', isThere: hasWebKitGTK(), launch: launchWebKitGTK }

for (const { name, isThere, launch } of [chromium, firefox, webKitGTK])
  describe.skipIf(!isThere)(`in ${name}`, () => {
    let browser: Browser
    const pages: Page[] = []
    const ask = (expression: string, page: number): Promise<unknown> =>
      pages[page]!.evaluate(`storage.${expression}`)

    beforeAll(async () => {
      browser = await launch()
      const add = async (): Promise<void> => {
        const page = await browser.newPage()
        await page.goto(`http://127.0.0.1:${portOf(site)}/`)
        pages.push(page)
      }
      // Four at a time, where a driver can: with all at once, each waits for all.
      const lines = name === 'WebKitGTK' ? 1 : 4
      await Promise.all(
        Array.from({ length: lines }, async () => {
          for (let number = 0; number < count / lines; number++) await add()
        }),
      )
    }, 120_000)
    afterAll(() => browser.close())

    test(`${String(count)} pages open a cold database at once, make one key and lose no count`, async () => {
      const moment = Date.now() + 1_000
      for (let page = 0; page < count; page++)
        await pages[page]!.evaluate(
          `void storage.begin(${String(moment)}, ${String(page)}, ${String(times)})`,
        )
      const outcomes: Outcome[] = []
      for (let page = 0; page < count; page++)
        outcomes.push((await ask('outcome()', page)) as Outcome)
      const slowest = Math.max(...outcomes.map(({ milliseconds }) => milliseconds))
      const latest = Math.max(...outcomes.map(({ late }) => late))
      console.log(
        `${name}: ${count} pages began within ${latest} ms, had a cold database open and a key made in ${slowest} ms at most, and were done with ${count * times} increments ${Date.now() - moment} ms after the first`,
      )
      expect(outcomes.map(({ lost }) => lost)).toEqual(outcomes.map(() => 0))
      expect(new Set(outcomes.map(({ made }) => made)).size).toBe(1)
      expect(outcomes.map(({ state }) => state)).toEqual(outcomes.map(() => 'persistent'))
      expect(await ask("find('count')", 0)).toBe(count * times)
    })

    test('stores do what stores do', async () => {
      expect(await ask('examineAll()', 0)).toEqual({
        indexedDB: flawless,
        localStorage: flawless,
        sessionStorage: flawless,
        memory: flawless,
      })
    })

    test('a key that must not get out comes back, and works', async () => {
      expect(await ask('keepKey()', 0)).toEqual({ extractable: false, text: [1, 2] })
    })

    test(`${String(count)} cold pages end with one key, and open what each has sealed`, async () => {
      expect(await ask("keep('keys', undefined)", 0)).toBe('fulfilled')
      const moment = Date.now() + 500
      for (let page = 0; page < count; page++)
        await pages[page]!.evaluate(`void vault.begin(${String(moment)}, ${String(page)})`)
      const outcomes: Sealing[] = []
      for (const page of pages) outcomes.push((await page.evaluate('vault.outcome()')) as Sealing)
      const slowest = Math.max(...outcomes.map(({ milliseconds }) => milliseconds))
      console.log(
        `${name}: ${count} cold pages had keys and a record sealed in ${slowest} ms at most`,
      )
      expect(outcomes.map(({ atRest }) => atRest)).toEqual(outcomes.map(() => 'encrypted'))
      expect(new Set(outcomes.map(({ keys }) => keys)).size).toBe(1)
      expect(new Set(outcomes.map(({ name }) => name)).size).toBe(1)
      for (const page of [0, count - 1])
        expect(await pages[page]!.evaluate(`vault.openAll(${String(count)})`)).toEqual(
          outcomes.map((_, number) => `canary-${String(number)}`),
        )
      expect(await pages[0]!.evaluate('vault.exportKey()')).toBe('InvalidAccessError')
    })

    test('no canary is in the database, but where records are plain', async () => {
      expect(await pages[0]!.evaluate('vault.search()')).toEqual([false, true])
    })

    test.each(['gone', 'copied', 'other'])(
      'keys that are %s are lost, and made anew',
      async (how) => {
        expect(await pages[0]!.evaluate(`vault.damage('${how}')`)).toEqual([
          'key-lost',
          'encrypted',
          { n: 2 },
        ])
      },
    )

    test('a storage of texts gets no keys', async () => {
      expect(await pages[0]!.evaluate('vault.inTexts()')).toEqual(['plain', null])
    })

    test('what cannot be cloned takes along what was put before it', async () => {
      expect(await ask('putHalf()', 0)).toEqual(['DataCloneError', 'nothing'])
    })

    test('an aborted transaction is tried once more, and has written nothing', async () => {
      expect(await ask('abort(1)', 0)).toEqual(['fulfilled', 2, 2])
      expect(await ask('abort(2)', 0)).toEqual(['AbortError', 1, 1])
    })

    test('a connection that was closed is opened again', async () => {
      expect(await ask('loseConnection()', 0)).toEqual({ was: 1, is: 2 })
    })

    test('one page deletes the database under all the others: at once, and they go on', async () => {
      expect(await ask("keep('a', 1)", 1)).toBe('fulfilled')
      expect(await ask('deleteDatabase()', 0)).toBe('at once')
      expect(await ask("find('a')", 1)).toBe('nothing')
      expect(await ask("keep('a', 2)", 1)).toBe('fulfilled')
      expect(await ask("find('a')", 2)).toBe(2)
    })

    test('a database without its stores gets them; one of a later version is used', async () => {
      expect(await ask('mend()', 0)).toEqual(['at once', 1, 1])
      expect(await ask("find('a')", 1)).toBe(1)
    })

    test('texts that do not fit are held in memory, until there is room', async () => {
      expect(await ask("overfill('localStorage', 6_000_000)", 0)).toEqual(overfilled)
    })

    test.skipIf(name !== 'Chromium')('so is what does not fit into the database', async () => {
      // Another one: for half a minute, this browser knows by heart how much room there was.
      const context = await (pages[0] as ChromiumPage).context().browser()!.newContext()
      const page = await context.newPage()
      const session = await context.newCDPSession(page)
      const origin = `http://127.0.0.1:${portOf(site)}`
      await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 2_000_000 })
      await page.goto(`${origin}/`)
      expect(await page.evaluate("storage.overfill('indexedDB', 8_000_000)")).toEqual(overfilled)
      await context.close()
    })

    test.skipIf(name !== 'Chromium')(
      'site data that somebody clears are gone; pages go on',
      async () => {
        const page = pages[0] as ChromiumPage
        const session = await page.context().newCDPSession(page)
        expect(await ask("keep('a', 1)", 1)).toBe('fulfilled')
        const { origin } = new URL(page.url())
        await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' })
        // While it is being cleared the browser may close a connection twice in a row: that is told.
        const find = () => ask("find('a')", 1).catch((error: unknown) => String(error))
        await expect.poll(find, { timeout: 10_000 }).toBe('nothing')
        expect(await ask("keep('a', 2)", 1)).toBe('fulfilled')
        expect(await ask("find('a')", 0)).toBe(2)
      },
    )
  })
