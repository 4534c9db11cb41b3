import type { Server } from 'node:http'
import type { Browser, CDPSession, Page as Tab } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type * as latchkey from '../../src/index.ts'
import { listen } from '../../src/local/node.ts'
import type { Listening } from '../../src/local/node.ts'
import type { LocalPool } from '../../src/local/index.ts'
import { hasChromium, launchChromium } from '../browser/chromium.ts'
import { listen as serve, portOf, strictPolicy } from '../browser/site.ts'
import { bundle } from '../bundle.ts'
import { newPool, password, signIn } from './raw.ts'

// Passkeys of a real browser. The page talks to the pool over HTTP, from another origin, so that the
// preflight and the headers are a browser's to judge as well.

/** What the page's script leaves for the tests. */
interface Page {
  readonly latchkey: typeof latchkey
}

/** The part of the page's globals that the ceremonies need; this project has no types of the DOM. */
interface Ceremonies {
  readonly navigator: {
    readonly credentials: {
      create(options: object): Promise<{ toJSON(): Json } | null>
      get(options: object): Promise<{ toJSON(): Json } | null>
    }
  }
  readonly PublicKeyCredential: {
    parseCreationOptionsFromJSON(options: object): object
    parseRequestOptionsFromJSON(options: object): object
  }
}

type Json = Readonly<Record<string, unknown>> & {
  readonly id: string
  readonly response: Readonly<Record<string, unknown>>
}

/** Where the page finds what it needs. */
interface Place {
  readonly endpoint: string
  readonly userPoolId: string
  readonly clientId: string
}

