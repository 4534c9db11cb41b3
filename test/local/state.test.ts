import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createLocalPool } from '../../src/local/index.ts'
import type { LocalPool, Message } from '../../src/local/index.ts'
import { decode, encode } from '../../src/local/state.ts'
import { runs } from '../runs.ts'
import { failureOf } from '../wire/fakes.ts'
import { begin, newPool, output, password, refusal, respond, send } from './raw.ts'

// What a pool keeps: written, read again, and no more than is needed.

const restored = (pool: LocalPool): LocalPool => createLocalPool({ state: pool.snapshot() })
const attributes = { email: 'ada@example.com', email_verified: 'true' }
const ask = (pool: LocalPool) =>
  output(pool, 'ForgotPassword', { ClientId: pool.clientId, Username: 'ada' })

/** The state as it is written, of which a test may look at every part. */
interface Written {
  version: unknown
  pools: {
    $map: [string, Record<string, unknown> & { users: { $map: [string, WrittenUser][] } }][]
  }
  clients: { $map: [string, Record<string, unknown>][] }
  outbox: unknown
}
interface WrittenUser {
  totp: { used: { $set: unknown[] } }
  asked: { $map: [string, unknown[]][] }
  history: unknown
}
const writtenBy = (pool: LocalPool): Written => JSON.parse(pool.snapshot()) as Written
const adaIn = (pool: LocalPool): WrittenUser => writtenBy(pool).pools.$map[0]![1].users.$map[0]![1]

describe('the text of a state', () => {
  test('is read as what it was made of, whatever a user’s own data look like', () => {
    const names = ['map', 'set', '$map', '$set', '$$map', '$', '__proto__', 'constructor', 'toJSON']
    const name = fc.oneof(fc.constantFrom(...names), fc.string())
    const { data } = fc.letrec<{ data: unknown }>((tie) => ({
      data: fc.oneof(
        { depthSize: 'small' },
        fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
        fc.array(tie('data'), { maxLength: 3 }),
        fc.dictionary(name, tie('data'), { maxKeys: 3, noNullPrototype: true }),
        fc.array(fc.tuple(name, tie('data')), { maxLength: 3 }).map((pairs) => new Map(pairs)),
        fc.array(tie('data'), { maxLength: 3 }).map((entries) => new Set(entries)),
      ),
    }))
    fc.assert(
      fc.property(data, (given) => isDeepStrictEqual(decode(encode(given)), given)),
      runs(20_000),
    )
  })

  test.each([
    { map: [['a', 1]] },
    { set: [1] },
    { $map: [['a', 1]] },
    { $set: [] },
    { $$set: [7] },
  ])('%j stays what it is, and is no map or set', (given) => {
    expect(decode(encode(given))).toStrictEqual(given)
    expect(decode(encode(new Map([['key', new Set([given])]])))).toStrictEqual(
      new Map([['key', new Set([given])]]),
    )
  })

  test.each([
    ['', '"state" must be string; got nothing'],
    ['{', '"state" must be a text that snapshot gave; got another'],
    ['{"$map":[1]}', '"state" must be a text that snapshot gave; got another'],
    ['null', '"state" must be of version 1, as snapshot gives it; got version undefined'],
    ['[]', 'got version undefined'],
    ['{"mine":true}', 'got version undefined'],
    ['{"version":2}', 'got version 2'],
    ['{"version":1}', '"state.pools" must be map; got undefined'],
  ])('%j is none', (state, sentence) => {
    expect(() => createLocalPool({ state })).toThrow(TypeError)
    expect(() => createLocalPool({ state })).toThrow(sentence)
  })

  test.each<[sentence: string, (state: Written) => void]>([
    ['"state.outbox" must be list; got undefined', (state) => delete state.outbox],
    [
      '"state.pools.eu-west-1_Ab12Cd34E.settings" must be object; got nothing',
      ({ pools }) => (pools.$map[0]![1]['settings'] = null),
    ],
    [
      '"state.pools.eu-west-1_Ab12Cd34E.users.ada.history" must be list; got string',
      ({ pools }) => (pools.$map[0]![1].users.$map[0]![1].history = ''),
    ],
    [
      '"state.clients.1example23456789.id" must be string; got undefined',
      ({ clients }) => delete clients.$map[0]![1]['id'],
    ],
    [
      '"state.clients.1example23456789.poolId" must be the id of a pool of the state; got another',
      ({ clients }) => (clients.$map[0]![1]['poolId'] = 'eu-west-1_Another12'),
    ],
  ])('is refused: %s', async (sentence, spoil) => {
    const pool = await newPool()
    pool.users.create({ username: 'ada' })
    const state = writtenBy(pool)
    spoil(state)
    expect(() => createLocalPool({ state: JSON.stringify(state) })).toThrow(`latchkey: ${sentence}`)
  })
})

