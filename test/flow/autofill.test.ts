import { afterEach, describe, expect, test, vi } from 'vitest'
import { signIn } from '../../src/index.ts'
import type { Fetch, Options, SignInFlow, SignInInput } from '../../src/index.ts'
import {
  clockOf,
  eve,
  openDevice,
  openPasskeyPool,
  register,
  rpId,
  settled,
  until,
} from './passkey-world.ts'
import type { Ceremony, Device } from './passkey-world.ts'
import { appOf, at, lastCode, openStorage, password, requestsOf } from './world.ts'
import type { PoolOptions } from './world.ts'

const byPasskey = { username: eve, prefer: 'WEB_AUTHN', rememberPasskeyName: true } as const
const two = ['InitiateAuth', 'RespondToAuthChallenge']
/** More than the service keeps a sign-in for. */
const sessionLife = 181_000

afterEach(() => {
  vi.unstubAllGlobals()
})

/** What requests say, in the order of the requests. */
interface Sent {
  readonly operation: string
  readonly ClientMetadata?: unknown
  readonly AuthParameters?: Readonly<Record<string, string>>
  readonly ChallengeResponses?: Readonly<Record<string, string>>
}

/** A pool, a device with a passkey of it, and apps beside them that have one storage. */
async function open(options: PoolOptions = {}) {
  const { pool, device, passkey } = await openPasskeyPool(options)
  const storage = openStorage()
  const tabStorage = openStorage()
  const timers: (() => void)[] = []
  const clock = clockOf(pool, timers)
  const sent: Sent[] = []
  const fetch: Fetch = (url, init) => {
    const operation = init.headers['X-Amz-Target'] ?? init.headers['x-amz-target'] ?? ''
    sent.push({ operation, ...(JSON.parse(init.body) as object) })
    return pool.fetch(url, init)
  }
  const app = (more: Partial<Options> = {}) =>
    appOf(pool, { passkeys: device.passkeys, storage, tabStorage, clock, fetch, ...more })
  /** The name that is remembered on the device. */
  const remembered = (): unknown => {
    const [, text = 'null'] = [...storage.texts].find(([key]) => key.endsWith('.passkey')) ?? []
    return (JSON.parse(text) as { username?: string } | null)?.username
  }
  /** Somebody signs in with a passkey, and what follows is looked at alone. */
  const signInOnce = async (input: SignInInput = byPasskey): Promise<void> => {
    at(await signIn(app()).begin(input), 'signedIn')
    requestsOf(pool)
    sent.splice(0)
    device.ceremonies.splice(0)
    device.atOnce = undefined
  }
  const opened = (count: number): Promise<void> => until(() => device.ceremonies.length === count)
  return {
    pool,
    device,
    passkey,
    storage,
    tabStorage,
    timers,
    sent,
    app,
    remembered,
    signInOnce,
    opened,
  }
}

const cancelling = ({ fail }: Ceremony): void => {
  fail('NotAllowedError')
}

describe('the name of a passkey is remembered', () => {
  test.each<[string, Partial<SignInInput>, unknown]>([
    ['where that is wanted', { rememberPasskeyName: true }, eve],
    ['as it was typed', { username: ` ${eve} `, rememberPasskeyName: true }, eve],
    ['not where it is not wanted', { rememberPasskeyName: false }, undefined],
    ['not by default', { rememberPasskeyName: undefined }, undefined],
    ['not of a password', { prefer: 'PASSWORD', password }, undefined],
  ])('%s', async (_, input, name) => {
    const { signInOnce, remembered } = await open()
    await signInOnce({ ...byPasskey, ...input })
    expect(remembered()).toBe(name)
  })

  test('not of a ceremony that was ended, even where another factor then signs in', async () => {
    const { pool, device, app, remembered } = await open()
    device.atOnce = cancelling
    const flow = signIn(app())
    const step = at(await flow.begin(byPasskey), 'passkey')
    const code = at(await flow.answer(step, { factor: 'EMAIL_OTP' }), 'code')
    at(await flow.answer(code, { code: lastCode(pool) }), 'signedIn')
    expect(remembered()).toBeUndefined()
  })

  test('not of a passkey that the service refused', async () => {
    const { device, app, remembered } = await open()
    device.atOnce = async ({ give, options }) => {
      const made = await device.authenticator.get(options)
      give({ ...made, response: { ...made.response, signature: 'AAAA' } })
    }
    const flow = signIn(app())
    const step = at(await flow.begin(byPasskey), 'passkey')
    expect(step.error).toMatchObject({ code: 'wrong-credentials' })
    const asked = at(await flow.answer(step, { factor: 'PASSWORD' }), 'password')
    at(await flow.answer(asked, { password }), 'signedIn')
    expect(remembered()).toBeUndefined()
  })

  test('until another passkey works on the device', async () => {
    const { pool, device, signInOnce, remembered } = await open()
    await signInOnce()
    pool.users.create({ username: 'ann', password })
    await register(pool, device.authenticator, 'ann')
    device.atOnce = (ceremony) => ceremony.use()
    await signInOnce({ ...byPasskey, username: 'ann' })
    expect(remembered()).toBe('ann')
  })
})

