import { inspect } from 'node:util'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createAuth, isAuthError } from '../src/index.ts'
import type { AuthError, AuthEvent, Options } from '../src/index.ts'
import { answering, failureOf, hastyClock, ids, silence } from './wire/fakes.ts'
import { factsOfModel, readModel } from './wire/operations-model.ts'
import type { DataType } from './wire/operations-model.ts'

// Every value that is sent gets a name of its own, and none of these names may turn up where people
// look: in errors, events and logs.

const mark = 'cAnArY'
let count = 0
const canary = (what: string): string => `${mark}-${what}-${++count}`

/** What tells of the app rather than of a person: names of things, and what is chosen from a list. */
const open = new Set([
  ...['AttributeName', 'ClientId', 'DeviceName', 'FriendlyDeviceName', 'Name', 'UserPoolId'],
  ...['UserAttributeNames', 'AnalyticsEndpointId'],
])

const parameters = {
  AuthParameters: [
    ...['USERNAME', 'PASSWORD', 'SRP_A', 'REFRESH_TOKEN', 'SECRET_HASH', 'DEVICE_KEY'],
    ...['CHALLENGE_NAME'],
  ],
  ChallengeResponses: [
    ...['USERNAME', 'PASSWORD', 'NEW_PASSWORD', 'ANSWER', 'CREDENTIAL', 'SRP_A', 'SECRET_HASH'],
    ...['SMS_MFA_CODE', 'EMAIL_OTP_CODE', 'SMS_OTP_CODE', 'SOFTWARE_TOKEN_MFA_CODE', 'DEVICE_KEY'],
    ...['PASSWORD_CLAIM_SIGNATURE', 'PASSWORD_CLAIM_SECRET_BLOCK', 'TIMESTAMP'],
    ...['userAttributes.email', 'EMAIL'],
  ],
  ClientMetadata: ['invitation', 'first_name'],
}

/** A value with everything in it that can be in it. */
function filled(name: string, type: DataType): unknown {
  if (type.kind === 'structure')
    return Object.fromEntries([...type.members].map(([one, { type }]) => [one, filled(one, type)]))
  if (type.kind === 'list') return [filled(name, type.item), filled(name, type.item)]
  if (type.kind === 'enum') return [...type.values][0]
  if (type.kind === 'number') return 7
  if (type.kind === 'boolean') return true
  if (type.kind === 'map')
    return Object.fromEntries(
      parameters[name as keyof typeof parameters].map((one) => [one, canary(one)]),
    )
  if (type.kind === 'document')
    return {
      ...{ id: canary('id'), rawId: canary('rawId'), type: 'public-key' },
      response: {
        attestationObject: canary('attestationObject'),
        clientDataJSON: canary('clientDataJSON'),
        transports: [canary('transport')],
      },
    }
  return open.has(name) ? `open-${name}` : canary(name)
}

const operations = [...factsOfModel(readModel()).operations].map(([name, { input, errors }]) => ({
  name,
  errors: [...errors, 'NovelException'],
  input: filled(name, { kind: 'structure', members: input }) as Record<string, unknown>,
}))

const headerToken = canary('x-aws-waf-token')
const options: Options = {
  ...ids,
  clientSecret: canary('clientSecret'),
  clientMetadata: { invitation: canary('clientMetadata') },
  userContextData: { encodedData: canary('encodedData'), ipAddress: canary('ipAddress') },
  headers: { 'x-aws-waf-token': headerToken },
  clock: hastyClock(20_000),
  random: () => new Uint8Array([0]),
}

/** Every canary that a call sends: from its input, or added by the configuration. */
const canariesIn = (sent: string): string[] => [
  ...new Set(sent.match(new RegExp(`${mark}-[\\w.-]+-\\d+`, 'g'))),
]

/** The texts in which nothing that was sent may be. */
function visible(error: unknown): string {
  const { message, stack, detail, service, requestId } = error as Record<string, unknown>
  return [
    ...[String(error), message, stack, JSON.stringify(error)],
    ...[detail, service, requestId],
  ].join('\n')
}

