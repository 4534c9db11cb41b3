import { afterEach, describe, expect, test, vi } from 'vitest'
import { signIn } from '../../src/index.ts'
import type { Fetch, PasskeyStep, Passkeys } from '../../src/index.ts'
import { browserPasskeys } from '../../src/webauthn/browser.ts'
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
import { appOf, at, lastCode, openPool, openStorage, password, requestsOf } from './world.ts'

const byPasskey = { username: eve, prefer: 'WEB_AUTHN' } as const
const others = ['EMAIL_OTP', 'PASSWORD_SRP', 'PASSWORD']
const two = ['InitiateAuth', 'RespondToAuthChallenge']

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('a passkey', () => {
  test('signs in with two requests and one ceremony, for the passkeys of that person', async () => {
    const { pool, device, passkey } = await openPasskeyPool()
    const auth = appOf(pool, { passkeys: device.passkeys })
    const step = await signIn(auth).begin(byPasskey)
    expect(at(step, 'signedIn').user.username).toBe(eve)
    expect(requestsOf(pool)).toEqual(two)
    expect((await auth.session.tokens()).accessToken).toMatch(/^ey/)
    expect(device.ceremonies).toHaveLength(1)
    const [{ options, mediation }] = device.ceremonies as [(typeof device.ceremonies)[0]]
    expect(mediation).toBeUndefined()
    expect(options).toMatchObject({ rpId, allowCredentials: [{ id: passkey.id }] })
  })

  test('can be chosen among the factors', async () => {
    const { pool, device } = await openPasskeyPool()
    const flow = signIn(appOf(pool, { passkeys: device.passkeys }))
    const choice = at(await flow.begin({ username: eve }), 'chooseFactor')
    expect(choice.factors).toEqual([...others, 'WEB_AUTHN'])
    at(await flow.answer(choice, { factor: 'WEB_AUTHN' }), 'signedIn')
    expect(requestsOf(pool)).toEqual([...two, 'RespondToAuthChallenge'])
  })

  test('of several is the one that the person uses', async () => {
    const { pool, device } = await openPasskeyPool()
    const second = openDevice(pool)
    const { id } = await register(pool, second.authenticator)
    at(await signIn(appOf(pool, { passkeys: second.passkeys })).begin(byPasskey), 'signedIn')
    expect(second.ceremonies[0]!.options.allowCredentials).toHaveLength(2)
    expect(pool.users.get(eve)?.passkeys).toContain(id)
    at(await signIn(appOf(pool, { passkeys: device.passkeys })).begin(byPasskey), 'signedIn')
  })

  test('that nobody has leads to the choice of what there is', async () => {
    const { pool, device } = await openPasskeyPool()
    pool.users.create({ username: 'ann', password })
    const step = await signIn(appOf(pool, { passkeys: device.passkeys })).begin({
      ...byPasskey,
      username: 'ann',
    })
    expect(at(step, 'chooseFactor').factors).toEqual(['PASSWORD_SRP', 'PASSWORD'])
    expect(device.ceremonies).toHaveLength(0)
  })
})