describe('suggestions for a name that is remembered', () => {
  test('sign in with two requests, by one ceremony in the field', async () => {
    const { pool, device, passkey, app, signInOnce, opened } = await open()
    await signInOnce()
    const auth = app()
    const flow = signIn(auth)
    const given = flow.autofill()
    await opened(1)
    expect(flow.step.at).toBe('start')
    const [{ mediation, options }] = device.ceremonies as [Ceremony]
    expect(mediation).toBe('conditional')
    expect(options).toMatchObject({ rpId, allowCredentials: [{ id: passkey.id }] })
    await device.ceremonies[0]!.use()
    expect(at(await given, 'signedIn')).toMatchObject({ username: eve, user: { username: eve } })
    expect(flow.step).toBe(await given)
    expect(requestsOf(pool)).toEqual(two)
    expect((await auth.session.tokens()).accessToken).toMatch(/^ey/)
  })

  test('send nothing before they are asked for, and nothing where nobody is remembered', async () => {
    const { pool, device, app, signInOnce } = await open()
    await signInOnce({ ...byPasskey, rememberPasskeyName: false })
    const flow = signIn(app())
    const before = flow.step
    await settled()
    expect(await flow.autofill()).toBe(before)
    expect(requestsOf(pool)).toEqual([])
    expect(device.ceremonies).toHaveLength(0)
  })

  test('keep nothing of a sign-in that nobody has begun', async () => {
    const { device, tabStorage, app, signInOnce, opened } = await open()
    await signInOnce()
    const given = signIn(app()).autofill()
    await opened(1)
    await settled()
    expect(tabStorage.texts.size).toBe(0)
    cancelling(device.ceremonies[0]!)
    at(await given, 'start')
  })

  test.each(['NotAllowedError', 'AbortError', 'NotSupportedError', 'SecurityError', 'TypeError'])(
    'that end with %s end silently',
    async (name) => {
      const { device, app, signInOnce, opened } = await open()
      await signInOnce()
      const flow = signIn(app())
      const before = flow.step
      const given = flow.autofill()
      await opened(1)
      device.ceremonies[0]!.fail(name)
      expect(await given).toBe(before)
      expect(flow.step).toBe(before)
    },
  )

  test('are good where the page is hidden by the window that asks for the finger', async () => {
    const { device, app, signInOnce, opened } = await open()
    await signInOnce()
    const document = { visibilityState: 'visible' }
    vi.stubGlobal('document', document)
    const given = signIn(app()).autofill()
    await opened(1)
    document.visibilityState = 'hidden'
    await device.ceremonies[0]!.use()
    at(await given, 'signedIn')
  })

  test('never lead to an id that the service did not name', async () => {
    const { pool, device, app, signInOnce, opened } = await open()
    await signInOnce()
    const flow = signIn(app())
    const before = flow.step
    const given = flow.autofill()
    await opened(1)
    device.ceremonies[0]!.give({ id: 'c3RyYW5nZXI', type: 'public-key', response: {} })
    expect(await given).toBe(before)
    expect(requestsOf(pool)).toEqual(['InitiateAuth'])
  })

  test('where the passkey is refused, the name is kept and so are the other factors', async () => {
    const { pool, device, app, signInOnce, opened } = await open()
    await signInOnce()
    const flow = signIn(app())
    const given = flow.autofill()
    await opened(1)
    const [{ options, give }] = device.ceremonies as [Ceremony]
    const made = await device.authenticator.get(options)
    give({ ...made, response: { ...made.response, signature: 'AAAA' } })
    const step = at(await given, 'start')
    expect(step).toMatchObject({ username: eve, error: { code: 'wrong-credentials' } })
    const code = at(await flow.begin({ username: eve, prefer: 'EMAIL_OTP' }), 'code')
    at(await flow.answer(code, { code: lastCode(pool) }), 'signedIn')
  })

  test('are not made while something is under way', async () => {
    const { pool, device, app, signInOnce } = await open()
    await signInOnce()
    const flow = signIn(app())
    const begun = flow.begin({ username: eve })
    expect(flow.step.at).toBe('busy')
    at(await flow.autofill(), 'start')
    const step = at(await begun, 'chooseFactor')
    expect(requestsOf(pool)).toEqual(['InitiateAuth'])
    expect(await flow.autofill()).toBe(step)
    expect(requestsOf(pool)).toEqual([])
    expect(device.ceremonies).toHaveLength(0)
  })
})

