import * as amplify from 'aws-amplify/auth'
import { afterAll, afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { fromBase64Url, toBase64Url } from '../../src/bytes.ts'
import { signIn, signUp } from '../../src/index.ts'
import type { Auth, SignInInput } from '../../src/index.ts'
import type { LocalPool } from '../../src/local/index.ts'
import { listen } from '../../src/local/node.ts'
import { configureAmplify } from '../local/amplify-app.ts'
import { appOf, at, lastCode, openPool, openStorage, password, requestsOf } from './world.ts'
import type { PoolOptions } from './world.ts'

// How many requests a sign-in costs. Ours are a promise; those of aws-amplify, which comes from npm and
// of which nothing is replaced, are counted on the same pool and shown beside them.

const origin = 'https://app.example.com'
const email = 'ann@example.com'
const nextPassword = 'Entirely-new-1'

/** What a client is made to do, and who does it: each client has people of its own. */
interface Client {
  readonly pool: LocalPool
  readonly username: string
  /** Signs in with a first factor, or begins to. */
  begin(input?: { readonly factor?: 'EMAIL_OTP' | 'WEB_AUTHN' }): Promise<void>
  /** Answers with a code or a new password, as far as this client tells them apart. */
  answer(answer: { readonly code: string } | { readonly password: string }): Promise<void>
  /** Makes an account, confirms it, and signs in. */
  join(): Promise<void>
  leave(): Promise<void>
  isSignedIn(): Promise<boolean>
}

type Authenticator = ReturnType<LocalPool['authenticator']>

function ours(pool: LocalPool, authenticator: Authenticator): Client {
  const username = 'ann'
  const open = (): Auth =>
    appOf(pool, {
      storage,
      passkeys: { get: ({ options }) => authenticator.get(options as never) },
    })
  const storage = openStorage()
  let auth = open()
  let flow = signIn(auth)
  return {
    pool,
    username,
    begin: async ({ factor } = {}) => {
      flow = signIn(auth)
      const input: SignInInput = factor
        ? { username, flow: 'USER_AUTH', prefer: factor }
        : { username, password }
      await flow.begin(input)
    },
    answer: async (answer) => {
      const { step } = flow
      if ('code' in answer) await flow.answer(at(step, 'code'), answer)
      else await flow.answer(at(step, 'newPassword'), answer)
    },
    join: async () => {
      const joining = signUp(auth)
      const step = at(
        await joining.begin({ username, password, attributes: { email } }),
        'confirmSignUp',
      )
      at(await joining.answer(step, { code: lastCode(pool) }), 'signedIn')
    },
    // Another page over the same storage, where nobody is signed in.
    leave: () => {
      for (const key of storage.texts.keys()) if (key.endsWith('.session')) storage.removeItem(key)
      auth = open()
      return Promise.resolve()
    },
    isSignedIn: () =>
      auth.session.tokens().then(
        () => true,
        () => false,
      ),
  }
}

function amplifys(pool: LocalPool, endpoint: string): Client {
  const username = 'ada'
  configureAmplify({ pool, endpoint })
  return {
    pool,
    username,
    begin: async ({ factor } = {}) => {
      const options = factor && { authFlowType: 'USER_AUTH' as const, preferredChallenge: factor }
      await amplify.signIn(options ? { username, options } : { username, password })
    },
    answer: async (answer) => {
      const challengeResponse = 'code' in answer ? answer.code : answer.password
      await amplify.confirmSignIn({ challengeResponse })
    },
    join: async () => {
      const autoSignIn = { authFlowType: 'USER_AUTH' } as const
      const options = { userAttributes: { email: 'ada@example.com' }, autoSignIn }
      await amplify.signUp({ username, password, options })
      await amplify.confirmSignUp({ username, confirmationCode: lastCode(pool) })
      // It does nothing at all when it did the same less than 300 ms before.
      await new Promise((resolve) => setTimeout(resolve, 350))
      await amplify.autoSignIn()
    },
    leave: async () => {
      await amplify.signOut()
    },
    isSignedIn: async () => (await amplify.fetchAuthSession()).tokens !== undefined,
  }
}

/** The page that Amplify believes to be in: it names devices by it, and asks it for passkeys. */
function stubPage(authenticator: Authenticator): void {
  // All that Amplify looks at is which class something is of.
  const PublicKeyCredential = class extends Object {}
  const AuthenticatorAssertionResponse = class extends Object {}
  const buffer = (text: unknown): ArrayBuffer =>
    Uint8Array.from(fromBase64Url(String(text))!).buffer
  const text = (bytes: ArrayBuffer): string => toBase64Url(new Uint8Array(bytes))
  const get = async ({ publicKey }: { readonly publicKey: PublicKey }) => {
    const { challenge, allowCredentials, rpId } = publicKey
    const { response, id } = await authenticator.get({
      challenge: text(challenge),
      allowCredentials: allowCredentials.map((one) => ({ id: text(one.id) })),
      rpId,
    })
    const buffers = Object.entries(response).map(([name, value]) => [name, buffer(value)])
    return Object.assign(new PublicKeyCredential(), {
      ...{ id, rawId: buffer(id), type: 'public-key', getClientExtensionResults: () => ({}) },
      response: Object.assign(
        new AuthenticatorAssertionResponse(),
        Object.fromEntries(buffers) as object,
      ),
    })
  }
  const navigator = {
    userAgent: 'A browser',
    platform: 'Any',
    language: 'en',
    credentials: { get },
  }
  vi.stubGlobal('navigator', navigator)
  vi.stubGlobal('PublicKeyCredential', PublicKeyCredential)
  vi.stubGlobal('AuthenticatorAssertionResponse', AuthenticatorAssertionResponse)
  const page = { document: {}, isSecureContext: true, PublicKeyCredential, navigator }
  vi.stubGlobal('window', Object.assign(new EventTarget(), page))
}

interface PublicKey {
  readonly challenge: ArrayBuffer
  readonly allowCredentials: readonly { readonly id: ArrayBuffer }[]
  readonly rpId: string
}

/** Somebody of a pool gets a passkey. */
async function givePasskey(pool: LocalPool, username: string, authenticator: Authenticator) {
  const auth = appOf(pool)
  const input = { username, password, flow: 'USER_PASSWORD_AUTH' } as const
  at(await signIn(auth).begin(input), 'signedIn')
  const { accessToken: AccessToken } = await auth.session.tokens()
  const { CredentialCreationOptions: options } = await auth.call('StartWebAuthnRegistration', {
    AccessToken,
  })
  const Credential = await authenticator.create(options as never)
  await auth.call('CompleteWebAuthnRegistration', { AccessToken, Credential })
}

/** A way to sign in, and how many requests ours makes for it on a device that the pool does not track. */
interface Way {
  readonly requests: number
  readonly pool?: PoolOptions['pool']
  /** What somebody is like; without it nobody is there yet. */
  readonly person?: Omit<Parameters<LocalPool['users']['create']>[0], 'username'>
  readonly hasPasskey?: true
  live(client: Client): Promise<void>
}

const firstFactors = {
  Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP', 'WEB_AUTHN'] } },
} as const

const ways: Readonly<Record<string, Way>> = {
  SRP: { requests: 2, person: { password }, live: (client) => client.begin() },
  passkey: {
    requests: 2,
    pool: { ...firstFactors, WebAuthnConfiguration: { RelyingPartyId: 'example.com' } },
    person: { password },
    hasPasskey: true,
    live: (client) => client.begin({ factor: 'WEB_AUTHN' }),
  },
  'e-mail OTP': {
    requests: 2,
    pool: firstFactors,
    person: { attributes: { email } },
    live: async (client) => {
      await client.begin({ factor: 'EMAIL_OTP' })
      await client.answer({ code: lastCode(client.pool) })
    },
  },
  'new password': {
    requests: 3,
    person: { password, temporary: true },
    live: async (client) => {
      await client.begin()
      await client.answer({ password: nextPassword })
    },
  },
  TOTP: {
    requests: 3,
    pool: { MfaConfiguration: 'OPTIONAL', EnabledMfas: ['SOFTWARE_TOKEN_MFA'] },
    person: { password, mfa: ['SOFTWARE_TOKEN_MFA'] },
    live: async (client) => {
      await client.begin()
      await client.answer({ code: client.pool.totp(client.username) })
    },
  },
  'sign-up to signed in': {
    requests: 3,
    pool: { AutoVerifiedAttributes: ['email'] },
    live: (client) => client.join(),
  },
}

const tracking = {
  DeviceConfiguration: {
    ChallengeRequiredOnNewDevice: true,
    DeviceOnlyRememberedOnUserPrompt: false,
  },
}

/** A pool with the people of a way, and both clients in front of it. */
async function openWay({ pool: settings, person, hasPasskey }: Way, tracks: boolean) {
  const pool = await openPool({ pool: settings })
  const listening = await listen(pool)
  onTestFinished(() => listening.close())
  const authenticator = pool.authenticator({ origin })
  stubPage(authenticator)
  const clients = [ours(pool, authenticator), amplifys(pool, listening.endpoint)] as const
  for (const { username } of clients) {
    if (!person) continue
    pool.users.create({ username, ...person })
    if (hasPasskey) await givePasskey(pool, username, authenticator)
  }
  if (tracks) pool.configure({ pool: tracking })
  return clients
}

/** The requests of a client for a way. */
async function requestsFor(client: Client, way: Way): Promise<string[]> {
  requestsOf(client.pool)
  await way.live(client)
  const requests = requestsOf(client.pool)
  expect(await client.isSignedIn()).toBe(true)
  return requests
}

const table: Record<string, Readonly<Record<'ours' | 'Amplify', number>>> = {}

/** Counts both, and holds ours against what was promised. */
async function count(name: string, clients: readonly [Client, Client], way: Way): Promise<void> {
  const [our, their] = clients
  const requests = await requestsFor(our, way)
  const theirs = await requestsFor(their, way)
  table[name] = { ours: requests.length, Amplify: theirs.length }
  console.log(`${name}: ${requests.join(', ')}; Amplify: ${theirs.join(', ')}`)
  expect(requests).toHaveLength(way.requests)
  // None was in vain.
  expect(requests.join()).not.toContain('Exception')
  // Should theirs ever need fewer, ours could too.
  expect(theirs.length).toBeGreaterThanOrEqual(requests.length)
}

beforeEach(() => () => vi.unstubAllGlobals())

afterEach(async () => {
  await amplify.signOut()
})

afterAll(() => {
  console.table(table)
})

describe('requests', () => {
  const names = Object.keys(ways)

  test.each(names)('of %s', async (name) => {
    const way = ways[name]!
    await count(name, await openWay(way, false), way)
  })

  test.each(names)('of %s on a device that is new: one more', async (name) => {
    const way = ways[name]!
    await count(`${name}, new device`, await openWay(way, true), {
      ...way,
      requests: way.requests + 1,
    })
  })

  test('of SRP on a device that is remembered', async () => {
    const way = { ...ways['SRP']!, requests: 4 }
    const clients = await openWay(way, true)
    for (const client of clients) {
      await client.begin()
      await client.leave()
      expect(await client.isSignedIn()).toBe(false)
    }
    await count('SRP, remembered device', clients, way)
  })
})
