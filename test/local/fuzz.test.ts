import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { administrationShapes } from '../../src/local/administration-shapes.ts'
import { administration } from '../../src/local/administration.ts'
import { createLocalPool } from '../../src/local/index.ts'
import { operations } from '../../src/local/operations.ts'
import { shapes } from '../../src/local/shapes.ts'
import type { Shape } from '../../src/local/shapes.ts'
import { runs } from '../runs.ts'
import { createKeyPair } from '../../src/srp/index.ts'
import { questioning } from './clients.ts'
import { administer, begin, newPool, output, password, respond, signIn } from './raw.ts'

// Whatever comes, as long as it is about what the model describes: an answer or a refusal, and never a
// failure of the pool's own. Every operation has its turn, with values that mean something in this pool
// among those that mean nothing, and a few of a type that has no business there.

const all: Readonly<Record<string, Shape>> = { ...shapes, ...administrationShapes }
const origin = 'https://app.example.com'
const email = 'ada@example.com'
const phone = '+15550001234'
const arn = 'arn:aws:iam::123456789012:role/any'
const factors = ['PASSWORD', 'EMAIL_OTP', 'SMS_OTP', 'WEB_AUTHN'] as const
const kinds = ['SMS_MFA', 'SOFTWARE_TOKEN_MFA', 'EMAIL_OTP'] as const

let state = ''
/** What members of inputs can sensibly be, by their names. */
let known: Readonly<Record<string, readonly string[]>> = {}