describe('the service is asked for suggestions', () => {
  test('once in the life of a session, however often the field is focused', async () => {
    const { pool, device, app, signInOnce, opened } = await open()
    await signInOnce()
    const flow = signIn(app())
    for (let times = 1; times <= 3; times++) {
      const given = flow.autofill()
      await opened(times)
      cancelling(device.ceremonies[times - 1]!)
      at(await given, 'start')
    }
    expect(requestsOf(pool)).toEqual(['InitiateAuth'])
    const challenges = device.ceremonies.map(({ options }) => options.challenge)
    expect(new Set(challenges).size).toBe(1)
    pool.clock.advance(sessionLife)
    const given = flow.autofill()
    await opened(4)
    await device.ceremonies[3]!.use()
    at(await given, 'signedIn')
    expect(requestsOf(pool)).toEqual(two)
  })

  test('once, although the form is opened again with a flow of its own', async () => {
    const { pool, device, app, signInOnce, opened } = await open()
    await signInOnce()
    const auth = app()
    const first = signIn(auth).autofill()
    await opened(1)
    cancelling(device.ceremonies[0]!)
    at(await first, 'start')
    const second = signIn(auth).autofill()
    await opened(2)
    await device.ceremonies[1]!.use()
    at(await second, 'signedIn')
    expect(requestsOf(pool)).toEqual(two)
  })

  test('again after a sign-in that used the session up', async () => {
    const { pool, device, app, signInOnce, opened } = await open()
    await signInOnce()
    const auth = app()
    for (const times of [1, 2]) {
      const given = signIn(auth).autofill()
      await opened(times)
      await device.ceremonies[times - 1]!.use()
      at(await given, 'signedIn')
    }
    expect(requestsOf(pool)).toEqual([...two, ...two])
  })

  test('never from a page that nobody sees', async () => {
    const { pool, device, app, signInOnce, opened } = await open()
    await signInOnce()
    const document = { visibilityState: 'hidden' }
    vi.stubGlobal('document', document)
    const flow = signIn(app())
    at(await flow.autofill(), 'start')
    expect(requestsOf(pool)).toEqual([])
    document.visibilityState = 'visible'
    const given = flow.autofill()
    await opened(1)
    expect(requestsOf(pool)).toEqual(['InitiateAuth'])
    await device.ceremonies[0]!.use()
    at(await given, 'signedIn')
  })

  test('and no ceremony begins in a page that was hidden meanwhile', async () => {
    const { pool, device, app, signInOnce, opened } = await open()
    await signInOnce()
    const document = { visibilityState: 'visible' }
    vi.stubGlobal('document', document)
    const flow = signIn(
      app({
        fetch: async (url, init) => {
          const response = await pool.fetch(url, init)
          document.visibilityState = 'hidden'
          return response
        },
      }),
    )
    at(await flow.autofill(), 'start')
    expect(device.ceremonies).toHaveLength(0)
    // Seen again: the same challenge serves.
    document.visibilityState = 'visible'
    const given = flow.autofill()
    await opened(1)
    cancelling(device.ceremonies[0]!)
    at(await given, 'start')
    expect(requestsOf(pool)).toEqual(['InitiateAuth'])
  })

  test('for the name that is remembered now', async () => {
    const { pool, device, sent, app, signInOnce, opened } = await open()
    await signInOnce()
    const auth = app()
    const first = signIn(auth).autofill()
    await opened(1)
    cancelling(device.ceremonies[0]!)
    at(await first, 'start')
    pool.users.create({ username: 'ann', password })
    await register(pool, device.authenticator, 'ann')
    device.atOnce = (ceremony) => ceremony.use()
    at(await signIn(auth).begin({ ...byPasskey, username: 'ann' }), 'signedIn')
    sent.splice(0)
    const second = await signIn(auth).autofill()
    expect(at(second, 'signedIn').user.username).toBe('ann')
    expect(sent[0]!.AuthParameters!['USERNAME']).toBe('ann')
  })

  test('with what its triggers are to be told', async () => {
    const { device, sent, app, signInOnce, opened } = await open()
    await signInOnce()
    const clientMetadata = { from: 'the form' }
    const given = signIn(app()).autofill({ clientMetadata })
    await opened(1)
    await device.ceremonies[0]!.use()
    at(await given, 'signedIn')
    expect(sent.map(({ ClientMetadata }) => ClientMetadata)).toEqual([
      clientMetadata,
      clientMetadata,
    ])
  })

  const answering =
    (output: object, status = 200): Fetch =>
    () =>
      Promise.resolve({
        status,
        headers: { get: () => null },
        text: () => Promise.resolve(JSON.stringify(output)),
      })
  const posing = (ChallengeName: string, ChallengeParameters: object = {}): Fetch =>
    answering({ ChallengeName, ChallengeParameters, Session: 'a session of the service' })
  const options = '{"challenge":"Y2hhbGxlbmdl","allowCredentials":[{"id":"aWQ"}]}'
  const ended = (name: string): Fetch => answering({ __type: name, message: '' }, 400)

  test.each<[string, Fetch]>([
    ['a choice', posing('SELECT_CHALLENGE')],
    ['a choice with options', posing('SELECT_CHALLENGE', { CREDENTIAL_REQUEST_OPTIONS: options })],
    ['a code', posing('EMAIL_OTP', { CODE_DELIVERY_DESTINATION: 'e***@e***' })],
    ['a password', posing('PASSWORD')],
    ['a proof', posing('PASSWORD_VERIFIER')],
    ['a question', posing('CUSTOM_CHALLENGE')],
    ['what is new', posing('RETINA')],
    ['a passkey without options', posing('WEB_AUTHN')],
    [
      'a passkey with options that are none',
      posing('WEB_AUTHN', { CREDENTIAL_REQUEST_OPTIONS: '{' }),
    ],
    ['tokens', answering({ AuthenticationResult: { AccessToken: 'a.b.c' } })],
    ['nothing', answering({})],
    ['NotAuthorizedException', ended('NotAuthorizedException')],
    ['UserNotFoundException', ended('UserNotFoundException')],
    ['UserNotConfirmedException', ended('UserNotConfirmedException')],
    ['PasswordResetRequiredException', ended('PasswordResetRequiredException')],
    ['InvalidParameterException', ended('InvalidParameterException')],
    ['a broken connection', () => Promise.reject(new TypeError('Failed to fetch'))],
  ])('and where it answers with %s, nobody notices', async (_, fetch) => {
    const { pool, device, tabStorage, app, signInOnce } = await open()
    await signInOnce()
    let count = 0
    const counting: Fetch = (url, init) => {
      count++
      return fetch(url, init)
    }
    const flow = signIn(app({ fetch: counting, timeout: 500 }))
    const before = flow.step
    let moves = 0
    flow.subscribe(() => moves++)
    expect(await flow.autofill()).toBe(before)
    const asked = count
    expect(asked).toBeGreaterThan(0)
    expect(await flow.autofill()).toBe(before)
    // Not even a name that does not work is asked about more often.
    expect(count).toBe(asked)
    expect(moves).toBe(0)
    expect(device.ceremonies).toHaveLength(0)
    expect(pool.outbox.messages).toHaveLength(0)
    expect(tabStorage.texts.size).toBe(0)
  })

  test('and no code is sent where the passkey was removed', async () => {
    const { pool, app, signInOnce } = await open()
    await signInOnce()
    const { AuthenticationResult } = await app().call('InitiateAuth', {
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: eve, PASSWORD: password },
    })
    await app().call('DeleteWebAuthnCredential', {
      AccessToken: AuthenticationResult!.AccessToken!,
      CredentialId: pool.users.get(eve)!.passkeys[0]!,
    })
    requestsOf(pool)
    at(await signIn(app()).autofill(), 'start')
    expect(requestsOf(pool)).toEqual(['InitiateAuth'])
    expect(pool.outbox.messages).toHaveLength(0)
  })
})

