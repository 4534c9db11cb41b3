import type { Server } from 'node:http'
import type { Browser, CDPSession, Page as Tab } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type * as latchkey from '../../src/index.ts'
import type {
  Auth,
  AuthErrorCode,
  AutofillOptions,
  RestingStep,
  SignInFlow,
  SignInInput,
} from '../../src/index.ts'
import type { LocalPool } from '../../src/local/index.ts'
import { listen as listenForPool } from '../../src/local/node.ts'
import type { Listening } from '../../src/local/node.ts'
import { hasChromium, launchChromium } from '../browser/chromium.ts'
import { listen, portOf, strictPolicy } from '../browser/site.ts'
import { bundle } from '../bundle.ts'
import { firstFactors } from './passkey-world.ts'
import { lastCode, openPool, password, requestsOf } from './world.ts'

// Flows in a real page: the browser's own passkeys, its sessionStorage, its reload and its windows. The
// page talks to the pool over HTTP, from another origin.

/** What the page's script leaves for the tests. */
interface Page {
  readonly latchkey: typeof latchkey
  readonly ceremonies: readonly string[]
  readonly auth: Auth
  flow: SignInFlow
  /** What was begun and is not over. */
  given: Promise<RestingStep>
  readonly navigator: {
    readonly credentials: {
      create(options: object): Promise<{ toJSON(): object } | null>
      get(options: object): Promise<object | null>
    }
  }
  readonly PublicKeyCredential: { parseCreationOptionsFromJSON(options: object): object }
  readonly sessionStorage: { readonly length: number }
  open(address: string): unknown
}

/** A step, as far as it gets out of a page. */
interface Shown {
  readonly at: RestingStep['at']
  readonly username?: string
  readonly error?: AuthErrorCode
  readonly others?: readonly string[]
}

const eve = { username: 'eve', password }
const byPasskey = { username: 'eve', prefer: 'WEB_AUTHN', rememberPasskeyName: true } as const
const two = ['InitiateAuth', 'RespondToAuthChallenge']