describe('the outbox in a state', () => {
  test('can be read after a restart, and its codes are good', async () => {
    const before = await newPool()
    before.users.create({ username: 'ada', password, attributes })
    await ask(before)
    const after = restored(before)
    expect(after.outbox.messages).toEqual(before.outbox.messages)
    const { code: ConfirmationCode } = after.outbox.last({ purpose: 'recovery' })!
    await output(after, 'ConfirmForgotPassword', {
      ...{
        ClientId: after.clientId,
        Username: 'ada',
        ConfirmationCode,
        Password: 'Another-Horse7',
      },
    })
  })

  test('knows what was given to somebody who waited', async () => {
    const before = await newPool()
    before.users.create({ username: 'ada', password, attributes })
    await ask(before)
    const first = await before.outbox.next()
    const after = restored(before)
    const next = after.outbox.next()
    await ask(after)
    const fresh = await next
    expect(fresh.code).not.toBe(first.code)
    const none = failureOf(restored(after).outbox.next({}, 20))
    expect(await none).toMatchObject({ message: expect.stringContaining('no such') as unknown })
    await ask(after)
    // Nobody was given this one yet.
    const last = after.outbox.last()!
    expect(await restored(after).outbox.next()).toEqual(last)
  })
})

describe('what would grow without an end', () => {
  test('messages: the last 1,000 are kept', async () => {
    const pool = await newPool()
    pool.users.create({ username: 'ada', password, attributes })
    await ask(pool)
    const [message] = pool.outbox.messages
    const numbered = (code: number): Message => ({ ...message!, code: String(code) })
    for (let i = 0; i < 1_003; i++) pool.outbox.send(numbered(i))
    for (const one of [pool, restored(pool)]) {
      expect(one.outbox.messages).toHaveLength(1_000)
      expect(one.outbox.messages[0]).toEqual(numbered(3))
      expect(one.outbox.last()).toEqual(numbered(1_002))
    }
  })

  test('the log: the last 10,000 requests are kept', async () => {
    const pool = await newPool()
    pool.faults.add({ kind: 'waf-block' })
    const headers = { 'x-amz-target': 'AWSCognitoIdentityProviderService.GetUser' }
    for (let i = 0; i < 10_005; i++) {
      if (i === 10_004) pool.faults.clear()
      await pool.fetch('/', { method: 'POST', headers, body: '{}' })
    }
    expect(pool.requests).toHaveLength(10_000)
    expect(pool.requests.at(-1)).toMatchObject({ error: 'InvalidParameterException' })
  })

  test('used codes of an app: no more than could count, and none counts twice', async () => {
    const mfa = { MfaConfiguration: 'OPTIONAL', EnabledMfas: ['SOFTWARE_TOKEN_MFA'] } as const
    const pool = await newPool({ pool: mfa })
    pool.users.create({ username: 'ada', password, mfa: ['SOFTWARE_TOKEN_MFA'] })
    const enter = async (code: string) => {
      const { Session } = await begin(pool, 'ada')
      const answer = { USERNAME: 'ada', SOFTWARE_TOKEN_MFA_CODE: code }
      return respond(pool, 'SOFTWARE_TOKEN_MFA', answer, Session)
    }
    for (let i = 0; i < 14; i++) {
      const code = pool.totp('ada')
      expect((await enter(code)).status).toBe(200)
      expect((await enter(code)).body).toMatchObject({ __type: 'ExpiredCodeException' })
      pool.clock.advance(30_000)
    }
    expect(adaIn(pool).totp.used.$set).toHaveLength(10)
  })

  test('moments of an operation: as many as fill the quota', async () => {
    const pool = await newPool()
    pool.users.create({ username: 'ada', password, attributes })
    for (let i = 0; i < 5; i++) await ask(pool)
    const input = { ClientId: pool.clientId, Username: 'ada' }
    const refused = { type: 'LimitExceededException' }
    for (let i = 0; i < 40; i++)
      expect(await refusal(pool, 'ForgotPassword', input)).toMatchObject(refused)
    expect(adaIn(pool).asked.$map).toMatchObject([['ForgotPassword', { length: 5 }]])
    pool.clock.advance(3_600_001)
    for (let i = 0; i < 5; i++) await ask(pool)
    expect(await refusal(pool, 'ForgotPassword', input)).toMatchObject(refused)
  })

  test('passwords of before: as many as a policy can ask about', async () => {
    const pool = await newPool()
    pool.users.create({ username: 'ada', password })
    for (let i = 0; i < 30; i++) pool.users.setPassword('ada', `Another-Horse${i}`)
    expect(adaIn(pool).history).toHaveLength(25)
  })

  test('troubles: those that are used up are gone', async () => {
    const pool = await newPool()
    for (let i = 0; i < 3; i++) pool.faults.add({ kind: 'waf-block', times: 1 })
    for (let i = 0; i < 3; i++) await send(pool, 'GetUser', {})
    expect(pool.faults.left).toEqual([])
  })
})