describe('where the session has run out when the person picks', () => {
  test('fresh options and one ceremony for that passkey follow', async () => {
    const { pool, device, app, signInOnce, opened } = await open()
    const second = await registerAnother(pool, device)
    await signInOnce()
    const flow = signIn(app())
    const given = flow.autofill()
    await opened(1)
    expect(device.ceremonies[0]!.options.allowCredentials).toHaveLength(2)
    pool.clock.advance(sessionLife)
    await device.ceremonies[0]!.use()
    await opened(2)
    const [first, fresh] = device.ceremonies as [Ceremony, Ceremony]
    expect(fresh.mediation).toBeUndefined()
    expect(fresh.options.challenge).not.toBe(first.options.challenge)
    // The authenticator takes the first of its keys: not the one that was registered second.
    expect(fresh.options.allowCredentials).toHaveLength(1)
    expect(fresh.options.allowCredentials![0]!.id).not.toBe(second.id)
    await fresh.use()
    expect(at(await given, 'signedIn').username).toBe(eve)
    expect(requestsOf(pool)).toEqual(['InitiateAuth', ...two])
  })

  test('and the passkey was removed meanwhile, no other is asked for', async () => {
    const { pool, device, passkey, app, signInOnce, opened } = await open()
    await signInOnce()
    await registerAnother(pool, device)
    const flow = signIn(app())
    const given = flow.autofill()
    await opened(1)
    pool.clock.advance(sessionLife)
    await remove(app(), passkey.id)
    await device.ceremonies[0]!.use()
    expect(at(await given, 'passkey').error).toMatchObject({ code: 'passkey-none' })
    expect(device.ceremonies).toHaveLength(1)
  })

  test('no timer restarts a ceremony under the open list', async () => {
    const { pool, device, timers, app, signInOnce, opened } = await open()
    await signInOnce()
    timers.splice(0)
    const given = signIn(app()).autofill()
    await opened(1)
    pool.clock.advance(10 * sessionLife)
    for (const timer of timers.splice(0)) timer()
    await settled()
    expect(device.ceremonies).toHaveLength(1)
    expect(device.ceremonies[0]!.signal.aborted).toBe(false)
    expect(requestsOf(pool)).toEqual(['InitiateAuth'])
    await device.ceremonies[0]!.use()
    await opened(2)
    await device.ceremonies[1]!.use()
    at(await given, 'signedIn')
  })
})