describe.skipIf(!hasChromium())('in Chromium', () => {
  let browser: Browser
  let page: Tab
  let devtools: CDPSession
  let authenticatorId: string
  let site: Server
  let pool: LocalPool
  let listening: Listening

  beforeAll(async () => {
    pool = await openPool({
      pool: {
        Policies: { SignInPolicy: { AllowedFirstAuthFactors: firstFactors } },
        WebAuthnConfiguration: { RelyingPartyId: 'localhost', UserVerification: 'required' },
        MfaConfiguration: 'OPTIONAL',
        EnabledMfas: ['SMS_MFA'],
      },
    })
    pool.users.create({ ...eve, attributes: { email: 'eve@example.com' } })
    pool.users.create({
      ...{ username: 'ann', password, mfa: ['SMS_MFA'] },
      attributes: { phone_number: '+491701234567' },
    })
    listening = await listenForPool(pool)
    const { endpoint } = listening
    const { userPoolId, clientId } = pool
    const script = await bundle(`
      import * as latchkey from './src/index.ts'
      const options = ${JSON.stringify({ endpoint, userPoolId, clientId })}
      globalThis.latchkey = latchkey
      globalThis.ceremonies = []
      const { credentials } = navigator
      const get = credentials.get.bind(credentials)
      credentials.get = (options) => {
        const asking = get(options)
        ceremonies.push(options.mediation ?? 'modal')
        asking.then(() => ceremonies.push('used'), ({ name }) => ceremonies.push(name))
        return asking
      }
      globalThis.auth = latchkey.createAuth({ ...options, storage: localStorage })
      globalThis.flow = latchkey.signIn(globalThis.auth)
    `)
    site = await listen((request, response) => {
      const isScript = request.url === '/latchkey.js'
      response.writeHead(200, {
        'content-type': isScript ? 'text/javascript' : 'text/html',
        'content-security-policy': strictPolicy(endpoint),
      })
      response.end(
        isScript
          ? script
          : `<!doctype html><title>page</title><input autocomplete="username webauthn">
             <script src="/latchkey.js"></script>`,
      )
    })
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser.close()
    site.close()
    await listening.close()
  })

  beforeEach(async () => {
    // A context of its own: nothing of another test is in its storages.
    page = await (await browser.newContext()).newPage()
    await page.goto(`http://localhost:${portOf(site)}/`)
    devtools = await page.context().newCDPSession(page)
    await devtools.send('WebAuthn.enable')
    ;({ authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true },
        ...{ hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
      },
    }))
    return () => page.context().close()
  })

  /** Whether somebody touches the authenticator as soon as it asks. */
  const touches = (enabled: boolean) =>
    devtools.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled })

  /** Registers a passkey of the page's. */
  const register = async (): Promise<void> => {
    await page.evaluate(async (password) => {
      const { auth, navigator, PublicKeyCredential } = globalThis as unknown as Page
      const { AuthenticationResult } = await auth.call('InitiateAuth', {
        AuthFlow: 'USER_PASSWORD_AUTH',
        AuthParameters: { USERNAME: 'eve', PASSWORD: password },
      })
      const AccessToken = AuthenticationResult!.AccessToken!
      const started = await auth.call('StartWebAuthnRegistration', { AccessToken })
      const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
        started.CredentialCreationOptions,
      )
      const Credential = (await navigator.credentials.create({ publicKey }))!.toJSON()
      await auth.call('CompleteWebAuthnRegistration', { AccessToken, Credential })
    }, password)
    pool.requests.splice(0)
  }

  /** Begins, without waiting for what comes of it. */
  const start = (input: SignInInput): Promise<void> =>
    page.evaluate((input) => {
      const it = globalThis as unknown as Page
      it.given = it.flow.begin(input)
    }, input)

  /** Offers a passkey, without waiting. */
  const offer = (options: AutofillOptions = {}): Promise<void> =>
    page.evaluate((options) => {
      const it = globalThis as unknown as Page
      it.given = it.flow.autofill(options)
    }, options)

  /** What comes of what was begun. */
  const outcome = (tab = page): Promise<Shown> =>
    tab.evaluate(async () => {
      const step = (await (globalThis as unknown as Page).given) as RestingStep & {
        others?: string[]
      }
      const { at, username, error, others } = step
      return {
        ...{ at, ...(username === undefined ? {} : { username }) },
        ...(error ? { error: error.code } : {}),
        ...(others ? { others } : {}),
      }
    })

  const begin = async (input: SignInInput): Promise<Shown> => {
    await start(input)
    return outcome()
  }

  const cancel = (): Promise<void> =>
    page.evaluate(() => {
      ;(globalThis as unknown as Page).flow.cancel()
    })

  /** What became of the page's ceremonies, in its order. */
  const ceremonies = (): Promise<readonly string[]> =>
    page.evaluate(() => (globalThis as unknown as Page).ceremonies)

  describe('a passkey', () => {
    test('signs in', async () => {
      await register()
      expect(await begin(byPasskey)).toEqual({ at: 'signedIn', username: 'eve' })
      expect(requestsOf(pool)).toEqual(two)
    })

    test('whose ceremony was aborted signs in with the next one', async () => {
      await register()
      await touches(false)
      await start(byPasskey)
      await expect.poll(ceremonies).toEqual(['modal'])
      await cancel()
      expect(await outcome()).toEqual({ at: 'start' })
      await start(byPasskey)
      await expect.poll(ceremonies).toEqual(['modal', 'AbortError', 'modal'])
      // Here the old one still runs, and the browser would refuse a second.
      await touches(true)
      expect(await begin(byPasskey)).toEqual({ at: 'signedIn', username: 'eve' })
      const aborted = ['modal', 'AbortError', 'modal', 'AbortError']
      expect(await ceremonies()).toEqual([...aborted, 'modal', 'used'])
    })

    test('of a person who is not verified is none, and the other factors stay', async () => {
      await register()
      await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
      const step = await begin(byPasskey)
      expect(step).toMatchObject({ at: 'passkey', error: 'passkey-cancelled' })
      expect(step.others).toContain('EMAIL_OTP')
    })

    test('of another domain is told from all else', async () => {
      await register()
      pool.configure({ pool: { WebAuthnConfiguration: { RelyingPartyId: 'example.com' } } })
      const step = await begin(byPasskey)
      pool.configure({ pool: { WebAuthnConfiguration: { RelyingPartyId: 'localhost' } } })
      expect(step).toMatchObject({ at: 'passkey', error: 'passkey-domain-mismatch' })
    })
  })

  describe('suggestions', () => {
    test('that are open give way to a ceremony of its own', async () => {
      await register()
      await begin(byPasskey)
      await page.reload()
      requestsOf(pool)
      await touches(false)
      await page.focus('input')
      await offer()
      await expect.poll(ceremonies).toEqual(['conditional'])
      expect(requestsOf(pool)).toEqual(['InitiateAuth'])
      await touches(true)
      expect(await begin(byPasskey)).toEqual({ at: 'signedIn', username: 'eve' })
      expect(await ceremonies()).toEqual(['conditional', 'AbortError', 'modal', 'used'])
    })

    test('sign in who is remembered, with one ceremony', async () => {
      await register()
      await begin(byPasskey)
      await page.reload()
      requestsOf(pool)
      await page.focus('input')
      await offer()
      expect(await outcome()).toEqual({ at: 'signedIn', username: 'eve' })
      expect(await ceremonies()).toEqual(['conditional', 'used'])
      expect(requestsOf(pool)).toEqual(two)
    })

    test('that discover sign in who is not, with two', async () => {
      await register()
      await page.focus('input')
      await offer({ discover: true, rpId: 'localhost' })
      const { sub } = pool.users.get('eve')!
      expect(await outcome()).toEqual({ at: 'signedIn', username: sub })
      expect(await ceremonies()).toEqual(['conditional', 'used', 'modal', 'used'])
      expect(requestsOf(pool)).toEqual(two)
    })

    test('are not made where nobody is remembered', async () => {
      await register()
      await offer()
      expect(await outcome()).toEqual({ at: 'start' })
      expect(requestsOf(pool)).toEqual([])
    })
  })

  describe('a sign-in at its second factor', () => {
    const answer = async (tab: Tab, code: string): Promise<Shown> => {
      await tab.evaluate((code) => {
        const it = globalThis as unknown as Page
        it.given = it.flow.resume().then((step) => it.flow.answer(step as never, { code }))
      }, code)
      return outcome(tab)
    }
    const resume = async (tab: Tab): Promise<Shown> => {
      await tab.evaluate(() => {
        const it = globalThis as unknown as Page
        it.given = it.flow.resume()
      })
      return outcome(tab)
    }

    test('goes on after a reload', async () => {
      expect(await begin({ username: 'ann', password })).toMatchObject({ at: 'code' })
      await page.reload()
      expect(await resume(page)).toMatchObject({ at: 'code', username: 'ann' })
      expect(pool.outbox.messages).toHaveLength(1)
      await page.reload()
      expect(await answer(page, lastCode(pool))).toEqual({ at: 'signedIn', username: 'ann' })
      expect(await page.evaluate(() => (globalThis as unknown as Page).sessionStorage.length)).toBe(
        0,
      )
      await page.reload()
      expect(await resume(page)).toEqual({ at: 'start' })
    })

    test('that a window copied and used up begins anew here, with the name', async () => {
      expect(await begin({ username: 'ann', password })).toMatchObject({ at: 'code' })
      const opening = page.waitForEvent('popup')
      await page.evaluate(() => {
        ;(globalThis as unknown as Page).open('/')
      })
      const copy = await opening
      await copy.waitForLoadState()
      expect(await answer(copy, lastCode(pool))).toEqual({ at: 'signedIn', username: 'ann' })
      await page.reload()
      expect(await answer(page, lastCode(pool))).toEqual({
        at: 'start',
        username: 'ann',
        error: 'session-used',
      })
    })
  })
})
