import { describe, expect, test } from 'vitest'
import { signIn } from '../../src/index.ts'
import type { Fetch, RestingStep, SignInInput, Step } from '../../src/index.ts'
import {
  appOf,
  at,
  lastCode,
  openPool,
  openStorage,
  password,
  requestsOf,
  wrongPassword,
} from './world.ts'

const ann = { username: 'ann', password }
const phone = { phone_number: '+491701234567' }
const remembering = {
  DeviceConfiguration: {
    ChallengeRequiredOnNewDevice: true,
    DeviceOnlyRememberedOnUserPrompt: false,
  },
}

describe('a sign-in', () => {
  test.each<[string, Partial<SignInInput>, string[]]>([
    ['USER_SRP_AUTH', {}, ['InitiateAuth', 'RespondToAuthChallenge']],
    ['USER_PASSWORD_AUTH', {}, ['InitiateAuth']],
    ['USER_AUTH', {}, ['InitiateAuth', 'RespondToAuthChallenge']],
    ['USER_AUTH', { prefer: 'PASSWORD' }, ['InitiateAuth']],
  ])('by %s', async (flow, more, requests) => {
    const pool = await openPool()
    pool.users.create(ann)
    const auth = appOf(pool)
    const input = { ...ann, flow: flow as never, ...more }
    const step = at(await signIn(auth).begin(input), 'signedIn')
    expect(step).toMatchObject({ username: 'ann', user: { username: 'ann' } })
    expect(requestsOf(pool)).toEqual(requests)
    expect((await auth.session.tokens()).accessToken).toMatch(/^ey/)
  })

  test('sends a name without the white space around it, and a password as it is', async () => {
    const pool = await openPool()
    const spaced = 'Correct horse 9!'
    pool.users.create({ ...ann, password: spaced })
    const step = await signIn(appOf(pool)).begin({ username: ' ann\t', password: spaced })
    expect(at(step, 'signedIn').username).toBe('ann')
    const wrong = await signIn(appOf(pool)).begin({ username: 'ann', password: `${spaced} ` })
    expect(wrong).toMatchObject({ at: 'start', error: { code: 'wrong-credentials' } })
  })

  test('keeps the name where the password is wrong', async () => {
    const pool = await openPool()
    pool.users.create(ann)
    const flow = signIn(appOf(pool))
    const step = await flow.begin({ ...ann, password: wrongPassword })
    expect(step).toMatchObject({
      at: 'start',
      username: 'ann',
      error: { code: 'wrong-credentials', operation: 'RespondToAuthChallenge' },
    })
    expect(at(await flow.begin(ann), 'signedIn').error).toBeUndefined()
  })

  test('says what to do where the app client does not allow the flow', async () => {
    const pool = await openPool({ client: { ExplicitAuthFlows: ['ALLOW_CUSTOM_AUTH'] } })
    pool.users.create(ann)
    const { error } = await signIn(appOf(pool)).begin(ann)
    expect(error).toMatchObject({ code: 'flow-not-enabled' })
    expect(error?.detail).toMatch(/^USER_SRP_AUTH is not enabled.*ExplicitAuthFlows/)
  })

  test('with a code that is wrong, then sent once more, then right', async () => {
    const pool = await openPool({ pool: { MfaConfiguration: 'ON', EnabledMfas: ['SMS_MFA'] } })
    pool.users.create({ ...ann, attributes: phone })
    const flow = signIn(appOf(pool))
    const first = at(await flow.begin(ann), 'code')
    expect(first).toMatchObject({
      challenge: 'SMS_MFA',
      medium: 'SMS',
      destination: '+*******4567',
      attempts: 0,
      canResend: true,
    })
    const wrong = at(await flow.answer(first, { code: '000000' }), 'code')
    expect(wrong).toMatchObject({ attempts: 1, error: { code: 'wrong-code' } })
    const again = at(await flow.resend(wrong), 'code')
    expect(again).toMatchObject({ attempts: 0, error: undefined })
    expect(pool.outbox.messages).toHaveLength(2)
    const [three, two] = [lastCode(pool).slice(0, 3), lastCode(pool).slice(3)]
    at(await flow.answer(again, { code: ` ${three} ${two}\n` }), 'signedIn')
  })

  test('forgets the password as soon as its proof is sent, if that is wanted', async () => {
    const pool = await openPool({ pool: { MfaConfiguration: 'ON', EnabledMfas: ['SMS_MFA'] } })
    pool.users.create({ ...ann, attributes: phone })
    const flow = signIn(appOf(pool))
    const step = at(await flow.begin({ ...ann, keepPassword: false }), 'code')
    expect(step.canResend).toBe(false)
    await expect(flow.resend(step)).rejects.toThrow(TypeError)
    at(await flow.answer(step, { code: lastCode(pool) }), 'signedIn')
  })

  test('from a device that is remembered needs no second factor', async () => {
    const pool = await openPool({
      pool: { MfaConfiguration: 'ON', EnabledMfas: ['SMS_MFA'], ...remembering },
    })
    pool.users.create({ ...ann, attributes: phone })
    const auth = appOf(pool)
    const flow = signIn(auth)
    const step = at(await flow.begin(ann), 'code')
    at(await flow.answer(step, { code: lastCode(pool) }), 'signedIn')
    expect(requestsOf(pool).at(-1)).toBe('ConfirmDevice')
    at(await signIn(auth).begin(ann), 'signedIn')
    expect(requestsOf(pool)).toEqual([
      'InitiateAuth',
      ...Array<string>(3).fill('RespondToAuthChallenge'),
    ])
  })

  test('after a reload goes on at the code, with its password forgotten', async () => {
    const pool = await openPool({ pool: { MfaConfiguration: 'ON', EnabledMfas: ['SMS_MFA'] } })
    pool.users.create({ ...ann, attributes: phone })
    const tabStorage = openStorage()
    const before = at(await signIn(appOf(pool, { tabStorage })).begin(ann), 'code')
    const stored = [...tabStorage.texts.values()].join()
    expect(stored).toContain('"session"')
    expect(stored).not.toContain(password)
    const flow = signIn(appOf(pool, { tabStorage }))
    const step = at(await flow.resume(), 'code')
    const shown: unknown = JSON.parse(JSON.stringify(before))
    expect(step).toEqual({ ...Object(shown), id: step.id, canResend: false })
    at(await flow.answer(step, { code: lastCode(pool) }), 'signedIn')
    expect(tabStorage.texts.size).toBe(0)
  })

  test('without a password has another code sent after a reload, too', async () => {
    const pool = await openPool({
      pool: {
        Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP'] } },
      },
    })
    pool.users.create({ username: 'ann', password, attributes: { email: 'ann@example.com' } })
    const tabStorage = openStorage()
    const flow = () => signIn(appOf(pool, { tabStorage }))
    at(await flow().begin({ username: 'ann', prefer: 'EMAIL_OTP' }), 'code')
    const reloaded = flow()
    const first = lastCode(pool)
    const step = at(await reloaded.resume(), 'code')
    expect(step.canResend).toBe(true)
    const again = at(await reloaded.resend(step), 'code')
    expect(lastCode(pool)).not.toBe(first)
    at(await reloaded.answer(again, { code: lastCode(pool) }), 'signedIn')
  })

  test('that is granted is nothing to go on with, however long its device takes', async () => {
    const pool = await openPool({
      pool: {
        ...{ MfaConfiguration: 'ON', EnabledMfas: ['SMS_MFA'] },
        DeviceConfiguration: { ChallengeRequiredOnNewDevice: true },
      },
    })
    pool.users.create({ ...ann, attributes: phone })
    const storages = { tabStorage: openStorage(), storage: openStorage() }
    let reloaded: RestingStep | undefined
    const fetch: Fetch = async (url, init) => {
      if (Object.values(init.headers).join().includes('ConfirmDevice'))
        reloaded = await signIn(appOf(pool, storages)).resume()
      return pool.fetch(url, init)
    }
    const flow = signIn(appOf(pool, { ...storages, fetch }))
    const step = at(await flow.begin(ann), 'code')
    at(await flow.answer(step, { code: lastCode(pool) }), 'signedIn')
    expect(reloaded).toMatchObject({ at: 'start', error: undefined })
  })

  test('leaves nothing for a reload once it is over, however slowly a storage writes', async () => {
    const pool = await openPool({ pool: { MfaConfiguration: 'ON', EnabledMfas: ['SMS_MFA'] } })
    pool.users.create({ ...ann, attributes: phone })
    const storage = openStorage()
    let written = 0
    const tabStorage = {
      ...storage,
      setItem: async (key: string, text: string) => {
        await new Promise((resolve) => setTimeout(resolve, 100))
        storage.setItem(key, text)
        written++
      },
    }
    const flow = signIn(appOf(pool, { tabStorage }))
    const step = at(await flow.begin(ann), 'code')
    at(await flow.answer(step, { code: lastCode(pool) }), 'signedIn')
    await expect.poll(() => written).toBe(1)
    await expect.poll(() => storage.texts.size).toBe(0)
  })

  test.each(['username', 'password', 'flow', 'persist', 'deviceName'])(
    'with an empty %s is a TypeError that names it, and nothing is sent',
    async (name) => {
      const pool = await openPool()
      const begun = signIn(appOf(pool)).begin({ ...ann, [name]: '' })
      await expect(begun).rejects.toThrow(
        new RegExp(`^latchkey: "${name}" must be .*; got nothing$`),
      )
      expect(requestsOf(pool)).toEqual([])
    },
  )

  test('tells of every move, and can be given up', async () => {
    const pool = await openPool()
    pool.users.create(ann)
    const flow = signIn(appOf(pool))
    const seen: Step['at'][] = []
    const stop = flow.subscribe(() => seen.push(flow.step.at))
    const given = flow.begin(ann)
    flow.cancel()
    expect(await given).toMatchObject({ at: 'start', username: undefined })
    expect(flow.step.at).toBe('start')
    await flow.begin(ann)
    stop()
    flow.cancel()
    expect(seen).toEqual(['busy', 'start', 'busy', 'busy', 'busy', 'signedIn'])
  })
})