describe('discovery', () => {
  const discover = { discover: true, rpId } as const

  test('asks twice, and uses of the first time only whose passkey it is', async () => {
    const { pool, device, passkey, sent, app, opened } = await open()
    device.atOnce = undefined
    const { sub } = pool.users.get(eve)!
    const flow = signIn(app())
    const given = flow.autofill(discover)
    await opened(1)
    expect(requestsOf(pool)).toEqual([])
    const first = device.ceremonies[0]!
    expect(first.mediation).toBe('conditional')
    expect(first.options).toMatchObject({ rpId, userVerification: 'preferred' })
    expect(first.options.allowCredentials).toBeUndefined()
    expect(Buffer.from(first.options.challenge, 'base64url')).toHaveLength(32)
    const thrownAway = await device.authenticator.get(first.options)
    first.give(thrownAway)
    await opened(2)
    const second = device.ceremonies[1]!
    expect(second.mediation).toBeUndefined()
    expect(second.options.allowCredentials).toMatchObject([{ id: passkey.id }])
    await second.use()
    expect(at(await given, 'signedIn').user).toEqual({ username: eve, sub })
    expect(requestsOf(pool)).toEqual(two)
    expect(sent[0]!.AuthParameters).toMatchObject({
      USERNAME: sub,
      PREFERRED_CHALLENGE: 'WEB_AUTHN',
    })
    const text = JSON.stringify(sent)
    expect(text).not.toContain(thrownAway.response['signature'])
    expect(text).not.toContain(thrownAway.response['clientDataJSON'])
    expect(text).not.toContain(first.options.challenge)
  })

  test('has a challenge of its own every time', async () => {
    const { device, app } = await open()
    device.atOnce = cancelling
    const flow = signIn(app())
    await flow.autofill(discover)
    await flow.autofill(discover)
    const [first, second] = device.ceremonies
    expect(first!.options.challenge).not.toBe(second!.options.challenge)
  })

  test('is for who asks for it', async () => {
    const { pool, device, app } = await open()
    at(await signIn(app()).autofill(), 'start')
    at(await signIn(app()).autofill({ rpId }), 'start')
    at(await signIn(app()).autofill({ discover: false, rpId }), 'start')
    expect(device.ceremonies).toHaveLength(0)
    expect(requestsOf(pool)).toEqual([])
  })

  test.each([false, true])('wants a relying party, with a name remembered: %s', async (known) => {
    const { device, app, signInOnce } = await open()
    if (known) await signInOnce()
    const flow = signIn(app())
    await expect(flow.autofill({ discover: true })).rejects.toThrow(/"rpId" must be string/)
    expect(device.ceremonies).toHaveLength(0)
  })

  test('is not needed for a name that is remembered', async () => {
    const { pool, device, app, signInOnce, opened } = await open()
    await signInOnce()
    const given = signIn(app()).autofill(discover)
    await opened(1)
    await device.ceremonies[0]!.use()
    at(await given, 'signedIn')
    expect(requestsOf(pool)).toEqual(two)
    expect(device.ceremonies).toHaveLength(1)
  })

  test.each<[string, object | undefined]>([
    ['no response', undefined],
    ['no user handle', {}],
    ['an empty user handle', { userHandle: '' }],
    ['a user handle that is no text', { userHandle: '_w' }],
    ['a user handle that is blank', { userHandle: 'ICA' }],
  ])('of a passkey with %s ends silently', async (_, response) => {
    const { pool, device, app } = await open()
    device.atOnce = ({ give }) => {
      give({ id: 'aWQ', type: 'public-key', response })
    }
    const flow = signIn(app())
    const before = flow.step
    expect(await flow.autofill(discover)).toBe(before)
    expect(requestsOf(pool)).toEqual([])
  })

  test.each([
    ['LEGACY', 'user-unknown'],
    ['ENABLED', 'passkey-unknown'],
  ] as const)(
    'asks for the name where the service does not take the subject for one: %s, %s',
    async (PreventUserExistenceErrors, code) => {
      const { pool, device, app } = await open({ client: { PreventUserExistenceErrors } })
      pool.users.delete(eve)
      const flow = signIn(app())
      const step = at(await flow.autofill(discover), 'start')
      expect(step.username).toBeUndefined()
      expect(step.error).toMatchObject({ code })
      expect(device.ceremonies).toHaveLength(1)
      expect(pool.outbox.messages).toHaveLength(0)
    },
  )

  test('asks for no passkey that the service does not name, and leaves the other factors', async () => {
    const { pool, device, passkey, app } = await open()
    const spare = openDevice(pool)
    await register(pool, spare.authenticator)
    await remove(app(), passkey.id)
    requestsOf(pool)
    const step = await signIn(app()).autofill(discover)
    expect(at(step, 'passkey').error).toMatchObject({ code: 'passkey-none' })
    expect(at(step, 'passkey').others).toContain('EMAIL_OTP')
    expect(device.ceremonies).toHaveLength(1)
    expect(requestsOf(pool)).toEqual(['InitiateAuth'])
  })

  test('whose second ceremony is ended leaves the other factors', async () => {
    const { device, app, opened } = await open()
    device.atOnce = undefined
    const flow = signIn(app())
    const given = flow.autofill(discover)
    await opened(1)
    await device.ceremonies[0]!.use()
    await opened(2)
    cancelling(device.ceremonies[1]!)
    const step = at(await given, 'passkey')
    expect(step.error).toMatchObject({ code: 'passkey-cancelled' })
    expect(step.others).toContain('EMAIL_OTP')
    device.atOnce = (ceremony) => ceremony.use()
    at(await flow.answer(step, { retry: true }), 'signedIn')
  })
})

