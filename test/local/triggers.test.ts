import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fault } from '../../src/local/fault.ts'
import type { LocalPool, LocalPoolOptions, Triggers } from '../../src/local/index.ts'
import { runs } from '../runs.ts'
import { questioning } from './clients.ts'
import { begin, newPool, output, password, respond, send } from './raw.ts'
import type { Reply } from './raw.ts'

// What functions in Lambda's place give that they should not, and what they throw.

type Name = keyof Triggers

const email = { email: 'ada@example.com', email_verified: 'true' }

const initiate = (pool: LocalPool, AuthFlow: string): Promise<Reply> =>
  send(pool, 'InitiateAuth', {
    ...{ AuthFlow, ClientId: pool.clientId },
    AuthParameters: { USERNAME: 'ada', PASSWORD: password },
  })
const signInPlainly = (pool: LocalPool) => initiate(pool, 'USER_PASSWORD_AUTH')
const beginCustom = (pool: LocalPool) => initiate(pool, 'CUSTOM_AUTH')
const signUp = (pool: LocalPool): Promise<Reply> =>
  send(pool, 'SignUp', { ClientId: pool.clientId, Username: 'bob', Password: password })
const forget = (pool: LocalPool): Promise<Reply> =>
  send(pool, 'ForgotPassword', { ClientId: pool.clientId, Username: 'ada' })

/** What makes each of them run. */
const occasions: Readonly<Record<Name, (pool: LocalPool) => Promise<Reply>>> = {
  preSignUp: signUp,
  postConfirmation: async (pool) => {
    pool.users.setStatus('ada', 'UNCONFIRMED')
    return send(pool, 'ConfirmSignUp', {
      ...{ ClientId: pool.clientId, Username: 'ada' },
      ConfirmationCode: await codeOf(pool),
    })
  },
  preAuthentication: signInPlainly,
  postAuthentication: signInPlainly,
  preTokenGeneration: signInPlainly,
  defineAuthChallenge: beginCustom,
  createAuthChallenge: beginCustom,
  verifyAuthChallengeResponse: async (pool) => {
    const { Session } = (await beginCustom(pool)).body
    return respond(pool, 'CUSTOM_CHALLENGE', { USERNAME: 'ada', ANSWER: 'blue' }, Session)
  },
  customMessage: forget,
  userMigration: async (pool) => {
    if (pool.users.get('ada')) pool.users.delete('ada')
    return signInPlainly(pool)
  },
}
const names = Object.keys(occasions) as Name[]

async function codeOf(pool: LocalPool): Promise<string> {
  await output(pool, 'ResendConfirmationCode', { ClientId: pool.clientId, Username: 'ada' })
  return pool.outbox.last()!.code
}

/** A pool with Ada, where one of the functions is another. */
async function withTrigger(name: Name, trigger: (event: never) => unknown): Promise<LocalPool> {
  const triggers = { ...questioning, [name]: trigger } as LocalPoolOptions['triggers']
  const pool = await newPool({ triggers, pool: { AutoVerifiedAttributes: ['email'] } })
  pool.users.create({ username: 'ada', password, attributes: email })
  return pool
}

/** A response in the event that came. */
const giving = (response: unknown) => (event: object) => ({ ...event, response })

const unrecognizable = {
  __type: 'InvalidLambdaResponseException',
  message: 'Unrecognizable lambda output',
}

const flags = [1, 'true', {}, []]
const texts = [1, true, {}, ['text']]
const maps = [1, 'text', ['text'], { name: 1 }, { name: {} }, { name: ['text'] }]
const lists = [1, 'text', { 0: 'text' }, [1], [null], [{}]]
const wrong = (name: Name, member: string, values: readonly unknown[]) =>
  values.map((value) => [name, { [member]: value }] as const)
const claims = (member: string, values: readonly unknown[]) =>
  values.map(
    (value) => ['preTokenGeneration', { claimsOverrideDetails: { [member]: value } }] as const,
  )

