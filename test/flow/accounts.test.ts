import { describe, expect, test } from 'vitest'
import { recover, signIn, signUp } from '../../src/index.ts'
import type { Fetch } from '../../src/index.ts'
import type { LocalPool } from '../../src/local/index.ts'
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

const email = 'ann@example.com'
const ann = { username: 'ann', password, attributes: { email } }
const verifying = { AutoVerifiedAttributes: ['email'] } as const
const another = 'Another-horse-7'

const wrongCode = (pool: LocalPool): string => (lastCode(pool) === '000000' ? '000001' : '000000')

describe('a sign-up', () => {
  test('ends signed in by the session that it is given', async () => {
    const pool = await openPool({ pool: verifying })
    const auth = appOf(pool)
    const flow = signUp(auth)
    const step = at(await flow.begin(ann), 'confirmSignUp')
    expect(step).toMatchObject({
      username: 'ann',
      medium: 'EMAIL',
      destination: 'a***@e***',
      attempts: 0,
      canResend: true,
    })
    at(await flow.answer(step, { code: lastCode(pool) }), 'signedIn')
    expect(requestsOf(pool)).toEqual(['SignUp', 'ConfirmSignUp', 'InitiateAuth'])
    expect((await auth.session.tokens()).refreshToken).toMatch(/^ey/)
  })

  test('ends signed in by the password where the app client gives no session', async () => {
    const client = { ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'] } as const
    const pool = await openPool({ pool: verifying, client })
    const flow = signUp(appOf(pool))
    const step = at(await flow.begin(ann), 'confirmSignUp')
    at(await flow.answer(step, { code: lastCode(pool) }), 'signedIn')
    expect(requestsOf(pool)).toHaveLength(4)
  })

  test.each(['USER_PASSWORD_AUTH', 'USER_AUTH'] as const)(
    'ends signed in where the app client allows %s alone',
    async (only) => {
      const pool = await openPool({
        pool: verifying,
        client: { ExplicitAuthFlows: [`ALLOW_${only}`] },
      })
      const flow = signUp(appOf(pool))
      const step = at(await flow.begin({ ...ann, flow: only }), 'confirmSignUp')
      at(await flow.answer(step, { code: lastCode(pool) }), 'signedIn')
      expect(requestsOf(pool)).toEqual(['SignUp', 'ConfirmSignUp', 'InitiateAuth'])
    },
  )

  test('asks for nothing but to be let in by what it has earned', async () => {
    const pool = await openPool({ pool: verifying })
    let last = ''
    const fetch: Fetch = (url, init) => pool.fetch(url, { ...init, body: (last = init.body) })
    const flow = signUp(appOf(pool, { fetch }))
    const step = at(await flow.begin({ ...ann, flow: 'USER_AUTH' }), 'confirmSignUp')
    at(await flow.answer(step, { code: lastCode(pool) }), 'signedIn')
    expect(JSON.parse(last)).toHaveProperty('AuthFlow', 'USER_AUTH')
    expect(JSON.parse(last)).toHaveProperty('Session')
    expect(JSON.parse(last)).toHaveProperty('AuthParameters', { USERNAME: 'ann' })
  })

  test('needs no code where the pool confirms by itself', async () => {
    const pool = await openPool({
      triggers: {
        preSignUp: (event) => ({ ...event, response: { autoConfirmUser: true } }),
      },
    })
    at(await signUp(appOf(pool)).begin(ann), 'signedIn')
    expect(requestsOf(pool)[0]).toBe('SignUp')
  })

  test('stays at the code that is wrong, sends another, takes another address', async () => {
    const pool = await openPool({
      pool: { ...verifying, UsernameAttributes: ['email'] },
    })
    const flow = signUp(appOf(pool))
    const typo = { username: 'ann@exmaple.com', password }
    const step = at(await flow.begin(typo), 'confirmSignUp')
    const wrong = at(await flow.answer(step, { code: wrongCode(pool) }), 'confirmSignUp')
    expect(wrong).toMatchObject({ attempts: 1, error: { code: 'wrong-code' } })
    const again = at(await flow.resend(wrong), 'confirmSignUp')
    expect(again.attempts).toBe(0)
    expect(again.error).toBeUndefined()
    const right = at(await flow.begin({ username: email, password }), 'confirmSignUp')
    await expect(flow.answer(again, { code: lastCode(pool) })).rejects.toThrow('"step" must be')
    at(await flow.answer(right, { code: lastCode(pool) }), 'signedIn')
  })

  test.each([
    ['a password against the rules', { ...ann, password: 'short' }, 'password-policy', /long/],
    ['a name that is taken', { ...ann, username: 'bob' }, 'username-taken', /exists/],
    [
      'an attribute that there is not',
      { ...ann, attributes: { 'custom:x': '1' } },
      'invalid-parameter',
      /schema/,
    ],
  ])('with %s begins again and says why', async (_, input, code, detail) => {
    const pool = await openPool({ pool: verifying })
    pool.users.create({ username: 'bob', password })
    const step = at(await signUp(appOf(pool)).begin(input), 'start')
    expect(step).toMatchObject({ username: input.username, error: { code } })
    expect(step.error?.detail).toMatch(detail)
  })

  test('goes on after a reload, where the session signs in without the password', async () => {
    const pool = await openPool({ pool: verifying })
    const tabStorage = openStorage()
    at(await signUp(appOf(pool, { tabStorage })).begin(ann), 'confirmSignUp')
    expect([...tabStorage.texts.values()].join()).not.toContain(password)
    const flow = signUp(appOf(pool, { tabStorage }))
    const step = at(await flow.resume(), 'confirmSignUp')
    at(await flow.answer(step, { code: lastCode(pool) }), 'signedIn')
  })

  test('is only confirmed after a reload where there is neither session nor password', async () => {
    const client = { ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'] } as const
    const pool = await openPool({ pool: verifying, client })
    const tabStorage = openStorage()
    at(await signUp(appOf(pool, { tabStorage })).begin(ann), 'confirmSignUp')
    const flow = signUp(appOf(pool, { tabStorage }))
    const step = at(await flow.resume(), 'confirmSignUp')
    const end = at(await flow.answer(step, { code: lastCode(pool) }), 'start')
    expect(end).toMatchObject({ username: 'ann', done: 'confirmed', error: undefined })
    expect(tabStorage.texts.size).toBe(0)
  })

  test('signs in with the password where the session has run out meanwhile', async () => {
    const pool = await openPool({ pool: verifying })
    const flow = signUp(appOf(pool))
    const step = at(await flow.begin(ann), 'confirmSignUp')
    pool.clock.advance(3_600_000)
    at(await flow.answer(step, { code: lastCode(pool) }), 'signedIn')
  })
})

describe('a sign-in of somebody who never confirmed', () => {
  test('asks for the code first, and goes on by itself', async () => {
    const pool = await openPool({ pool: verifying })
    at(await signUp(appOf(pool)).begin(ann), 'confirmSignUp')
    const flow = signIn(appOf(pool))
    const step = at(await flow.begin({ username: 'ann', password }), 'confirmSignUp')
    expect(step).toMatchObject({ error: { code: 'not-confirmed' }, canResend: true })
    const sent = at(await flow.resend(step), 'confirmSignUp')
    expect(sent.destination).toBe('a***@e***')
    expect(sent.error).toBeUndefined()
    at(await flow.answer(sent, { code: lastCode(pool) }), 'signedIn')
  })

  test('goes on as well where it was confirmed elsewhere meanwhile', async () => {
    const pool = await openPool({ pool: verifying })
    at(await signUp(appOf(pool)).begin(ann), 'confirmSignUp')
    const flow = signIn(appOf(pool))
    const step = at(await flow.begin({ username: 'ann', password }), 'confirmSignUp')
    pool.users.confirm('ann')
    at(await flow.answer(step, { code: lastCode(pool) }), 'signedIn')
  })
})

describe('a recovery', () => {
  const withAnn = async (): Promise<LocalPool> => {
    const pool = await openPool({ pool: verifying })
    pool.users.create({ ...ann, attributes: { email, email_verified: 'true' } })
    return pool
  }

  test('ends signed in with the new password', async () => {
    const pool = await withAnn()
    const flow = recover(appOf(pool))
    const step = at(await flow.begin({ username: 'ann' }), 'resetPassword')
    expect(step).toMatchObject({ medium: 'EMAIL', destination: 'a***@e***' })
    at(await flow.answer(step, { code: lastCode(pool), password: another }), 'signedIn')
    expect(requestsOf(pool)).toEqual([
      'ForgotPassword',
      'ConfirmForgotPassword',
      'InitiateAuth',
      'RespondToAuthChallenge',
    ])
    at(await signIn(appOf(pool)).begin({ username: 'ann', password: another }), 'signedIn')
  })

  test.each(['USER_SRP_AUTH', 'USER_PASSWORD_AUTH', 'USER_AUTH'] as const)(
    'ends signed in where the app client allows %s alone',
    async (flow) => {
      const pool = await withAnn()
      pool.configure({ client: { ExplicitAuthFlows: [`ALLOW_${flow}`] } })
      const recovery = recover(appOf(pool))
      const step = at(await recovery.begin({ username: 'ann', flow }), 'resetPassword')
      at(await recovery.answer(step, { code: lastCode(pool), password: another }), 'signedIn')
    },
  )

  test('asks for the second factor, too', async () => {
    const pool = await openPool({ pool: { ...verifying, MfaConfiguration: 'OPTIONAL' } })
    pool.configure({ pool: { EnabledMfas: ['SMS_MFA'] } })
    pool.users.create({
      ...ann,
      attributes: { email, email_verified: 'true', phone_number: '+491701234567' },
      mfa: ['SMS_MFA'],
    })
    const flow = recover(appOf(pool))
    const step = at(await flow.begin({ username: 'ann' }), 'resetPassword')
    const code = at(await flow.answer(step, { code: lastCode(pool), password: another }), 'code')
    at(await flow.answer(code, { code: lastCode(pool) }), 'signedIn')
  })

  test('says which rule a password breaks, and which code is wrong', async () => {
    const pool = await withAnn()
    const flow = recover(appOf(pool))
    const step = at(await flow.begin({ username: 'ann' }), 'resetPassword')
    const code = lastCode(pool)
    const short = at(await flow.answer(step, { code, password: 'Sh0rt!' }), 'resetPassword')
    expect(short).toMatchObject({ attempts: 0, error: { code: 'password-policy' } })
    expect(short.error?.detail).toMatch(/long enough/)
    const wrong = at(
      await flow.answer(short, { code: wrongCode(pool), password: another }),
      'resetPassword',
    )
    expect(wrong).toMatchObject({ attempts: 1, error: { code: 'wrong-code' } })
    at(await flow.answer(wrong, { code, password: another }), 'signedIn')
  })

  test('has another code sent', async () => {
    const pool = await withAnn()
    const flow = recover(appOf(pool))
    const step = at(await flow.begin({ username: 'ann' }), 'resetPassword')
    const again = at(await flow.resend(step), 'resetPassword')
    expect(pool.outbox.messages).toHaveLength(2)
    at(await flow.answer(again, { code: lastCode(pool), password: another }), 'signedIn')
  })

  test('is what a sign-in becomes that an administrator has stopped', async () => {
    const pool = await withAnn()
    pool.users.reset('ann')
    const flow = signIn(appOf(pool))
    const step = at(await flow.begin({ username: 'ann', password: wrongPassword }), 'resetPassword')
    expect(step.error).toMatchObject({ code: 'reset-required' })
    const sent = at(await flow.resend(step), 'resetPassword')
    at(await flow.answer(sent, { code: lastCode(pool), password: another }), 'signedIn')
  })

  test('that the network cuts off after the new password goes on at the sign-in', async () => {
    const pool = await withAnn()
    const flow = recover(appOf(pool, { timeout: 50 }))
    const step = at(await flow.begin({ username: 'ann' }), 'resetPassword')
    pool.faults.add({ kind: 'latency', delay: 200, operation: 'InitiateAuth', times: 1 })
    const end = at(await flow.answer(step, { code: lastCode(pool), password: another }), 'start')
    expect(end).toMatchObject({ done: 'passwordReset', error: { code: 'timeout' } })
    at(await signIn(appOf(pool)).begin({ username: 'ann', password: another }), 'signedIn')
  })
})