describe('a ceremony that ends with', () => {
  test.each([
    ['NotAllowedError', 'passkey-cancelled'],
    ['AbortError', 'passkey-cancelled'],
    ['NotFoundError', 'passkey-none'],
    ['SecurityError', 'passkey-domain-mismatch'],
    ['NotSupportedError', 'passkey-unavailable'],
    ['SomethingNew', 'passkey-unavailable'],
  ])('%s: %s, and the button asks once more', async (name, code) => {
    const { pool, device } = await openPasskeyPool()
    device.atOnce = ({ fail }) => {
      fail(name)
    }
    const flow = signIn(appOf(pool, { passkeys: device.passkeys }))
    const step = at(await flow.begin(byPasskey), 'passkey')
    expect(step).toMatchObject({ username: eve, error: { code }, others })
    expect(requestsOf(pool)).toEqual(['InitiateAuth'])
    const again = at(await flow.answer(step, { retry: true }), 'passkey')
    expect(again).toMatchObject({ error: { code }, others })
    // The challenge was never used: it is still good.
    expect(requestsOf(pool)).toEqual([])
    device.atOnce = (ceremony) => ceremony.use()
    at(await flow.answer(again, { retry: true }), 'signedIn')
    expect(requestsOf(pool)).toEqual(['RespondToAuthChallenge'])
    const challenges = device.ceremonies.map(({ options }) => options.challenge)
    expect(new Set(challenges).size).toBe(1)
  })

  test.each<[string, (timeout: number) => number, string]>([
    ['before', (timeout) => timeout - 1000, 'passkey-cancelled'],
    ['after', (timeout) => timeout, 'passkey-timeout'],
  ])('NotAllowedError %s its time', async (_, passed, code) => {
    const { pool, device } = await openPasskeyPool({ client: { AuthSessionValidity: 15 } })
    const clock = clockOf(pool)
    device.atOnce = ({ fail, options }) => {
      pool.clock.advance(passed((options as unknown as { timeout: number }).timeout))
      fail('NotAllowedError')
    }
    const flow = signIn(appOf(pool, { passkeys: device.passkeys, clock, signInValidity: 15 }))
    expect(at(await flow.begin(byPasskey), 'passkey').error).toMatchObject({ code })
  })

  test.each([
    ['nothing', undefined],
    ['a text', 'no'],
    ['an error without a name', Object.create(null) as object],
  ])('%s at all: unavailable', async (_, thrown) => {
    const { pool } = await openPasskeyPool()
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    const passkeys: Passkeys = { get: () => Promise.reject(thrown) }
    const step = await signIn(appOf(pool, { passkeys })).begin(byPasskey)
    expect(at(step, 'passkey').error).toMatchObject({ code: 'passkey-unavailable' })
  })

  test('what is no assertion: unavailable', async () => {
    const { pool } = await openPasskeyPool()
    const passkeys: Passkeys = { get: () => Promise.resolve(null as never) }
    const step = await signIn(appOf(pool, { passkeys })).begin(byPasskey)
    expect(at(step, 'passkey').error).toMatchObject({ code: 'passkey-unavailable' })
  })

  test('the error of an authenticator in software that lacks the passkey: cancelled', async () => {
    const { pool } = await openPasskeyPool()
    const stranger = pool.authenticator({ origin: `https://${rpId}` })
    const passkeys: Passkeys = { get: ({ options }) => stranger.get(options as never) }
    const step = await signIn(appOf(pool, { passkeys })).begin(byPasskey)
    expect(at(step, 'passkey').error).toMatchObject({ code: 'passkey-cancelled' })
  })
})

describe('after a ceremony that failed', () => {
  const openFailed = async () => {
    const { pool, device, passkey } = await openPasskeyPool()
    device.atOnce = ({ fail }) => {
      fail('NotAllowedError')
    }
    const clock = clockOf(pool)
    const flow = signIn(appOf(pool, { passkeys: device.passkeys, clock }))
    const step = at(await flow.begin(byPasskey), 'passkey')
    requestsOf(pool)
    return { pool, device, passkey, flow, step }
  }

  test('a code by e-mail signs in', async () => {
    const { pool, flow, step } = await openFailed()
    const code = at(await flow.answer(step, { factor: 'EMAIL_OTP' }), 'code')
    expect(code.others).toContain('WEB_AUTHN')
    at(await flow.answer(code, { code: lastCode(pool) }), 'signedIn')
    expect(requestsOf(pool)).toEqual(two)
  })

  test.each(['PASSWORD', 'PASSWORD_SRP'] as const)('%s signs in', async (factor) => {
    const { flow, step } = await openFailed()
    const asked = at(await flow.answer(step, { factor }), 'password')
    at(await flow.answer(asked, { password }), 'signedIn')
  })

  test('a factor that is not among the others is a TypeError, and changes nothing', async () => {
    const { flow, step } = await openFailed()
    await expect(flow.answer(step, { factor: 'SMS_OTP' })).rejects.toThrow(TypeError)
    await expect(flow.answer(step, { retry: false as true })).rejects.toThrow(TypeError)
    expect(flow.step).toBe(step)
  })

  test('whose session has run out, the button begins anew rather than for nothing', async () => {
    const { pool, device, flow, step } = await openFailed()
    pool.clock.advance(181_000)
    device.atOnce = (ceremony) => ceremony.use()
    at(await flow.answer(step, { retry: true }), 'signedIn')
    expect(requestsOf(pool)).toEqual(two)
    expect(device.ceremonies).toHaveLength(2)
  })

  test('and a reload, the button gets a challenge of its own', async () => {
    const { pool, device } = await openPasskeyPool()
    const tabStorage = openStorage()
    device.atOnce = ({ fail }) => {
      fail('NotAllowedError')
    }
    const begun = await signIn(appOf(pool, { passkeys: device.passkeys, tabStorage })).begin(
      byPasskey,
    )
    const flow = signIn(appOf(pool, { passkeys: device.passkeys, tabStorage }))
    const step = at(await flow.resume(), 'passkey')
    expect(step).toMatchObject({ username: eve, others: at(begun, 'passkey').others })
    device.atOnce = (ceremony) => ceremony.use()
    at(await flow.answer(step, { retry: true }), 'signedIn')
    const [first, second] = device.ceremonies
    expect(second!.options.challenge).not.toBe(first!.options.challenge)
  })
})

