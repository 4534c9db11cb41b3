// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest'
import { createAuth } from '../src/index.ts'
import type { FetchInit } from '../src/index.ts'

// In a page: there is a document, and the globals are the page's.

const page = globalThis as unknown as { document: object; navigator: { locks: object | null } }
const good = { userPoolId: 'eu-west-1_Ab12Cd34E', clientId: '4f7c1a2b3c' }

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

test('the environment is a page whose navigator has nothing but names', () => {
  expect(page.document).toHaveProperty('body')
  // What this environment is known for; later parts must look before they use.
  expect(page.navigator.locks).toBeNull()
})

test('a client secret in a page is warned of, without naming it', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  createAuth({ ...good, clientSecret: 'do-not-print-this' })
  expect(warn).toHaveBeenCalledTimes(1)
  expect(warn.mock.calls.join()).toContain('clientSecret')
  expect(warn.mock.calls.join()).not.toContain('do-not-print-this')
})

test('nothing is warned of without a secret', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  createAuth(good)
  expect(warn).not.toHaveBeenCalled()
})

test("the page's fetch is looked up at each call and called as nobody's method", async () => {
  const auth = createAuth(good)
  const inits: FetchInit[] = []
  vi.stubGlobal('fetch', function (this: unknown, _url: string, init: FetchInit) {
    if (this !== undefined && this !== globalThis) throw new TypeError('Illegal invocation')
    inits.push(init)
    return Promise.resolve(new Response('{"Username":"ada","UserAttributes":[]}'))
  })
  const output = await auth.call('GetUser', { AccessToken: 'token' })
  expect(output).toEqual({ Username: 'ada', UserAttributes: [] })
  expect(inits).toHaveLength(1)
  expect(inits[0]).toMatchObject({ credentials: 'omit', redirect: 'error', mode: 'cors' })
})