describe('while suggestions are open', () => {
  const openSuggestions = async () => {
    const world = await open()
    await world.signInOnce()
    const flow = signIn(world.app())
    const leaving = new AbortController()
    const given = flow.autofill({ signal: leaving.signal })
    await world.opened(1)
    requestsOf(world.pool)
    return { ...world, flow, given, leaving }
  }

  test('a password signs in, and they are taken back', async () => {
    const { pool, device, flow, given } = await openSuggestions()
    at(await flow.begin({ username: eve, password }), 'signedIn')
    expect(device.ceremonies[0]!.signal.aborted).toBe(true)
    await given
    await device.ceremonies[0]!.use()
    await settled()
    at(flow.step, 'signedIn')
    expect(requestsOf(pool)).toEqual(two)
  })

  test('a passkey for a name signs in, in a ceremony after theirs', async () => {
    const { pool, device, flow, given, opened } = await openSuggestions()
    const begun = flow.begin(byPasskey)
    await opened(2)
    const [before, modal] = device.ceremonies as [Ceremony, Ceremony]
    expect(before.signal.aborted).toBe(true)
    expect(modal.mediation).toBeUndefined()
    await modal.use()
    at(await begun, 'signedIn')
    await given
    expect(requestsOf(pool)).toEqual(two)
  })

  test('the caller can leave: the flow is where it was', async () => {
    const { device, flow, given, leaving } = await openSuggestions()
    const before = flow.step
    const reason = new Error('left')
    leaving.abort(reason)
    await expect(given).rejects.toBe(reason)
    expect(device.ceremonies[0]!.signal.aborted).toBe(true)
    expect(flow.step).toBe(before)
  })

  test('a form that is given up takes them back', async () => {
    const { pool, device, flow, given } = await openSuggestions()
    const before = flow.step
    flow.cancel()
    expect(device.ceremonies[0]!.signal.aborted).toBe(true)
    expect(await given).toBe(before)
    expect(flow.step).toBe(before)
    expect(requestsOf(pool)).toEqual([])
  })

  test('a second call waits for the same', async () => {
    const { pool, device, flow, given } = await openSuggestions()
    const second = flow.autofill()
    await device.ceremonies[0]!.use()
    expect(at(await second, 'signedIn')).toBe(await given)
    expect(device.ceremonies).toHaveLength(1)
    expect(requestsOf(pool)).toEqual(['RespondToAuthChallenge'])
  })

  test('a form that is left and opened at once has them again', async () => {
    const { pool, device, flow, given, leaving, opened } = await openSuggestions()
    leaving.abort()
    const second = flow.autofill()
    await expect(given).rejects.toBe(leaving.signal.reason)
    await opened(2)
    const third = flow.autofill()
    await settled()
    expect(device.ceremonies).toHaveLength(2)
    await device.ceremonies[1]!.use()
    expect(at(await second, 'signedIn')).toBe(await third)
    expect(requestsOf(pool)).toEqual(['RespondToAuthChallenge'])
  })

  test('another flow of the page takes them over', async () => {
    const { device, app, given, opened } = await openSuggestions()
    const second = signIn(app()).autofill()
    await opened(2)
    at(await given, 'start')
    await device.ceremonies[1]!.use()
    at(await second, 'signedIn')
  })
})