describe('what the device gives', () => {
  test('is not sent where it is none of the passkeys that were asked for', async () => {
    const { pool, device } = await openPasskeyPool()
    const { authenticator } = openDevice(pool)
    pool.users.create({ username: 'ann', password })
    const stranger = await register(pool, authenticator, 'ann')
    device.atOnce = ({ give, options }) =>
      authenticator.get({ ...options, rpId, allowCredentials: [{ id: stranger.id }] }).then(give)
    const flow = signIn(appOf(pool, { passkeys: device.passkeys }))
    const step = at(await flow.begin(byPasskey), 'passkey')
    expect(step).toMatchObject({ error: { code: 'passkey-none' }, others })
    expect(requestsOf(pool)).toEqual(['InitiateAuth'])
    device.atOnce = (ceremony) => ceremony.use()
    at(await flow.answer(step, { retry: true }), 'signedIn')
  })

  test('that the service does not believe leaves the other factors, and another ceremony', async () => {
    const { pool, device } = await openPasskeyPool()
    const { authenticator } = device
    device.atOnce = async ({ give, options }) => {
      const made = await authenticator.get(options)
      give({ ...made, response: { ...made.response, signature: 'AAAA' } })
    }
    const flow = signIn(appOf(pool, { passkeys: device.passkeys }))
    const step = at(await flow.begin(byPasskey), 'passkey')
    expect(step).toMatchObject({ error: { code: 'wrong-credentials' }, others })
    requestsOf(pool)
    device.atOnce = (ceremony) => ceremony.use()
    at(await flow.answer(step, { retry: true }), 'signedIn')
    // The session was used up by the wrong one.
    expect(requestsOf(pool)).toEqual(two)
    expect(device.ceremonies[1]!.options.challenge).not.toBe(
      device.ceremonies[0]!.options.challenge,
    )
  })

  /** A `fetch` that changes the options of a ceremony. */
  const changing =
    (send: Fetch, change: (options: string) => string): Fetch =>
    async (url, init) => {
      const response = await send(url, init)
      const output = JSON.parse(await response.text()) as {
        ChallengeParameters?: Record<string, string>
      }
      const { ChallengeParameters: parameters } = output
      const name = 'CREDENTIAL_REQUEST_OPTIONS'
      if (parameters?.[name]) parameters[name] = change(parameters[name])
      const { status, headers } = response
      return { status, headers, text: () => Promise.resolve(JSON.stringify(output)) }
    }
  const change =
    (more: object) =>
    (options: string): string =>
      JSON.stringify({ ...Object(JSON.parse(options)), ...more })

  test.each<[string, (options: string) => string]>([
    ['no JSON', () => 'passkey'],
    ['null', () => 'null'],
    ['no challenge', change({ challenge: undefined })],
    ['an empty challenge', change({ challenge: '' })],
    ['a challenge that is none', change({ challenge: '*' })],
    ['passkeys that are no list', change({ allowCredentials: 'all' })],
    ['passkeys that are none', change({ allowCredentials: [null] })],
  ])('is not asked for where the service sends %s', async (_, wrong) => {
    const { pool, device } = await openPasskeyPool()
    let isWrong = true
    const fetch = changing(pool.fetch, (options) => (isWrong ? wrong(options) : options))
    const flow = signIn(appOf(pool, { passkeys: device.passkeys, fetch }))
    const step = at(await flow.begin(byPasskey), 'passkey')
    expect(step).toMatchObject({
      others,
      error: { code: 'bad-response', detail: 'CREDENTIAL_REQUEST_OPTIONS' },
    })
    expect(device.ceremonies).toHaveLength(0)
    // The button asks the service for others.
    isWrong = false
    at(await flow.answer(step, { retry: true }), 'signedIn')
  })

  test.each<[string, object]>([
    ['an empty list of passkeys', { allowCredentials: [] }],
    ['no list of passkeys', { allowCredentials: undefined }],
  ])('is not asked for where the service sends %s: any would do', async (_, more) => {
    const { pool, device } = await openPasskeyPool()
    const fetch = changing(pool.fetch, change(more))
    const step = await signIn(appOf(pool, { passkeys: device.passkeys, fetch })).begin(byPasskey)
    expect(step).toMatchObject({ at: 'passkey', error: { code: 'passkey-none' }, others })
    expect(device.ceremonies).toHaveLength(0)
  })
})

