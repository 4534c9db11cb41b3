import { describe, expect, test } from 'vitest'
import { signIn } from '../../src/index.ts'
import type { Clock, Options, Persistence } from '../../src/index.ts'
import type { LocalPool } from '../../src/local/index.ts'
import { appOf, at, lastCode, openPool, openStorage, password, requestsOf } from '../flow/world.ts'

const ann = { username: 'ann', password }
const tracking = (asks: boolean) => ({
  DeviceConfiguration: {
    ChallengeRequiredOnNewDevice: true,
    DeviceOnlyRememberedOnUserPrompt: asks,
  },
})

async function withAnn(options: Parameters<typeof openPool>[0] = {}): Promise<LocalPool> {
  const pool = await openPool(options)
  pool.users.create({ ...ann, attributes: { phone_number: '+491701234567' } })
  return pool
}

/** The pool's clock, whose timers never ring. */
const clockOf = ({ clock }: LocalPool): Clock => ({
  now: () => clock.now(),
  after: () => () => undefined,
})

const failing = () => {
  const fail = (): never => {
    throw new Error('SecurityError')
  }
  return { getItem: fail, setItem: fail, removeItem: fail }
}

describe('the session', () => {
  test('is nobody’s before a sign-in', async () => {
    const auth = appOf(await openPool())
    await expect(auth.session.tokens()).rejects.toMatchObject({ code: 'signed-out' })
  })

  test('gives no token that has ended', async () => {
    const pool = await withAnn()
    const auth = appOf(pool, { clock: clockOf(pool) })
    at(await signIn(auth).begin(ann), 'signedIn')
    const { expiresAt } = await auth.session.tokens()
    expect(expiresAt - auth.now()).toBeGreaterThan(3_500_000)
    pool.clock.advance(3_600_000)
    await expect(auth.session.tokens()).rejects.toMatchObject({ code: 'access-token-expired' })
  })

  test.each<[Persistence, string[]]>([
    ['browser', ['storage']],
    ['tab', ['tabStorage']],
    ['none', []],
  ])('that persists in %s is kept there and nowhere else', async (persist, kept) => {
    const pool = await withAnn()
    const storages = { storage: openStorage(), tabStorage: openStorage() }
    const auth = appOf(pool, storages)
    at(await signIn(auth).begin({ ...ann, persist }), 'signedIn')
    const { accessToken } = await auth.session.tokens()
    const holding = Object.entries(storages)
      .filter(([, { texts }]) => [...texts.values()].join().includes(accessToken))
      .map(([name]) => name)
    expect(holding).toEqual(kept)
    const reloaded = appOf(pool, storages).session.tokens()
    await (kept.length
      ? expect(reloaded).resolves.toMatchObject({ accessToken })
      : expect(reloaded).rejects.toMatchObject({ code: 'signed-out' }))
  })

  test('moves where the next sign-in wants it', async () => {
    const pool = await withAnn()
    const storages = { storage: openStorage(), tabStorage: openStorage() }
    const auth = appOf(pool, storages)
    at(await signIn(auth).begin(ann), 'signedIn')
    at(await signIn(auth).begin({ ...ann, persist: 'tab' }), 'signedIn')
    expect([...storages.storage.texts.keys()].join()).not.toContain('session')
    expect([...storages.tabStorage.texts.keys()].join()).toContain('session')
  })

  test('is kept in memory where the storage fails', async () => {
    const pool = await withAnn()
    const auth = appOf(pool, { storage: failing(), tabStorage: failing() })
    at(await signIn(auth).begin(ann), 'signedIn')
    expect((await auth.session.tokens()).refreshToken).toMatch(/^ey/)
  })

  test.each(['{}', 'null', '{"version":1}', '{"version":2,"user":{},"tokens":{}}', '\0'])(
    'is nobody’s where the storage holds %j',
    async (text) => {
      const pool = await withAnn()
      const storage = openStorage()
      storage.setItem(`latchkey.${pool.clientId}.session`, text)
      const { session } = appOf(pool, { storage })
      await expect(session.tokens()).rejects.toMatchObject({ code: 'signed-out' })
    },
  )

  test('stays as it was where somebody else was to be the same person', async () => {
    const pool = await withAnn()
    pool.users.create({ username: 'bob', password })
    const auth = appOf(pool)
    at(await signIn(auth).begin(ann), 'signedIn')
    const before = await auth.session.tokens()
    const flow = signIn(auth)
    const step = await flow.begin({ username: 'bob', password, reauthenticate: true })
    expect(step).toMatchObject({ at: 'start', username: 'bob', error: { code: 'other-user' } })
    expect(await auth.session.tokens()).toEqual(before)
    at(await flow.begin({ ...ann, reauthenticate: true }), 'signedIn')
    expect(await auth.session.tokens()).not.toEqual(before)
  })

  test('stays as it was where a sign-in fails', async () => {
    const pool = await withAnn()
    const auth = appOf(pool)
    at(await signIn(auth).begin(ann), 'signedIn')
    const before = await auth.session.tokens()
    await signIn(auth).begin({ ...ann, password: 'wrong' })
    expect(await auth.session.tokens()).toEqual(before)
  })
})