describe('while the service is asked for suggestions', () => {
  /** A flow whose suggestions wait for the service. */
  const openWaiting = async () => {
    const world = await open()
    await world.signInOnce()
    let let_: () => void = () => undefined
    const gate = new Promise<void>((resolve) => (let_ = resolve))
    let isFirst = true
    const fetch: Fetch = async (url, init) => {
      if (isFirst) {
        isFirst = false
        await gate
      }
      return world.pool.fetch(url, init)
    }
    const flow = signIn(world.app({ fetch }))
    const leaving = new AbortController()
    const given = flow.autofill({ signal: leaving.signal })
    await until(() => !isFirst)
    return { ...world, flow, given, leaving, letGo: let_ }
  }

  test('whoever signs in by a password never notices', async () => {
    const { device, flow, given, letGo } = await openWaiting()
    const begun = flow.begin({ username: eve, password })
    letGo()
    at(await begun, 'signedIn')
    await given
    await settled()
    at(flow.step, 'signedIn')
    expect(device.ceremonies).toHaveLength(0)
  })

  test('a form that is left and opened at once does not ask again', async () => {
    const { pool, device, flow, given, leaving, letGo, opened } = await openWaiting()
    leaving.abort()
    await expect(given).rejects.toBe(leaving.signal.reason)
    const second = flow.autofill()
    letGo()
    await opened(1)
    await device.ceremonies[0]!.use()
    at(await second, 'signedIn')
    expect(requestsOf(pool)).toEqual(two)
  })

  test('the caller can leave', async () => {
    const { device, flow, given, leaving, letGo } = await openWaiting()
    const before = flow.step
    const reason = new Error('left')
    leaving.abort(reason)
    await expect(given).rejects.toBe(reason)
    letGo()
    await settled()
    expect(flow.step).toBe(before)
    expect(device.ceremonies).toHaveLength(0)
  })
})