describe('one ceremony at a time:', () => {
  test('one that does not heed its signal keeps the next one waiting for a moment only', async () => {
    const { pool, device } = await openPasskeyPool()
    let asked = 0
    const passkeys: Passkeys = {
      get: (request) =>
        asked++ === 0 ? new Promise<never>(() => undefined) : device.passkeys.get(request),
    }
    // A second is over at once.
    const clock = {
      now: () => Date.now(),
      after: (milliseconds: number, then: () => void) => {
        const timer = setTimeout(then, milliseconds / 50)
        return () => {
          clearTimeout(timer)
        }
      },
    }
    const flow = signIn(appOf(pool, { passkeys, clock, timeout: 600_000 }))
    const first = flow.begin(byPasskey)
    await until(() => asked === 1)
    at(await flow.begin(byPasskey), 'signedIn')
    expect(await first).toMatchObject({ at: 'start' })
  })

  /** A device where every ceremony stays open, and a log of what happens in which order. */
  const openSlowly = async () => {
    const { pool, device } = await openPasskeyPool()
    device.atOnce = undefined
    const log: string[] = []
    const passkeys: Passkeys = {
      get: async (request) => {
        const number = device.ceremonies.length + 1
        log.push(`${String(number)} begins`)
        request.signal.addEventListener('abort', () => log.push(`${String(number)} is aborted`))
        try {
          return await device.passkeys.get(request)
        } finally {
          log.push(`${String(number)} is over`)
        }
      },
    }
    const opened = (count: number) => until(() => device.ceremonies.length === count)
    return { pool, device, log, opened, auth: appOf(pool, { passkeys }) }
  }
  const inTurn = ['1 begins', '1 is aborted', '1 is over', '2 begins', '2 is over']

  test('of one flow that begins again', async () => {
    const { pool, device, log, opened, auth } = await openSlowly()
    const flow = signIn(auth)
    const first = flow.begin(byPasskey)
    await opened(1)
    const second = flow.begin(byPasskey)
    await opened(2)
    await device.ceremonies[1]!.use()
    at(await second, 'signedIn')
    at(await first, 'start')
    expect(log).toEqual(inTurn)
    expect(requestsOf(pool)).toEqual(['InitiateAuth', ...two])
  })

  test('of two flows in a page', async () => {
    const { device, log, opened, auth } = await openSlowly()
    const first = signIn(auth).begin(byPasskey)
    await opened(1)
    const second = signIn(auth).begin(byPasskey)
    await opened(2)
    await device.ceremonies[1]!.use()
    at(await second, 'signedIn')
    expect(at(await first, 'passkey').error).toMatchObject({ code: 'passkey-cancelled' })
    expect(log).toEqual(inTurn)
  })

  test('of three that come at once only the last is held, and the one before never begins', async () => {
    const { device, log, opened, auth } = await openSlowly()
    const first = signIn(auth).begin(byPasskey)
    await opened(1)
    const second = signIn(auth).begin(byPasskey)
    const third = signIn(auth).begin(byPasskey)
    await opened(2)
    await device.ceremonies[1]!.use()
    const steps = await Promise.all([first, second, third])
    expect(steps.map(({ at }) => at).sort()).toEqual(['passkey', 'passkey', 'signedIn'])
    for (const { error } of steps as PasskeyStep[])
      expect([undefined, 'passkey-cancelled']).toContain(error?.code)
    expect(log).toEqual(inTurn)
  })

  test('one that is given up is aborted, and what comes of it is nothing', async () => {
    const { pool, device, log, opened, auth } = await openSlowly()
    const flow = signIn(auth)
    const given = flow.begin(byPasskey)
    await opened(1)
    flow.cancel()
    await device.ceremonies[0]!.use()
    at(await given, 'start')
    await settled()
    expect(flow.step).toMatchObject({ at: 'start', username: undefined })
    expect(log).toEqual(['1 begins', '1 is aborted', '1 is over'])
    expect(requestsOf(pool)).toEqual(['InitiateAuth'])
  })

  test('one that is given up before it begins never begins', async () => {
    const { device, auth } = await openSlowly()
    const flow = signIn(auth)
    flow.subscribe(() => {
      const { step } = flow
      if (step.at === 'busy' && step.from.at === 'passkey') flow.cancel()
    })
    at(await flow.begin(byPasskey), 'start')
    await settled()
    expect(device.ceremonies).toHaveLength(0)
  })

  test('one whose caller leaves is aborted, and the flow is where it was', async () => {
    const { pool, log, opened, auth } = await openSlowly()
    const flow = signIn(auth)
    const leaving = new AbortController()
    const given = flow.begin({ ...byPasskey, signal: leaving.signal })
    await opened(1)
    const reason = new Error('left')
    leaving.abort(reason)
    await expect(given).rejects.toBe(reason)
    expect(at(flow.step, 'start').error).toBeUndefined()
    await settled()
    expect(log).toEqual(['1 begins', '1 is aborted', '1 is over'])
    expect(requestsOf(pool)).toEqual(['InitiateAuth'])
  })
})