beforeAll(async () => {
  const pool = await newPool({
    triggers: questioning,
    pool: {
      Policies: { SignInPolicy: { AllowedFirstAuthFactors: factors } },
      ...{ MfaConfiguration: 'OPTIONAL', EnabledMfas: kinds },
      DeviceConfiguration: { ChallengeRequiredOnNewDevice: true },
      WebAuthnConfiguration: { RelyingPartyId: 'example.com' },
      Schema: [{ Name: 'plan' }, { Name: 'age', AttributeDataType: 'Number' }],
      ...{ AutoVerifiedAttributes: ['email'], AliasAttributes: ['email'] },
    },
  })
  const attributes = {
    ...{ email, email_verified: 'true' },
    ...{ phone_number: phone, phone_number_verified: 'true' },
  }
  pool.users.create({ username: 'ada', password, attributes })
  pool.users.create({
    username: 'bob',
    password,
    attributes: { phone_number: phone },
    mfa: ['SMS_MFA'],
  })
  pool.users.create({ username: 'new', password, temporary: true })
  pool.users.create({
    username: 'raw',
    password,
    status: 'UNCONFIRMED',
    attributes: { email: 'r@w.x' },
  })
  const { AccessToken, RefreshToken, IdToken, NewDeviceMetadata } = await signIn(pool, 'ada')
  const authenticator = pool.authenticator({ origin })
  const { CredentialCreationOptions } = await output(pool, 'StartWebAuthnRegistration', {
    AccessToken,
  })
  const Credential = await authenticator.create(CredentialCreationOptions as never)
  await output(pool, 'CompleteWebAuthnRegistration', { AccessToken, Credential })
  await output(pool, 'ConfirmDevice', {
    ...{ AccessToken, DeviceKey: NewDeviceMetadata!.DeviceKey },
    DeviceSecretVerifierConfig: { Salt: 'AOtX', PasswordVerifier: 'FE/h' },
  })
  await administer(pool, 'CreateGroup', { GroupName: 'readers' })
  for (const Username of ['raw', 'ada'])
    await output(pool, Username === 'raw' ? 'ResendConfirmationCode' : 'ForgotPassword', {
      ClientId: pool.clientId,
      Username,
    })
  const codes = pool.outbox.messages.map(({ code }) => code)
  const { publicKey } = await createKeyPair(randomBytes(128))
  const steps = [
    await begin(pool, 'bob'),
    await begin(pool, 'new'),
    await begin(pool, 'ada', {}, 'CUSTOM_AUTH'),
    await begin(pool, 'ada', {}, 'USER_AUTH'),
    ...(await Promise.all(
      ['EMAIL_OTP', 'WEB_AUTHN', 'PASSWORD_SRP'].map((PREFERRED_CHALLENGE) =>
        begin(pool, 'ada', { PREFERRED_CHALLENGE, SRP_A: publicKey }, 'USER_AUTH'),
      ),
    )),
    (
      await respond(
        pool,
        'SELECT_CHALLENGE',
        { USERNAME: 'ada', ANSWER: 'SMS_OTP' },
        (await begin(pool, 'ada', {}, 'USER_AUTH'))['Session'],
      )
    ).body,
  ]
  const proof = await begin(pool, 'ada', { SRP_A: publicKey }, 'USER_SRP_AUTH')
  const { SECRET_BLOCK } = proof['ChallengeParameters'] as { SECRET_BLOCK: string }
  const names = ['ada', 'bob', 'new', 'raw', 'nobody', 'carol', email, phone]
  const deviceKey = NewDeviceMetadata!.DeviceKey
  state = pool.snapshot()
  known = {
    ...{ AccessToken: [AccessToken], RefreshToken: [RefreshToken], Token: [RefreshToken, IdToken] },
    ...{ ClientId: [pool.clientId], UserPoolId: [pool.userPoolId] },
    ...{ Username: names, GroupName: ['readers', 'writers'], CredentialId: [Credential.id] },
    ...{ Session: steps.map(({ Session }) => String(Session)), DeviceKey: [deviceKey] },
    ...{ ConfirmationCode: codes, Code: codes, UserCode: ['123456'] },
    ...{ Password: [password], PreviousPassword: [password], ProposedPassword: [`${password}x`] },
    ...{
      AttributeName: ['email', 'phone_number'],
      Name: ['email', 'phone_number', 'custom:plan', 'custom:age'],
    },
    ...{
      Value: ['', 'true', '7', email, phone],
      Filter: ['username = "ada"', 'sub ^= ""', 'email'],
    },
    ...{ ReadAttributes: ['email', 'custom:plan'], ClientName: ['app'], PoolName: ['people'] },
    ...{
      USERNAME: names,
      PASSWORD: [password],
      NEW_PASSWORD: [`${password}x`],
      SRP_A: [publicKey],
    },
    ...{ REFRESH_TOKEN: [RefreshToken], DEVICE_KEY: [deviceKey] },
    ...{ PREFERRED_CHALLENGE: [...factors, 'PASSWORD_SRP'], CHALLENGE_NAME: ['SRP_A'] },
    ...{ ANSWER: ['blue', ...kinds, ...factors, 'PASSWORD_SRP'] },
    ...{ SMS_MFA_CODE: codes, SMS_OTP_CODE: codes, EMAIL_OTP_CODE: codes },
    ...{
      SOFTWARE_TOKEN_MFA_CODE: ['123456'],
      EMAIL: ['x@y.z'],
      CREDENTIAL: [JSON.stringify(Credential), '{}', 'null'],
    },
    ...{ PASSWORD_CLAIM_SECRET_BLOCK: [SECRET_BLOCK], PASSWORD_CLAIM_SIGNATURE: ['AAAA'] },
    ...{ TIMESTAMP: ['Thu Sep 24 13:50:15 UTC 2026'], 'userAttributes.email': [email] },
    ...{ Salt: ['AOtX', 'AA=='], PasswordVerifier: ['FE/h', 'AA=='] },
    ...{ SnsCallerArn: [arn], SourceArn: [arn], RoleArn: [arn], AttributesToGet: ['email'] },
    ...{ UserAttributeNames: ['email', 'custom:plan'], Precedence: ['1'] },
    ...{ SmsAuthenticationMessage: ['It is {####}'], Message: ['It is {####}'] },
    ...{ MinValue: ['0', 'x'], MaxLength: ['9', '-9'] },
  }
})

const junk = fc.jsonValue({ maxDepth: 2 })

/** The names that the pool looks for in the two maps of a sign-in. */
const keys = [
  ...['PASSWORD', 'SRP_A', 'SECRET_HASH', 'REFRESH_TOKEN', 'DEVICE_KEY', 'PREFERRED_CHALLENGE'],
  ...['CHALLENGE_NAME', 'ANSWER', 'NEW_PASSWORD', 'SMS_MFA_CODE', 'SMS_OTP_CODE', 'EMAIL_OTP_CODE'],
  ...['SOFTWARE_TOKEN_MFA_CODE', 'EMAIL', 'CREDENTIAL', 'PASSWORD_CLAIM_SECRET_BLOCK'],
  ...['PASSWORD_CLAIM_SIGNATURE', 'TIMESTAMP', 'userAttributes.email', 'userAttributes.sub'],
  ...['__proto__', 'constructor', 'x'],
]