const refusal = JSON.stringify({
  __type: 'InvalidUserPoolConfigurationException',
  message: 'Device tracking is not enabled.',
})

describe('a new device', () => {
  const patient = (pool: LocalPool, options: Partial<Options> = {}) =>
    appOf(pool, { clock: clockOf(pool), ...options })

  test('whose confirmation fails does not fail the sign-in, and is confirmed later', async () => {
    const pool = await withAnn({ pool: tracking(false) })
    const auth = patient(pool)
    pool.faults.add({ kind: 'throttle', operation: 'ConfirmDevice', times: 1 })
    at(await signIn(auth).begin(ann), 'signedIn')
    expect(requestsOf(pool).at(-1)).toBe('ConfirmDevice TooManyRequestsException')
    await auth.session.tokens()
    expect(requestsOf(pool)).toEqual([])
    pool.clock.advance(61_000)
    await auth.session.tokens()
    await expect.poll(() => requestsOf(pool)).toEqual(['ConfirmDevice'])
    pool.clock.advance(61_000)
    await auth.session.tokens()
    at(await signIn(auth).begin(ann), 'signedIn')
    expect(requestsOf(pool)).toEqual([
      'InitiateAuth',
      'RespondToAuthChallenge',
      'RespondToAuthChallenge',
      'RespondToAuthChallenge',
    ])
  })

  test('whose confirmation takes its time is confirmed while the person is signed in already', async () => {
    const pool = await withAnn({ pool: tracking(true) })
    const hasty: Clock = {
      now: () => Date.now(),
      after: (milliseconds, then) => {
        const timer = setTimeout(then, milliseconds / 100)
        return () => {
          clearTimeout(timer)
        }
      },
    }
    pool.faults.add({ kind: 'latency', delay: 100, operation: 'ConfirmDevice', times: 1 })
    at(await signIn(appOf(pool, { clock: hasty })).begin(ann), 'signedIn')
    expect(requestsOf(pool)).not.toContain('ConfirmDevice')
    await expect.poll(() => requestsOf(pool)).toEqual(['ConfirmDevice'])
  })

  test('is confirmed after a reload, too', async () => {
    const pool = await withAnn({ pool: tracking(false) })
    const storage = openStorage()
    pool.faults.add({ kind: 'lost-request', operation: 'ConfirmDevice', times: 1 })
    at(await signIn(patient(pool, { storage })).begin(ann), 'signedIn')
    requestsOf(pool)
    const auth = patient(pool, { storage })
    await auth.session.tokens()
    await expect.poll(() => requestsOf(pool)).toEqual(['ConfirmDevice'])
    await expect.poll(() => [...storage.texts.keys()].join()).toContain('.device.')
  })

  test('that the service does not want is given up', async () => {
    const pool = await withAnn({ pool: tracking(false) })
    const auth = patient(pool)
    pool.faults.add({
      kind: 'status',
      status: 400,
      operation: 'ConfirmDevice',
      times: 1,
      body: refusal,
    })
    at(await signIn(auth).begin(ann), 'signedIn')
    requestsOf(pool)
    pool.clock.advance(61_000)
    expect((await auth.session.tokens()).accessToken).toMatch(/^ey/)
    expect(requestsOf(pool)).toEqual([])
    // The next sign-in is from another new device.
    at(await signIn(auth).begin(ann), 'signedIn')
    expect(requestsOf(pool).at(-1)).toBe('ConfirmDevice')
  })

  test('whose confirmation was done although its answer was lost is known at the next sign-in', async () => {
    const pool = await withAnn({ pool: tracking(false) })
    const auth = patient(pool)
    pool.faults.add({ kind: 'lost-answer', operation: 'ConfirmDevice', times: 1 })
    at(await signIn(auth).begin(ann), 'signedIn')
    requestsOf(pool)
    pool.clock.advance(61_000)
    await auth.session.tokens()
    await expect.poll(() => requestsOf(pool)).toEqual(['ConfirmDevice InvalidParameterException'])
    at(await signIn(auth).begin(ann), 'signedIn')
    expect(pool.users.devices('ann')).toHaveLength(1)
  })

  test('is remembered by the person’s leave', async () => {
    const pool = await withAnn({
      pool: { MfaConfiguration: 'ON', EnabledMfas: ['SMS_MFA'], ...tracking(true) },
    })
    const auth = appOf(pool)
    const enter = async () => {
      const flow = signIn(auth)
      const code = at(await flow.begin({ ...ann, deviceName: 'Ann’s phone' }), 'code')
      return [flow, await flow.answer(code, { code: lastCode(pool) })] as const
    }
    const [flow, asked] = await enter()
    const step = at(asked, 'rememberDevice')
    expect((await auth.session.tokens()).accessToken).toMatch(/^ey/)
    at(await flow.answer(step, { remember: false }), 'signedIn')
    // Known, but not remembered: the second factor is due, and nobody is asked again.
    const [, again] = await enter()
    at(again, 'signedIn')
    const [device] = pool.users.devices('ann')
    expect(device).toMatchObject({ name: 'Ann’s phone', remembered: false })
  })

  test('is remembered at once where the app has asked before', async () => {
    const pool = await withAnn({ pool: tracking(true) })
    const auth = appOf(pool)
    at(await signIn(auth).begin({ ...ann, rememberDevice: true }), 'signedIn')
    expect(requestsOf(pool).slice(-2)).toEqual(['ConfirmDevice', 'UpdateDeviceStatus'])
    expect(pool.users.devices('ann')).toMatchObject([{ remembered: true }])
  })

  test.each(['lost-request', 'lost-answer'] as const)(
    'is remembered at last where the app has asked before, although at first there was a %s',
    async (kind) => {
      const pool = await withAnn({ pool: tracking(true) })
      const storage = openStorage()
      pool.faults.add({ kind, operation: 'ConfirmDevice', times: 1 })
      at(
        await signIn(patient(pool, { storage })).begin({ ...ann, rememberDevice: true }),
        'signedIn',
      )
      expect(pool.users.devices('ann')).not.toMatchObject([{ remembered: true }])
      await patient(pool, { storage }).session.tokens()
      await expect.poll(() => pool.users.devices('ann')).toMatchObject([{ remembered: true }])
    },
  )

  test('is asked about no further by who gives the question up', async () => {
    const pool = await withAnn({ pool: tracking(true) })
    const flow = signIn(appOf(pool))
    at(await flow.begin(ann), 'rememberDevice')
    flow.cancel()
    expect(flow.step.at).toBe('signedIn')
  })
})