describe.skipIf(!hasChromium())("Chromium's virtual authenticator", () => {
  let browser: Browser
  let page: Tab
  let devtools: CDPSession
  let site: Server
  let pool: LocalPool
  let listening: Listening
  let place: Place
  let AccessToken: string
  let authenticatorId: string

  beforeAll(async () => {
    pool = await newPool({
      pool: {
        Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } },
        WebAuthnConfiguration: { RelyingPartyId: 'localhost', UserVerification: 'required' },
      },
    })
    pool.users.create({ username: 'ada', password })
    ;({ AccessToken } = await signIn(pool, 'ada'))
    listening = await listen(pool)
    place = {
      endpoint: listening.endpoint,
      userPoolId: pool.userPoolId,
      clientId: pool.clientId,
    }
    const script = await bundle(
      "import * as latchkey from './src/index.ts'; globalThis.latchkey = latchkey",
    )
    site = await serve((request, response) => {
      const isScript = request.url === '/latchkey.js'
      response.writeHead(200, {
        'content-type': isScript ? 'text/javascript' : 'text/html',
        'content-security-policy': strictPolicy(listening.endpoint),
      })
      response.end(
        isScript
          ? script
          : '<!doctype html><title>page</title><script src="/latchkey.js"></script>',
      )
    })
    browser = await launchChromium()
    page = await browser.newPage()
    await page.goto(`http://localhost:${portOf(site)}/`)
    devtools = await page.context().newCDPSession(page)
    await devtools.send('WebAuthn.enable')
    ;({ authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true },
        ...{ hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
      },
    }))
  })
  afterAll(async () => {
    await browser.close()
    site.close()
    await listening.close()
  })

  /** Registers a passkey in the page; gives the credential, and the error's name where it is refused. */
  const register = (alg: number, changes: Readonly<Record<string, unknown>> = {}) =>
    page.evaluate(
      async ({ place, AccessToken, alg, changes }) => {
        const { navigator, PublicKeyCredential, latchkey } = globalThis as unknown as Ceremonies &
          Page
        const auth = latchkey.createAuth(place)
        const { CredentialCreationOptions } = await auth.call('StartWebAuthnRegistration', {
          AccessToken,
        })
        const options = {
          ...CredentialCreationOptions,
          pubKeyCredParams: [{ type: 'public-key', alg }],
        }
        const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options)
        const made = (await navigator.credentials.create({ publicKey }))!.toJSON()
        const Credential = { ...made, response: { ...made.response, ...changes } }
        try {
          await auth.call('CompleteWebAuthnRegistration', { AccessToken, Credential })
          return { made }
        } catch (error) {
          return { made, refused: (error as { service?: string }).service }
        }
      },
      { place, AccessToken, alg, changes },
    )

  /** Signs in by a passkey in the page, with an answer that may be changed. */
  const assert = (changes: Readonly<Record<string, unknown>> = {}) =>
    page.evaluate(
      async ({ place, changes }) => {
        const { navigator, PublicKeyCredential, latchkey } = globalThis as unknown as Ceremonies &
          Page
        const auth = latchkey.createAuth(place)
        const step = await auth.call('InitiateAuth', {
          AuthFlow: 'USER_AUTH',
          AuthParameters: { USERNAME: 'ada', PREFERRED_CHALLENGE: 'WEB_AUTHN' },
        })
        const text = step.ChallengeParameters!['CREDENTIAL_REQUEST_OPTIONS']!
        const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
          JSON.parse(text) as object,
        )
        const made = (await navigator.credentials.get({ publicKey }))!.toJSON()
        const credential = { ...made, response: { ...made.response, ...changes } }
        try {
          const { AuthenticationResult } = await auth.call('RespondToAuthChallenge', {
            ChallengeName: 'WEB_AUTHN',
            ChallengeResponses: { USERNAME: 'ada', CREDENTIAL: JSON.stringify(credential) },
            Session: step.Session!,
          })
          const token = AuthenticationResult!.AccessToken!
          const user = await auth.call('GetUser', { AccessToken: token })
          return { made, username: user.Username }
        } catch (error) {
          const { service, requestId } = error as { service?: string; requestId?: string }
          return { made, refused: service, requestId }
        }
      },
      { place, changes },
    )

  describe.each([
    ['ES256', -7],
    ['RS256', -257],
  ] as const)('%s', (_, alg) => {
    test('a registration of its making is taken', async () => {
      for (const CredentialId of pool.users.get('ada')!.passkeys)
        await page.evaluate(
          async ({ place, AccessToken, CredentialId }) => {
            const { latchkey } = globalThis as unknown as Page
            const auth = latchkey.createAuth(place)
            await auth.call('DeleteWebAuthnCredential', { AccessToken, CredentialId })
          },
          { place, AccessToken, CredentialId },
        )
      await devtools.send('WebAuthn.clearCredentials', { authenticatorId })
      const { made, refused } = await register(alg)
      expect(refused).toBeUndefined()
      expect(made.response['publicKeyAlgorithm']).toBe(alg)
      expect(pool.users.get('ada')?.passkeys).toEqual([made.id])
    })

    test('assertions of its making sign in, one after the other', async () => {
      for (let i = 0; i < 3; i++) expect(await assert()).toMatchObject({ username: 'ada' })
    })

    test('an assertion that was changed is refused, and the page is told why', async () => {
      const { made } = await assert()
      const { signature, authenticatorData } = made.response
      for (const changes of [{ signature }, { authenticatorData }, { userHandle: 'c29tZWJvZHk' }]) {
        const refused = await assert(changes)
        expect(refused).toMatchObject({ refused: 'NotAuthorizedException' })
        expect(refused.requestId).toMatch(/^[\da-f-]{36}$/)
      }
      expect(await assert()).toMatchObject({ username: 'ada' })
    })
  })

  test('the same authenticator does not register twice for one account', async () => {
    await expect(register(-7)).rejects.toThrow('InvalidStateError')
  })

  test('a registration whose client data is of another ceremony is refused', async () => {
    await devtools.send('WebAuthn.clearCredentials', { authenticatorId })
    const first = await register(-7)
    await devtools.send('WebAuthn.clearCredentials', { authenticatorId })
    const { clientDataJSON } = first.made.response
    expect(await register(-7, { clientDataJSON })).toMatchObject({
      refused: 'WebAuthnChallengeNotFoundException',
    })
  })

  test('a person who is not verified is refused where that is required', async () => {
    await devtools.send('WebAuthn.clearCredentials', { authenticatorId })
    await register(-7)
    expect(await assert()).toMatchObject({ username: 'ada' })
    await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
    await expect(assert()).rejects.toThrow('NotAllowedError')
    await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true })
  })
})