/** What a shape allows, and mostly what makes sense. */
function valueOf(name: string, label = ''): fc.Arbitrary<unknown> {
  const shape = all[name]!
  if ('any' in shape) return junk
  if ('boolean' in shape) return fc.boolean()
  if ('oneOf' in shape) return fc.constantFrom(...shape.oneOf)
  if ('number' in shape) {
    const [min, max] = shape.number
    return fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max))
  }
  if ('list' in shape) return fc.array(valueOf(shape.list, label), { maxLength: 3 })
  if ('map' in shape) {
    const pick = (key: string) => fc.tuple(fc.constant(key), textOf(key, [0, 300]))
    const others = fc.array(fc.constantFrom(...keys).chain(pick), { maxLength: 12 })
    return fc
      .tuple(pick('USERNAME'), others)
      .map(([named, entries]): unknown => Object.fromEntries([named, ...entries]))
  }
  return 'text' in shape ? textOf(label, shape.text) : structureOf(shape.members)
}

function structureOf(members: string): fc.Arbitrary<object> {
  const parts = members.split(' ').filter(Boolean)
  const values = new Map<string, fc.Arbitrary<unknown>>()
  const needed: string[] = []
  for (const member of parts) {
    const [, label = '', mark, kind = ''] = /^(\w+)(!?):(\w+)$/.exec(member)!
    values.set(label, valueOf(kind, label))
    if (mark || /^(Auth|Challenge)|^Session$/.test(label)) needed.push(label)
  }
  const optional = [...values.keys()].filter((label) => !needed.includes(label))
  return fc
    .subarray(optional, { maxLength: Math.min(4, optional.length) })
    .chain((chosen) =>
      fc.record(
        Object.fromEntries([...needed, ...chosen].map((label) => [label, values.get(label)!])),
      ),
    )
}

function textOf(
  label: string,
  [least, most]: readonly [number, number, string?],
): fc.Arbitrary<string> {
  const length = { minLength: Math.min(least, 40), maxLength: Math.min(most, 40) }
  const any = fc.oneof(
    fc.string(length),
    fc.string({ ...length, unit: 'binary' }),
    fc.stringMatching(/^[\w+-]{1,20}$/),
  )
  // What is known is made by then, but not when this is called.
  const sensible = fc.nat().map((i) => {
    const values = known[label] ?? ['']
    return values[i % values.length]!
  })
  return fc.oneof({ arbitrary: sensible, weight: 30 }, { arbitrary: any, weight: 1 })
}

/** The places of a value, from the outside in. */
function* placesIn(
  value: unknown,
): Iterable<readonly [holder: Record<string, unknown>, key: string]> {
  if (Object(value) !== value) return
  const holder = value as Record<string, unknown>
  for (const key of Object.keys(holder)) {
    yield [holder, key]
    yield* placesIn(holder[key])
  }
}

/** Half of the inputs have junk in one place. */
const broken = (input: fc.Arbitrary<object>): fc.Arbitrary<object> =>
  fc.tuple(input, fc.boolean(), fc.nat(), junk).map(([given, breaks, at, value]) => {
    const places = [...placesIn(given)]
    if (!breaks || places.length === 0) return given
    const [holder, key] = places[at % places.length]!
    holder[key] = value
    return given
  })

describe('an operation is never the pool’s own failure', () => {
  const names = [...Object.keys(operations), ...Object.keys(administration.operations)]
  const answered = new Set<string>()

  test('and these are all of them', () => {
    expect(names).toHaveLength(64)
  })

  /** The inputs of an operation, half of them with junk in one place. */
  function inputOf(name: string): fc.Arbitrary<object> {
    const shape = all[name]
    if (!shape || !('members' in shape)) throw new Error(`${name} has no shape`)
    return broken(structureOf(shape.members))
  }

  /** Asks one pool for one thing after the other. */
  async function ask(requests: Iterable<readonly [name: string, input: object]>): Promise<void> {
    const pool = createLocalPool({ state, triggers: questioning, limits: false })
    for (const [name, input] of requests) {
      const { status, text } = await administer(pool, name, input)
      if (status === 200) answered.add(name)
      expect(status, `${name}: ${text}`).not.toBe(500)
    }
  }

  test.each(names)('%s', async (name) => {
    const inputs = fc.array(inputOf(name), { minLength: 1, maxLength: 6 })
    const many = name.endsWith('Auth') || name.endsWith('AuthChallenge') ? 4 : 1
    await fc.assert(
      fc.asyncProperty(inputs, (given) => ask(given.map((input) => [name, input]))),
      runs(150 * many),
    )
  })

  test('nor are several, one after the other', async () => {
    // After these nothing is left to ask.
    const lasting = names.filter((name) => !/^(Admin)?Delete|GlobalSignOut|DisableUser/.test(name))
    const request = fc.oneof(...lasting.map((name) => fc.tuple(fc.constant(name), inputOf(name))))
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 8, maxLength: 40, size: 'max' }), ask),
      runs(400),
    )
  })

  test('and most of them have done something', () => {
    expect(answered.size).toBeGreaterThan(45)
  })
})