const spies: { readonly mock: { readonly calls: readonly unknown[][] } }[] = []
const methods = ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir'] as const

/** Runs some calls and gives all that they wrote. */
async function printedBy(work: () => Promise<void>): Promise<string> {
  for (const name of methods)
    spies.push(vi.spyOn(console, name).mockImplementation(() => undefined))
  await work()
  return JSON.stringify(spies.splice(0).flatMap(({ mock }) => mock.calls))
}

afterEach(() => {
  vi.restoreAllMocks()
})

interface Seen {
  readonly error: unknown
  readonly events: readonly AuthEvent[]
}

/** One call that is answered so, and what could be seen of it. */
async function see(
  { name, input }: { readonly name: string; readonly input: object },
  answer: (sent: string) => unknown,
): Promise<Seen> {
  const events: AuthEvent[] = []
  const auth = createAuth({
    ...options,
    fetch: (_url, init) => answer(init.body) as Promise<Response>,
    onEvent: (event) => events.push(event),
  })
  const call = auth.call as (operation: string, input: object) => Promise<unknown>
  const error = await failureOf(call(name, input))
  return { error, events }
}

const respond =
  (status: number, body: string, headers: Record<string, string> = {}) =>
  () =>
    Promise.resolve(new Response(body, { status, headers }))

const fault =
  (name: string, message: string, status = 400) =>
  () =>
    respond(status, JSON.stringify({ __type: name, message }), {
      'x-amzn-errortype': `${name}:`,
      'x-amzn-errormessage': message.replaceAll(/[^\x20-\x7e]/g, ''),
      'x-amzn-requestid': '1f7ea1c5-2f3b-4c5d-8e9f-0a1b2c3d4e5f',
    })()

const leaks = ({ error, events }: Seen): string[] => [
  ...canariesIn(visible(error)).map((one) => `error: ${one}`),
  ...canariesIn(JSON.stringify(events)).map((one) => `event: ${one}`),
]