describe("the browser's passkeys", () => {
  const buffer = (text: string): ArrayBuffer => Uint8Array.from(Buffer.from(text)).buffer
  const base64Url = (text: string): string => Buffer.from(text).toString('base64url')
  /** As an extension gives it: an object of values, with none of the platform's methods. */
  const assertion = (more: object = {}): object => ({
    id: base64Url('id'),
    type: 'public-key',
    rawId: buffer('id'),
    response: {
      clientDataJSON: buffer('data'),
      authenticatorData: buffer('authenticator'),
      signature: buffer('signature'),
      ...more,
    },
  })
  /** A browser's `navigator.credentials`, as far as it is used, and what it was asked. */
  const openBrowser = (give: () => object | null | Promise<never>): object[] => {
    const asked: object[] = []
    const credentials = {
      get(this: unknown, options: object) {
        if (this !== credentials) throw new TypeError('Illegal invocation')
        asked.push(options)
        return Promise.resolve(give())
      },
    }
    vi.stubGlobal('navigator', { credentials })
    return asked
  }
  const { signal } = new AbortController()
  const options = {
    challenge: base64Url('challenge'),
    rpId,
    timeout: 1000,
    userVerification: 'required',
    allowCredentials: [{ type: 'public-key', id: base64Url('id'), transports: ['usb'] }],
  }

  test('are asked for with bytes where the service has texts', async () => {
    const asked = openBrowser(assertion)
    await browserPasskeys.get({ options, signal, mediation: 'conditional' })
    expect(asked).toEqual([
      {
        signal,
        mediation: 'conditional',
        publicKey: {
          ...options,
          challenge: new Uint8Array(buffer('challenge')),
          allowCredentials: [
            { type: 'public-key', id: new Uint8Array(buffer('id')), transports: ['usb'] },
          ],
        },
      },
    ])
  })

  test.each([
    ['a user handle', { userHandle: buffer('sub') }, base64Url('sub')],
    ['null for a user handle', { userHandle: null }, undefined],
    ['no user handle', {}, undefined],
  ])('are told as texts by hand, with %s', async (_, more, userHandle) => {
    openBrowser(() => assertion(more))
    const told = await browserPasskeys.get({ options, signal })
    expect(JSON.parse(JSON.stringify(told))).toEqual({
      id: base64Url('id'),
      rawId: base64Url('id'),
      type: 'public-key',
      clientExtensionResults: {},
      response: {
        clientDataJSON: base64Url('data'),
        authenticatorData: base64Url('authenticator'),
        signature: base64Url('signature'),
        ...(userHandle ? { userHandle } : {}),
      },
    })
  })

  test('say how the authenticator is attached, where the browser does', async () => {
    openBrowser(() => ({ ...assertion(), authenticatorAttachment: 'platform' }))
    expect(await browserPasskeys.get({ options, signal })).toMatchObject({
      authenticatorAttachment: 'platform',
    })
    openBrowser(() => ({ ...assertion(), authenticatorAttachment: null }))
    expect(await browserPasskeys.get({ options, signal })).toMatchObject({
      authenticatorAttachment: undefined,
    })
  })

  test('are any of the relying party where none is named', async () => {
    const asked = openBrowser(assertion)
    const { allowCredentials: _, ...anyPasskey } = options
    await browserPasskeys.get({ options: anyPasskey, signal })
    expect(asked).toMatchObject([{ publicKey: { rpId, allowCredentials: [] } }])
  })

  test('that give null have none', async () => {
    openBrowser(() => null)
    await expect(browserPasskeys.get({ options, signal })).rejects.toMatchObject({
      name: 'NotFoundError',
    })
  })

  test.each<[string, unknown]>([
    ['no navigator', undefined],
    ['a navigator without credentials', {}],
    ['credentials that are null', { credentials: null }],
    ['credentials that cannot get', { credentials: {} }],
  ])('are missing where there is %s, and the other factors stay', async (_, navigator) => {
    vi.stubGlobal('navigator', navigator)
    await expect(browserPasskeys.get({ options, signal })).rejects.toMatchObject({
      name: 'NotSupportedError',
    })
    const { pool } = await openPasskeyPool()
    const flow = signIn(appOf(pool))
    const step = at(await flow.begin(byPasskey), 'passkey')
    expect(step).toMatchObject({ error: { code: 'passkey-unavailable' }, others })
    const code = at(await flow.answer(step, { factor: 'EMAIL_OTP' }), 'code')
    at(await flow.answer(code, { code: lastCode(pool) }), 'signedIn')
  })

  test('sign in where the result is a bare object with null for a user handle', async () => {
    const { pool, device } = await openPasskeyPool()
    const bytes = (text: unknown): ArrayBuffer =>
      Uint8Array.from(Buffer.from(String(text), 'base64url')).buffer
    const get = async ({ publicKey }: { publicKey: { challenge: Uint8Array } }) => {
      const { challenge, ...rest } = publicKey
      const made = await device.authenticator.get({
        ...rest,
        challenge: Buffer.from(challenge).toString('base64url'),
        allowCredentials: [],
        rpId,
      })
      const { clientDataJSON, authenticatorData, signature } = made.response
      return {
        id: made.id,
        type: 'public-key',
        rawId: bytes(made.rawId),
        response: {
          clientDataJSON: bytes(clientDataJSON),
          authenticatorData: bytes(authenticatorData),
          signature: bytes(signature),
          userHandle: null,
        },
      }
    }
    vi.stubGlobal('navigator', { credentials: { get } })
    at(await signIn(appOf(pool)).begin(byPasskey), 'signedIn')
  })
})

test('a person without a pool of passkeys never sees a ceremony', async () => {
  const pool = await openPool()
  pool.users.create({ username: eve, password })
  const device = openDevice(pool)
  at(await signIn(appOf(pool, { passkeys: device.passkeys })).begin(byPasskey), 'chooseFactor')
  expect(device.ceremonies).toHaveLength(0)
})
