import { describe, expect, test } from 'vitest'
import { isAuthError, signIn } from '../../src/index.ts'
import type { LocalPool } from '../../src/local/index.ts'
import { openPasskeyPool } from '../flow/passkey-world.ts'
import { appOf, at, openPool, openStorage, password, requestsOf } from '../flow/world.ts'

const ann = { username: 'ann', password }
const tracking = {
  DeviceConfiguration: {
    ChallengeRequiredOnNewDevice: true,
    DeviceOnlyRememberedOnUserPrompt: false,
  },
}

async function enter(pool: LocalPool, options: Parameters<typeof appOf>[1] = {}) {
  const auth = appOf(pool, options)
  at(await signIn(auth).begin(ann), 'signedIn')
  const tokens = await auth.session.tokens()
  requestsOf(pool)
  return { auth, tokens, refresh: { RefreshToken: tokens.refreshToken ?? '' } }
}

async function withAnn(pool = {}): Promise<LocalPool> {
  const opened = await openPool({ pool })
  opened.users.create(ann)
  return opened
}

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'done',
    (error: unknown) => (isAuthError(error) ? error.code : error),
  )

describe('a sign-out', () => {
  test('ends the session, here and at the service', async () => {
    const pool = await withAnn()
    const storage = openStorage()
    const { auth, refresh } = await enter(pool, { storage })
    expect(await auth.session.signOut()).toEqual({ revoked: true })
    expect(requestsOf(pool)).toEqual(['RevokeToken'])
    expect(await codeOf(auth.session.tokens())).toBe('signed-out')
    expect(await codeOf(appOf(pool, { storage }).session.tokens())).toBe('signed-out')
    expect(await codeOf(auth.call('GetTokensFromRefreshToken', refresh))).toBe('refresh-token-dead')
    expect([...storage.texts.keys()].join()).not.toContain('session')
  })

  test('leaves other devices alone, unless it is for everywhere', async () => {
    const pool = await withAnn()
    const [here, there, third] = [await enter(pool), await enter(pool), await enter(pool)]
    await here.auth.session.signOut()
    expect(await codeOf(there.auth.call('GetTokensFromRefreshToken', there.refresh))).toBe('done')
    requestsOf(pool)
    expect(await there.auth.session.signOut({ everywhere: true })).toEqual({ revoked: true })
    expect(requestsOf(pool)).toEqual(['GlobalSignOut'])
    const dead = third.auth.call('GetTokensFromRefreshToken', third.refresh)
    expect(await codeOf(dead)).toBe('refresh-token-dead')
    // It was ended from elsewhere: that is what was wanted.
    expect(await third.auth.session.signOut({ everywhere: true })).toEqual({ revoked: true })
  })

  test('is one here whatever the network says, and says so', async () => {
    const pool = await withAnn()
    const { auth } = await enter(pool, { timeout: 100 })
    pool.faults.add({ kind: 'lost-request', operation: 'RevokeToken' })
    expect(await auth.session.signOut()).toEqual({ revoked: false })
    expect(await codeOf(auth.session.tokens())).toBe('signed-out')
  })

  test('of nobody asks the service for nothing', async () => {
    const pool = await withAnn()
    expect(await appOf(pool).session.signOut()).toEqual({ revoked: true })
    expect(requestsOf(pool)).toEqual([])
  })

  test('heeds its signal', async () => {
    const pool = await withAnn()
    const { auth, tokens } = await enter(pool)
    const reason = new Error('enough')
    const before = auth.session.signOut({ signal: AbortSignal.abort(reason) })
    await expect(before).rejects.toBe(reason)
    expect(await auth.session.tokens()).toEqual(tokens)
    const controller = new AbortController()
    pool.faults.add({ kind: 'latency', delay: 1000, operation: 'RevokeToken' })
    const meanwhile = auth.session.signOut({ signal: controller.signal })
    await expect.poll(() => codeOf(auth.session.tokens())).toBe('signed-out')
    controller.abort(reason)
    await expect(meanwhile).rejects.toBe(reason)
  })

  test.each<[string, object]>([
    ['everywhere', { everywhere: 'yes' }],
    ['forgetDevice', { forgetDevice: 1 }],
    ['global', { global: true }],
    ['signal', { signal: 'now' }],
  ])('with a wrong %s is a TypeError and signs nobody out', async (name, options) => {
    const pool = await withAnn()
    const { auth, tokens } = await enter(pool)
    await expect(auth.session.signOut(options)).rejects.toThrow(`"${name}" must be`)
    expect(await auth.session.tokens()).toEqual(tokens)
  })
})

describe('what is remembered of a device', () => {
  test('stays after a sign-out', async () => {
    const pool = await withAnn(tracking)
    const storage = openStorage()
    const { auth } = await enter(pool, { storage })
    await auth.session.signOut()
    await enter(pool, { storage })
    expect(pool.users.devices('ann')).toHaveLength(1)
  })

  test('is gone, here and at the service, where the person wants it forgotten', async () => {
    const pool = await withAnn(tracking)
    const storage = openStorage()
    const { auth } = await enter(pool, { storage })
    expect(storage.texts.size).toBeGreaterThan(2)
    expect(await auth.session.signOut({ forgetDevice: true })).toEqual({ revoked: true })
    expect(requestsOf(pool)).toEqual(['ForgetDevice', 'RevokeToken'])
    expect([...storage.texts.keys()]).toEqual([])
    expect(pool.users.devices('ann')).toEqual([])
  })

  test('does not come back by a confirmation that was on its way', async () => {
    const pool = await withAnn(tracking)
    const storage = openStorage()
    let confirmed = false
    let release = (): void => undefined
    const auth = appOf(pool, {
      storage,
      fetch: async (url, init) => {
        const answer = await pool.fetch(url, init)
        if (!init.headers['x-amz-target']?.endsWith('.ConfirmDevice')) return answer
        // Done, but the word of it comes late.
        confirmed = true
        await new Promise<void>((resolve) => (release = resolve))
        return answer
      },
    })
    const entering = signIn(auth).begin(ann)
    await expect.poll(() => confirmed).toBe(true)
    await auth.session.signOut({ forgetDevice: true })
    release()
    await entering
    expect([...storage.texts.keys()].filter((key) => !key.includes('.name.'))).toEqual([])
    expect(await codeOf(auth.session.tokens())).toBe('signed-out')
  })

  test('is also who used a passkey', async () => {
    const { pool, device } = await openPasskeyPool()
    const storage = openStorage()
    const auth = appOf(pool, { storage, passkeys: device.passkeys })
    const input = { username: 'eve', prefer: 'WEB_AUTHN', rememberPasskeyName: true } as const
    at(await signIn(auth).begin(input), 'signedIn')
    await auth.session.signOut()
    expect([...storage.texts.keys()].join()).toContain('passkey')
    // Whoever comes next can have it forgotten, too.
    await auth.session.signOut({ forgetDevice: true })
    expect([...storage.texts.keys()].join()).not.toContain('passkey')
  })
})