/** In the ways of the service, of its Lambda triggers and of what stands between. */
const complaints: readonly ((value: string, member: string) => string)[] = [
  (value, member) =>
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\S]+`,
  (value, member) =>
    `2 validation errors detected: Value '{${member}=${value}, OTHER=${value}}' at 'authParameters' failed to satisfy constraint; Value '${value}' at '${member}' is too long`,
  (value) => `PreSignUp failed with error ${value}.`,
  (value) => `${value}${value} ${value}\n`,
]

describe.each(operations)('$name', ({ name, errors, input }) => {
  const operation = { name, input }

  /** What the operation sends, with all that is added. */
  const sentBy = async (): Promise<string[]> => {
    const bodies: string[] = []
    await see(operation, (sent) => {
      bodies.push(sent)
      return Promise.reject(new TypeError('Failed to fetch'))
    })
    return canariesIn(bodies.join())
  }

  test('has its secrets in none of the complaints of the service', async () => {
    const sent = await sentBy()
    expect(sent.length).toBeGreaterThan(0)
    const found = new Set<string>()
    const printed = await printedBy(async () => {
      for (const service of errors)
        for (const [index, value] of sent.entries()) {
          const complain = complaints[index % complaints.length]!
          const seen = await see(operation, fault(service, complain(value, 'password')))
          for (const leak of leaks(seen)) found.add(leak)
          if (!isAuthError(seen.error)) throw seen.error
          if (!seen.error.detail?.includes('…')) throw new Error('a test without a point')
        }
      for (const complain of complaints)
        for (const value of sent) {
          const seen = await see(
            operation,
            fault('InvalidParameterException', complain(value, 'a')),
          )
          for (const leak of leaks(seen)) found.add(leak)
        }
    })
    expect([...found]).toEqual([])
    expect(canariesIn(printed)).toEqual([])
  })

  test('has its secrets in no failure that echoes them all', async () => {
    const echoes: readonly ((sent: string) => unknown)[] = [
      (sent) => respond(200, `<pre>${sent}</pre>`)(),
      (sent) => respond(400, `<pre>${sent}</pre>`)(),
      (sent) => respond(403, `<pre>${sent}</pre>`)(),
      (sent) => respond(503, `<pre>${sent}</pre>`)(),
      (sent) => respond(400, sent)(),
      (sent) => respond(502, JSON.stringify({ message: 'Bad gateway', request: sent }))(),
      (sent) => fault('InvalidParameterException', `Cannot read ${sent}`)(),
      (sent) => fault('UserLambdaValidationException', `PreSignUp failed with error ${sent}.`)(),
      (sent) => fault('InternalErrorException', sent, 500)(),
      (sent) => Promise.reject(new TypeError(`cannot send ${sent}`)),
      (sent) => {
        throw new Error(`cannot send ${sent}`)
      },
      (sent) =>
        Promise.resolve(
          new Response(
            new ReadableStream({
              pull: (controller) => {
                controller.error(new Error(`lost: ${sent}`))
              },
            }),
          ),
        ),
    ]
    const found = new Set<string>()
    const printed = await printedBy(async () => {
      for (const echo of echoes)
        for (const leak of leaks(await see(operation, echo))) found.add(leak)
    })
    expect([...found]).toEqual([])
    expect(canariesIn(printed)).toEqual([])
  })
})

test('a header of the app is in no complaint about it', async () => {
  const { error } = await see(
    operations[0]!,
    fault('ForbiddenException', `The token ${headerToken} is not valid`, 403),
  )
  expect(canariesIn(visible(error))).toEqual([])
  expect(isAuthError(error) && error.detail).toMatch(/^The token .* is not valid$/)
})

test('a value is hidden under whatever name the app gives it', async () => {
  const names = ['Name', 'phoneName', 'ClientId', 'AuthFlow', 'AttributeName', '0', '']
  for (const member of ['ClientMetadata', 'AuthParameters', 'ChallengeResponses'])
    for (const one of names) {
      const value = canary('free')
      const name = member === 'ChallengeResponses' ? 'RespondToAuthChallenge' : 'InitiateAuth'
      const operation = { name, input: { AuthFlow: 'USER_AUTH', [member]: { [one]: value } } }
      const { error } = await see(operation, fault('InvalidLambdaResponseException', value))
      expect(isAuthError(error) && error.detail, `${member}.${one}`).toBe('…')
    }
})

test('a password with marks that JSON writes in another way is in no complaint either', async () => {
  for (const Password of ['c"An"arY', 'c\\An\\arY', 'cAn\narY', 'cAn\u0001arY']) {
    const operation = {
      name: 'SignUp',
      input: { Username: 'ada', Password, ClientMetadata: { note: Password } },
    }
    const { error } = await see(operation, (sent) =>
      fault('UserLambdaValidationException', `PreSignUp failed with error ${sent}.`)(),
    )
    for (const written of [Password, JSON.stringify(Password).slice(1, -1)])
      expect((error as Error).message).not.toContain(written)
  }
})

test.each<[string, unknown, string]>([
  ['a code that is a number', 123456, "Value '123456' at 'code' failed"],
  ['spaces trimmed off', 'hunter2222 ', 'hunter2222 is not the answer'],
  ['other letters', 'Hunter-2222', 'HUNTER-2222 and hunter-2222'],
  ['marks of patterns', 'hunter.(2222)*[x]', 'hunter.(2222)*[x] is not the answer'],
  ['a single letter', 'p', "Value 'p' at 'answer' failed"],
])('a value is hidden with %s', async (_what, ANSWER, said) => {
  const input = { ChallengeName: 'CUSTOM_CHALLENGE', ChallengeResponses: { ANSWER } }
  const { error } = await see(
    { name: 'RespondToAuthChallenge', input },
    fault('UserLambdaValidationException', said),
  )
  const { detail } = error as AuthError
  expect(detail).not.toContain(String(ANSWER).trim().toLowerCase() + ' ')
  expect(detail).toBe(
    said.replaceAll(/123456|hunter2222|hunter-2222|hunter\.\(2222\)\*\[x\]|\bp\b/gi, '…'),
  )
})

test('a short value does not eat the letters of the words around it', async () => {
  const input = { Username: 'a', Password: 'or' }
  const { error } = await see(
    { name: 'SignUp', input },
    fault('InvalidParameterException', 'Incorrect password or attribute a.'),
  )
  expect((error as AuthError).detail).toBe('Incorrect password … attribute ….')
})

test('the names of attributes and challenges are left, since they help', async () => {
  const input = {
    Username: 'ada',
    UserAttributes: [{ Name: 'custom:tenant', Value: 'tenant-value' }],
  }
  const { error } = await see(
    { name: 'SignUp', input },
    fault('InvalidParameterException', 'user.custom:tenant: tenant-value is odd'),
  )
  expect((error as AuthError).detail).toBe('user.custom:tenant: … is odd')
})

test('a value is in no complaint about a list that holds nothing', async () => {
  const { error } = await see(
    {
      name: 'CompleteWebAuthnRegistration',
      input: { Credential: { extras: [null, { Value: 'harmless', other: 'hunter2222' }] } },
    },
    fault('WebAuthnOriginNotAllowedException', 'hunter2222'),
  )
  expect(error).toMatchObject({ code: 'passkey-origin-not-allowed', detail: '…' })
})

test('a value as long as a file is hidden, and does not hide the answer', async () => {
  for (const length of [1000, 20_000, 100_000, 900_000]) {
    const attestationObject = 'hunter+2/'.repeat(length / 10)
    const { error } = await see(
      { name: 'CompleteWebAuthnRegistration', input: { Credential: { attestationObject } } },
      fault('WebAuthnOriginNotAllowedException', `Value '${attestationObject}' is odd`),
    )
    expect(error).toMatchObject({ code: 'passkey-origin-not-allowed', status: 400 })
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain('hunter')
  }
})

test('a value that comes back as the type or the id of an answer is hidden', async () => {
  const ChallengeResponses = { ANSWER: 'hunter2222hunter2222' }
  const { error, events } = await see(
    {
      name: 'RespondToAuthChallenge',
      input: { ChallengeName: 'CUSTOM_CHALLENGE', ChallengeResponses },
    },
    () =>
      Promise.resolve(
        new Response('{"__type":"hunter2222hunter2222","message":"no"}', {
          status: 400,
          headers: { 'x-amzn-requestid': 'hunter2222hunter2222' },
        }),
      ),
  )
  expect(JSON.stringify([error, (error as AuthError).message, events])).not.toContain('hunter2222')
})

test('a value is hidden where another is a part of it', async () => {
  const short = canary('short')
  const input = {
    AccessToken: short,
    PreviousPassword: `${short}${short}+x`,
    ProposedPassword: 'x',
  }
  const { error } = await see(
    { name: 'ChangePassword', input },
    fault('InvalidParameterException', `Value '${short}${short}+x' and '${short}'`),
  )
  expect(isAuthError(error) && error.detail).toBe("Value '…' and '…'")
})

test('names of things stay, so that a complaint can be understood', async () => {
  const operation = operations.find(({ name }) => name === 'VerifyUserAttribute')!
  const { error } = await see(
    operation,
    fault('InvalidParameterException', 'Attribute open-AttributeName is unknown'),
  )
  expect(isAuthError(error) && error.detail).toBe('Attribute open-AttributeName is unknown')
})

test('a call that ends well or is ended early prints nothing and tells nothing', async () => {
  const secret = canary('AccessToken')
  const events: AuthEvent[] = []
  const printed = await printedBy(async () => {
    const onEvent = (event: AuthEvent): number => events.push(event)
    const fetch = answering(respond(200, JSON.stringify({ Username: secret, UserAttributes: [] })))
    await createAuth({ ...options, onEvent, fetch }).call('GetUser', { AccessToken: secret })
    const never = createAuth({ ...ids, onEvent, timeout: 5, fetch: silence })
    const late = await failureOf(never.call('GetUser', { AccessToken: secret }))
    expect(canariesIn(visible(late))).toEqual([])
  })
  expect(events.map(({ type }) => type)).toEqual(['request', 'request'])
  expect(canariesIn(JSON.stringify(events) + printed)).toEqual([])
})

describe('a TypeError shows no value', () => {
  const secret = canary('option')
  const listed = Object.keys({
    ...{ clientId: 0, clientSecret: 0, endpoint: 0, allowInsecureEndpoint: 0, timeout: 0 },
    ...{ headers: 0, clientMetadata: 0, userContextData: 0, onEvent: 0, fetch: 0, clock: 0 },
    ...{ random: 0, hmac: 0, signInValidity: 0, storage: 0, tabStorage: 0, passkeys: 0 },
    ...{ modPow: 0, password: 0, region: 0 },
  } satisfies Record<Exclude<keyof Options, 'userPoolId'> | 'password' | 'region', 0>)
  const forms: readonly (readonly [string, unknown])[] = [
    ['itself', secret],
    ['in a list', [secret]],
    ['in an object', { token: secret }],
    ['in an object of objects', { token: { of: secret } }],
    ['in an object that becomes text', { toString: () => secret, valueOf: () => secret }],
  ]

  test.each(listed)('of the option %s', (name) => {
    let refused = 0
    for (const [form, value] of forms) {
      try {
        createAuth({ ...ids, [name]: value })
      } catch (error) {
        refused++
        expect(error, form).toBeInstanceOf(TypeError)
        expect((error as Error).message, form).toContain(`"${name}"`)
        expect(canariesIn(visible(error)), form).toEqual([])
      }
    }
    expect(refused).toBeGreaterThan(0)
  })

  test.each([
    `https://user:${secret}@example.com/`,
    `https://example.com/?token=${secret}`,
    `https://example.com/#${secret}`,
    `http://${secret}.example.com/`,
    `ftp://${secret}/`,
  ])('of the endpoint %s', (endpoint) => {
    let error: unknown
    try {
      createAuth({ ...ids, endpoint })
    } catch (caught) {
      error = caught
    }
    expect(error).toBeInstanceOf(TypeError)
    expect(canariesIn(visible(error))).toEqual([])
  })

  test.each(['headers', 'clientMetadata', 'userContextData', 'hmac'] as const)(
    'of what the function %s throws or returns',
    async (name) => {
      const functions: readonly (() => unknown)[] = [
        () => {
          throw new Error(secret)
        },
        () => Promise.reject(new Error(secret)),
        ...(name === 'hmac' ? [] : [() => ({ a: [secret] }), () => ({ a: { b: secret } })]),
      ]
      for (const one of functions) {
        const auth = createAuth({
          ...ids,
          clientSecret: secret,
          fetch: answering(respond(200, '{}')),
          [name]: one,
        })
        const sent = auth.call('ForgotPassword', { Username: secret })
        const error = await failureOf(sent)
        expect(error).toBeInstanceOf(TypeError)
        expect(canariesIn(visible(error))).toEqual([])
      }
    },
  )

  test('of what a call is given', async () => {
    const { call } = createAuth({ ...ids, fetch: answering(respond(200, '{}')) })
    const callWith = call as (...args: readonly unknown[]) => Promise<unknown>
    for (const args of [
      ['GetUser', secret],
      ['GetUser', { AccessToken: 1n, Session: secret }],
      ['GetUser', { AccessToken: secret }, { signal: secret }],
      ['GetUser', { AccessToken: secret }, { signal: { token: secret } }],
    ]) {
      const error = await failureOf(callWith(...args))
      expect(error).toBeInstanceOf(TypeError)
      expect(canariesIn(visible(error))).toEqual([])
    }
  })
})