describe('while the storage is asked who is remembered', () => {
  test.each<[string, (act: { flow: SignInFlow; leaving: AbortController }) => unknown]>([
    [
      'the caller leaves',
      ({ leaving }) => {
        leaving.abort()
      },
    ],
    [
      'the page is hidden',
      () => {
        vi.stubGlobal('document', { visibilityState: 'hidden' })
      },
    ],
    ['something else begins', ({ flow }) => flow.begin({ username: eve, password })],
  ])('and %s, the service is not asked', async (_, act) => {
    const { storage, device, sent, app, signInOnce } = await open()
    await signInOnce()
    let answer: () => void = () => undefined
    const slow = {
      ...storage,
      getItem: (key: string) =>
        key.endsWith('.passkey')
          ? new Promise<string | null>((resolve) => {
              answer = () => {
                resolve(storage.getItem(key))
              }
            })
          : storage.getItem(key),
    }
    const flow = signIn(app({ storage: slow }))
    const leaving = new AbortController()
    const given = flow.autofill({ signal: leaving.signal }).catch(() => undefined)
    const acted = act({ flow, leaving })
    answer()
    await Promise.all([given, acted])
    await settled()
    expect(JSON.stringify(sent)).not.toContain('WEB_AUTHN')
    expect(device.ceremonies).toHaveLength(0)
  })
})

test('nothing is left behind on a signal that outlives the form', async () => {
  const { device, app, signInOnce, opened } = await open()
  await signInOnce()
  const { signal } = new AbortController()
  const [add, remove] = [
    vi.spyOn(signal, 'addEventListener'),
    vi.spyOn(signal, 'removeEventListener'),
  ]
  const given = signIn(app()).autofill({ signal })
  await opened(1)
  cancelling(device.ceremonies[0]!)
  at(await given, 'start')
  await settled()
  const listeners = (calls: readonly unknown[][]) => new Set(calls.map(([, listener]) => listener))
  expect(add.mock.calls.length).toBeGreaterThan(0)
  expect(listeners(remove.mock.calls)).toEqual(listeners(add.mock.calls))
})

test.each<[string, object]>([
  ['persist', { persist: 'forever' }],
  ['discovery', { discovery: true }],
  ['rpId', { discover: true, rpId: 7 }],
])('a mistake in %s is a TypeError, whoever is remembered', async (name, options) => {
  const { app } = await open()
  await expect(signIn(app()).autofill(options)).rejects.toThrow(new RegExp(`"${name}" must be`))
})

test('a session is kept as long as the caller says', async () => {
  const { device, storage, tabStorage, app, signInOnce, opened } = await open()
  await signInOnce()
  const keys = (texts: ReadonlyMap<string, string>) =>
    [...texts.keys()].filter((key) => key.endsWith('.session'))
  storage.texts.delete(keys(storage.texts)[0]!)
  const given = signIn(app()).autofill({ persist: 'tab' })
  await opened(1)
  await device.ceremonies[0]!.use()
  at(await given, 'signedIn')
  expect([keys(storage.texts), keys(tabStorage.texts)]).toMatchObject([[], { length: 1 }])
})

test('a caller who has left before gets the reason, and nothing is sent', async () => {
  const { pool, app, signInOnce } = await open()
  await signInOnce()
  const reason = new Error('left')
  await expect(signIn(app()).autofill({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  expect(requestsOf(pool)).toEqual([])
})

/** A second passkey of the same person on the same device. */
const registerAnother = (
  pool: Parameters<typeof register>[0],
  { authenticator }: Device,
): ReturnType<typeof register> =>
  register(pool, {
    ...authenticator,
    create: (options) => authenticator.create({ ...options, excludeCredentials: [] }),
  })

/** Takes a passkey away from its person, at the service alone. */
async function remove(auth: ReturnType<typeof appOf>, CredentialId: string): Promise<void> {
  const { AuthenticationResult } = await auth.call('InitiateAuth', {
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME: eve, PASSWORD: password },
  })
  const AccessToken = AuthenticationResult!.AccessToken!
  await auth.call('DeleteWebAuthnCredential', { AccessToken, CredentialId })
}