describe('a function that gives what is no answer', () => {
  test.each(names)('%s: of no form at all', async (name) => {
    const cycle: Record<string, unknown> = {}
    cycle['response'] = cycle
    const given = [
      ...[null, 1, 'yes', true, [], {}, { response: undefined }, { response: null }],
      ...[{ response: 'yes' }, { response: [] }, { response: 1n }, cycle],
    ]
    for (const value of given) {
      const pool = await withTrigger(name, () => value)
      const { status, body } = await occasions[name](pool)
      expect({ status, body }).toEqual({ status: 400, body: unrecognizable })
    }
  })

  test.each([
    ...wrong('preSignUp', 'autoConfirmUser', flags),
    ...wrong('preSignUp', 'autoVerifyEmail', flags),
    ...wrong('preSignUp', 'autoVerifyPhone', flags),
    ...wrong('preTokenGeneration', 'claimsOverrideDetails', [1, 'text', []]),
    ...claims('claimsToAddOrOverride', maps),
    ...claims('claimsToSuppress', lists),
    ...claims('groupOverrideDetails', [1, 'text', [], { groupsToOverride: 'readers' }]),
    ...claims(
      'groupOverrideDetails',
      lists.map((groupsToOverride) => ({ groupsToOverride })),
    ),
    ...wrong('defineAuthChallenge', 'challengeName', texts),
    ...wrong('defineAuthChallenge', 'issueTokens', flags),
    ...wrong('defineAuthChallenge', 'failAuthentication', flags),
    ...wrong('createAuthChallenge', 'publicChallengeParameters', maps),
    ...wrong('createAuthChallenge', 'privateChallengeParameters', maps),
    ...wrong('createAuthChallenge', 'challengeMetadata', texts),
    ...wrong('verifyAuthChallengeResponse', 'answerCorrect', flags),
    ...wrong('customMessage', 'smsMessage', texts),
    ...wrong('customMessage', 'emailMessage', texts),
    ...wrong('customMessage', 'emailSubject', texts),
    ...wrong('userMigration', 'userAttributes', maps),
    ...wrong('userMigration', 'finalUserStatus', [...texts, 'RESET']),
    ...wrong('userMigration', 'messageAction', texts),
    ...wrong('userMigration', 'forceAliasCreation', flags),
  ] as const)('%s: %j', async (name, response) => {
    const pool = await withTrigger(name, giving(response))
    const { status, body } = await occasions[name](pool)
    expect({ status, body }).toEqual({ status: 400, body: unrecognizable })
    if (name !== 'customMessage') expect(pool.outbox.last()).toBeUndefined()
    expect(pool.users.list().map(({ username }) => username)).toEqual(
      name === 'userMigration' ? [] : ['ada'],
    )
  })

  test.each(names)('%s: any JSON is either an answer or none', async (name) => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue())),
        async (response) => {
          const pool = await withTrigger(name, giving(response))
          expect((await occasions[name](pool)).status).not.toBe(500)
        },
      ),
      runs(100),
    )
  })

  test.each<[Name, object]>([
    ['preSignUp', { autoConfirmUser: null, autoVerifyEmail: null, autoVerifyPhone: null }],
    ['preTokenGeneration', { claimsOverrideDetails: null }],
    ['preTokenGeneration', { claimsOverrideDetails: { claimsToSuppress: null } }],
    [
      'preTokenGeneration',
      { claimsOverrideDetails: { claimsToAddOrOverride: null, groupOverrideDetails: null } },
    ],
    ['customMessage', { smsMessage: null, emailMessage: null, emailSubject: null }],
    ['postConfirmation', { anything: { goes: true } }],
  ])('%s: but %j is one', async (name, response) => {
    const pool = await withTrigger(name, giving(response))
    expect((await occasions[name](pool)).status).toBe(200)
  })

  test('in the middle of a sign-in ends it', async () => {
    const pool = await withTrigger('verifyAuthChallengeResponse', giving({ answerCorrect: 'yes' }))
    const { Session } = (await beginCustom(pool)).body
    const answer = { USERNAME: 'ada', ANSWER: 'blue' }
    expect((await respond(pool, 'CUSTOM_CHALLENGE', answer, Session)).body).toEqual(unrecognizable)
    expect((await respond(pool, 'CUSTOM_CHALLENGE', answer, Session)).body).toEqual({
      __type: 'NotAuthorizedException',
      message: 'Invalid session for the user.',
    })
  })
})

describe('a function that throws', () => {
  test.each(names)('%s: is quoted by its name', async (name) => {
    const pool = await withTrigger(name, () => {
      throw new Error('not today')
    })
    const { status, body } = await occasions[name](pool)
    expect({ status, body }).toEqual({
      status: 400,
      body: {
        __type: 'UserLambdaValidationException',
        message: `${name[0]!.toUpperCase()}${name.slice(1)} failed with error not today.`,
      },
    })
  })

  test.each<[string, unknown, string]>([
    ['a text', 'no', 'no'],
    ['a number', 7, '7'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a symbol', Symbol('no'), 'Symbol(no)'],
    ['an object', { a: 1 }, 'object'],
    ['an object of no kind', Object.create(null), 'object'],
    ['an error of another world', { message: 'no' }, 'no'],
    ['an error with a message of another type', { message: { a: 1 } }, 'object'],
  ])('%s', async (_, thrown, told) => {
    const pool = await withTrigger('preAuthentication', () => {
      throw thrown
    })
    expect((await signInPlainly(pool)).body).toEqual({
      __type: 'UserLambdaValidationException',
      message: `PreAuthentication failed with error ${told}.`,
    })
  })

  test('a refusal of the pool’s own is told as any other failure', async () => {
    const pool = await withTrigger('preAuthentication', () => {
      throw new Fault('InternalErrorException', 'not here', 500)
    })
    const { status, body } = await signInPlainly(pool)
    expect({ status, body }).toEqual({
      status: 400,
      body: {
        __type: 'UserLambdaValidationException',
        message: 'PreAuthentication failed with error not here.',
      },
    })
  })
})

test('a function changes nothing of the pool but by its response', async () => {
  const pool = await withTrigger(
    'defineAuthChallenge',
    (event: Parameters<NonNullable<Triggers['defineAuthChallenge']>>[0]) => {
      const { session, userAttributes } = event.request
      Object.assign(userAttributes, { email: 'eve@example.com' })
      const rounds = session as { challengeName: string; challengeResult: boolean }[]
      for (const round of rounds) round.challengeResult = true
      const last = session.at(-1)
      if (session.length === 2) event.response.issueTokens = true
      else event.response.challengeName = 'CUSTOM_CHALLENGE'
      seen.push(last?.challengeResult)
    },
  )
  const seen: unknown[] = []
  const first = await begin(pool, 'ada', {}, 'CUSTOM_AUTH')
  const answer = { USERNAME: 'ada', ANSWER: 'red' }
  const second = await respond(pool, 'CUSTOM_CHALLENGE', answer, first['Session'])
  const state = JSON.stringify(JSON.parse(pool.snapshot()))
  expect(state).toContain('"challengeName":"CUSTOM_CHALLENGE","challengeResult":false')
  expect(state).not.toContain('"challengeResult":true')
  expect(second.body).toMatchObject({ ChallengeName: 'CUSTOM_CHALLENGE' })
  expect(pool.users.get('ada')?.attributes).toEqual(email)
})
