import { createHmac, randomBytes } from 'node:crypto'
import { getEventListeners } from 'node:events'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { AuthError, createAuth, isAuthError } from '../../src/index.ts'
import type { AuthEvent, AuthFlow, CallInput, OperationName, Options } from '../../src/index.ts'
import {
  ada,
  answer,
  answering,
  failureOf,
  fakeClock,
  fakeFetch,
  hastyClock,
  ids,
  refusal,
  settle,
  silence,
} from './fakes.ts'
import type { FakeClock, FakeFetch } from './fakes.ts'

const token = { AccessToken: 'token' }
const signUp = { Username: 'alice', ConfirmationCode: '123456' }

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

/** The body of the only request of a call that succeeds. */
async function sentBy<Name extends OperationName>(
  options: Partial<Options>,
  operation: Name,
  input: CallInput<Name>,
): Promise<Record<string, unknown>> {
  const { fetch, requests } = fakeFetch(answer(200, {}))
  await createAuth({ ...ids, ...options, fetch }).call(operation, input)
  expect(requests).toHaveLength(1)
  return JSON.parse(requests[0]!.init.body) as Record<string, unknown>
}

/** Calls as plain JavaScript would. */
const callWith = (options: Partial<Options>, ...args: readonly unknown[]): Promise<unknown> => {
  const { call } = createAuth({ ...ids, ...options })
  return (call as (...all: readonly unknown[]) => Promise<unknown>)(...args)
}

/** What a call of `GetUser` that is answered so is rejected with. */
const failureAfter = (...answers: readonly (() => unknown)[]): Promise<unknown> =>
  failureOf(
    createAuth({ ...ids, clock: hastyClock(20_000), fetch: answering(...answers) }).call(
      'GetUser',
      token,
    ),
  )

describe('a request', () => {
  test('is exactly this', async () => {
    const { fetch, requests } = fakeFetch(answer(200, ada))
    const output = await createAuth({ ...ids, fetch }).call('GetUser', token)
    expect(output).toEqual(ada)
    expect(requests).toEqual([
      {
        url: 'https://cognito-idp.eu-west-1.amazonaws.com/',
        init: {
          method: 'POST',
          headers: {
            'content-type': 'application/x-amz-json-1.1',
            'x-amz-target': 'AWSCognitoIdentityProviderService.GetUser',
            'cache-control': 'no-store',
          },
          body: '{"AccessToken":"token"}',
          signal: expect.any(AbortSignal) as AbortSignal,
          mode: 'cors',
          credentials: 'omit',
          cache: 'no-store',
          redirect: 'error',
          referrerPolicy: 'no-referrer',
        },
      },
    ])
  })

  test('goes to the endpoint of the options', async () => {
    const { fetch, requests } = fakeFetch(answer(200, ada))
    const endpoint = 'https://auth.example.com/pool'
    await createAuth({ ...ids, endpoint, fetch }).call('GetUser', token)
    expect(requests[0]!.url).toBe(endpoint)
  })

  test('is text in every script', async () => {
    const { fetch, requests } = fakeFetch(answer(200, {}))
    await createAuth({ ...ids, fetch }).call('ConfirmSignUp', { ...signUp, Username: 'äда🗝\u2028' })
    expect(JSON.parse(requests[0]!.init.body)).toMatchObject({ Username: 'äда🗝\u2028' })
  })
})

describe('headers', () => {
  const own = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'AWSCognitoIdentityProviderService.GetUser',
    'cache-control': 'no-store',
  }
  const sentWith = async (headers: Options['headers']): Promise<Record<string, string>> => {
    const { fetch, requests } = fakeFetch(answer(200, ada))
    await createAuth({ ...ids, headers, fetch }).call('GetUser', token)
    return requests[0]!.init.headers
  }

  test.each<[string, Options['headers']]>([
    ['a value', { 'X-Aws-Waf-Token': 'waf' }],
    ['a function', (operation) => ({ 'x-aws-waf-token': operation === 'GetUser' ? 'waf' : '?' })],
    ['an async function', () => Promise.resolve({ 'x-aws-waf-token': 'waf' })],
    ['a value with members that are undefined', { 'x-aws-waf-token': 'waf', other: undefined }],
  ])('may come from %s', async (_what, headers) => {
    expect(await sentWith(headers)).toEqual({ ...own, 'x-aws-waf-token': 'waf' })
  })

  test.each<[string, Options['headers']]>([
    ['undefined', undefined],
    ['nothing', {}],
    ['a function of nothing', () => undefined as never],
  ])('need not come: %s', async (_what, headers) => {
    expect(await sentWith(headers)).toEqual(own)
  })

  test("cannot replace the library's own, however they are written", async () => {
    const headers = {
      'Content-Type': 'text/plain',
      'CONTENT-TYPE': 'text/html',
      'X-AMZ-TARGET': 'AWSCognitoIdentityProviderService.DeleteUser',
      'x-amz-target': 'AWSCognitoIdentityProviderService.DeleteUser',
      'Cache-Control': 'max-age=31536000',
    }
    expect(await sentWith(headers)).toEqual(own)
    expect(await sentWith(() => headers)).toEqual(own)
  })

  test('are asked for again before each try, and only then', async () => {
    const headers = vi.fn(() => ({ 'x-aws-waf-token': `waf ${headers.mock.calls.length}` }))
    const clientMetadata = vi.fn(() => ({ from: 'the app' }))
    const { fetch, requests } = fakeFetch(answer(503), answer(503), answer(200, {}))
    await createAuth({
      ...ids,
      headers,
      clientMetadata,
      clock: hastyClock(20_000),
      fetch,
    }).call('InitiateAuth', { AuthFlow: 'USER_SRP_AUTH', AuthParameters: { USERNAME: 'alice' } })
    expect(requests.map(({ init }) => init.headers['x-aws-waf-token'])).toEqual([
      'waf 1',
      'waf 2',
      'waf 3',
    ])
    expect(headers.mock.calls).toEqual([['InitiateAuth'], ['InitiateAuth'], ['InitiateAuth']])
    expect(clientMetadata.mock.calls).toEqual([['InitiateAuth']])
  })
})

test('a header that is undefined is not sent, and an id that is none is not told', async () => {
  const { fetch, requests } = fakeFetch(
    answer(200, ada, { 'x-amzn-requestid': `x${'0'.repeat(36)}` }),
  )
  const events: AuthEvent[] = []
  const headers = { 'x-none': undefined, 'x-some': 'text' }
  await callWith({ fetch, headers, onEvent: (event) => events.push(event) }, 'GetUser', token)
  expect(Object.keys(requests[0]!.init.headers).sort()).toEqual([
    'cache-control',
    'content-type',
    'x-amz-target',
    'x-some',
  ])
  expect(events).toMatchObject([{ status: 200, requestId: undefined }])
})

describe('an option that fails is named in a TypeError', () => {
  const trouble = new Error('of the app')
  const fails = {
    'throws at once': () => {
      throw trouble
    },
    rejects: () => Promise.reject(trouble),
  }
  const withNothing = { clientSecret: 'examplesecret' }
  const given = ['headers', 'clientMetadata', 'userContextData', 'hmac'] as const

  test.each(
    given.flatMap((name) => Object.entries(fails).map(([how, fail]) => ({ name, how, fail }))),
  )('$name $how', async ({ name, fail }) => {
    const { fetch, requests } = fakeFetch(answer(200, {}))
    const error = await failureOf(
      callWith({ ...withNothing, [name]: fail, fetch }, 'ConfirmSignUp', signUp),
    )
    expect(error).toBeInstanceOf(TypeError)
    expect((error as Error).message).toMatch(new RegExp(`^latchkey: "${name}" must be `))
    expect((error as Error).message).not.toContain(trouble.message)
    expect((error as Error).cause).toBe(trouble)
    expect(requests).toEqual([])
  })

  test.each(['headers', 'clientMetadata', 'userContextData'] as const)(
    '%s returns other things than text',
    async (name) => {
      for (const wrong of [{ a: 1 }, { a: null, b: {} }, { a: ['text'] }]) {
        const options = { [name]: () => wrong, fetch: answering(answer(200, {})) }
        const error = await failureOf(callWith(options, 'ConfirmSignUp', signUp))
        expect(error).toBeInstanceOf(TypeError)
        expect((error as Error).message).toContain(`"${name}"`)
      }
    },
  )

  test('random throws at a retry', async () => {
    const random = (): never => {
      throw new RangeError('no entropy')
    }
    const error = await failureOf(
      callWith({ random, fetch: answering(answer(503)) }, 'GetUser', token),
    )
    expect(error).toBeInstanceOf(TypeError)
    expect((error as Error).message).toContain('"random"')
  })
})

describe('what the configuration supplies', () => {
  const clientMetadata = { from: 'the app' }
  const userContextData = { encodedData: 'gathered', ipAddress: '203.0.113.7' }
  const UserContextData = { EncodedData: 'gathered', IpAddress: '203.0.113.7' }

  test('is put where it belongs and is left out', async () => {
    expect(await sentBy({ clientMetadata, userContextData }, 'ConfirmSignUp', signUp)).toEqual({
      ...signUp,
      ClientId: ids.clientId,
      ClientMetadata: clientMetadata,
      UserContextData,
    })
    expect(
      await sentBy({}, 'UpdateAuthEventFeedback', {
        EventId: 'event',
        FeedbackToken: 'feedback',
        FeedbackValue: 'Valid',
        Username: 'alice',
      }),
    ).toMatchObject({ UserPoolId: ids.userPoolId })
  })

  test.each<[string, Partial<Options>]>([
    ['functions', { clientMetadata: () => clientMetadata, userContextData: () => userContextData }],
    [
      'async functions',
      {
        clientMetadata: (operation) =>
          Promise.resolve({ from: operation === 'ConfirmSignUp' ? 'the app' : '?' }),
        userContextData: (operation) =>
          Promise.resolve(operation === 'ConfirmSignUp' ? userContextData : {}),
      },
    ],
  ])('may come from %s', async (_what, options) => {
    expect(await sentBy(options, 'ConfirmSignUp', signUp)).toEqual({
      ...signUp,
      ClientId: ids.clientId,
      ClientMetadata: clientMetadata,
      UserContextData,
    })
  })

  test('may be nothing', async () => {
    const nothing = { clientMetadata: () => undefined, userContextData: () => undefined }
    expect(await sentBy(nothing as never, 'ConfirmSignUp', signUp)).toEqual({
      ...signUp,
      ClientId: ids.clientId,
    })
    expect(
      await sentBy({ userContextData: { ipAddress: '203.0.113.7' } }, 'ConfirmSignUp', signUp),
    ).toMatchObject({ UserContextData: { IpAddress: '203.0.113.7' } })
  })

  test('is nowhere else', async () => {
    const options = { clientMetadata, userContextData, clientSecret: 'examplesecret' }
    expect(await sentBy(options, 'ChangePassword', { ...token, ProposedPassword: 'p' })).toEqual({
      ...token,
      ProposedPassword: 'p',
    })
    expect(await sentBy(options, 'RevokeToken', { Token: 'refresh' })).toEqual({
      Token: 'refresh',
      ClientId: ids.clientId,
      ClientSecret: 'examplesecret',
    })
    expect(await sentBy(options, 'GetTokensFromRefreshToken', { RefreshToken: 'r' })).toEqual({
      RefreshToken: 'r',
      ClientId: ids.clientId,
      ClientSecret: 'examplesecret',
      ClientMetadata: clientMetadata,
    })
    expect(await sentBy({}, 'RevokeToken', { Token: 'refresh' })).not.toHaveProperty('ClientSecret')
  })

  test('leaves alone what the caller gave', async () => {
    const options = { clientMetadata, userContextData, clientSecret: 'examplesecret' }
    const given = {
      ...signUp,
      ClientId: 'another',
      ClientMetadata: { of: 'the call' },
      UserContextData: { IpAddress: '198.51.100.1' },
      SecretHash: 'computed elsewhere',
    }
    expect(await sentBy(options, 'ConfirmSignUp', given)).toEqual(given)
    const refresh = { RefreshToken: 'r', ClientSecret: 'another', ClientId: 'another' }
    expect(await sentBy(options, 'GetTokensFromRefreshToken', refresh)).toMatchObject(refresh)
    const feedback = {
      EventId: 'event',
      FeedbackToken: 'feedback',
      FeedbackValue: 'Valid',
      Username: 'alice',
      UserPoolId: 'eu-west-1_Another00',
    } as const
    expect(await sentBy(options, 'UpdateAuthEventFeedback', feedback)).toEqual(feedback)
    const first = {
      AuthFlow: 'USER_SRP_AUTH',
      AuthParameters: { USERNAME: 'alice', SECRET_HASH: 'computed elsewhere' },
    } as const
    expect(await sentBy(options, 'InitiateAuth', first)).toMatchObject(first)
  })

  test('fills in for members that are undefined', async () => {
    const options = { clientMetadata, userContextData, clientSecret: 'examplesecret' }
    const SecretHash = '0Bi8JmW2EfRFR6gv0YcWJjnoBYAcw9BpdeUbz2iKPRI='
    expect(
      await sentBy(options, 'ConfirmSignUp', {
        ...signUp,
        ClientId: undefined,
        ClientMetadata: undefined,
        UserContextData: undefined,
        SecretHash: undefined,
        Session: undefined,
      }),
    ).toEqual({
      ...signUp,
      ClientId: ids.clientId,
      ClientMetadata: clientMetadata,
      UserContextData,
      SecretHash,
    })
    expect(
      await sentBy(options, 'InitiateAuth', {
        AuthFlow: 'USER_SRP_AUTH',
        AuthParameters: { USERNAME: 'alice', SECRET_HASH: undefined },
      }),
    ).toMatchObject({ AuthParameters: { SECRET_HASH: SecretHash } })
  })

  test('does not change the input', async () => {
    const AuthParameters = Object.freeze({ USERNAME: 'alice' })
    const input = Object.freeze({ AuthFlow: 'USER_SRP_AUTH' as const, AuthParameters })
    await sentBy({ clientSecret: 'examplesecret', clientMetadata }, 'InitiateAuth', input)
    expect(input).toEqual({ AuthFlow: 'USER_SRP_AUTH', AuthParameters: { USERNAME: 'alice' } })
  })
})

describe('the hash of the client secret', () => {
  const secret = { clientSecret: 'examplesecret' }
  const vector = '0Bi8JmW2EfRFR6gv0YcWJjnoBYAcw9BpdeUbz2iKPRI='
  const hashOf = (key: string, text: string): string =>
    createHmac('sha256', key).update(text).digest('base64')

  test('stands in the input, or in the parameters where there are some', async () => {
    expect(await sentBy(secret, 'ForgotPassword', { Username: 'alice' })).toEqual({
      Username: 'alice',
      ClientId: ids.clientId,
      SecretHash: vector,
    })
    const AuthParameters = { USERNAME: 'alice', SRP_A: 'a' }
    expect(
      await sentBy(secret, 'InitiateAuth', { AuthFlow: 'USER_SRP_AUTH', AuthParameters }),
    ).toEqual({
      AuthFlow: 'USER_SRP_AUTH',
      AuthParameters: { ...AuthParameters, SECRET_HASH: vector },
      ClientId: ids.clientId,
    })
    const ChallengeResponses = { USERNAME: 'alice', SMS_MFA_CODE: '123456' }
    expect(
      await sentBy(secret, 'RespondToAuthChallenge', {
        ChallengeName: 'SMS_MFA',
        ChallengeResponses,
        Session: 'session',
      }),
    ).toEqual({
      ChallengeName: 'SMS_MFA',
      ChallengeResponses: { ...ChallengeResponses, SECRET_HASH: vector },
      Session: 'session',
      ClientId: ids.clientId,
    })
  })

  test('is of the client id that is sent', async () => {
    expect(
      await sentBy(secret, 'ForgotPassword', { Username: 'alice', ClientId: 'another' }),
    ).toHaveProperty('SecretHash', hashOf('examplesecret', 'aliceanother'))
  })

  test('is left out where nobody is named, and where there is no secret', async () => {
    const refresh = {
      AuthFlow: 'REFRESH_TOKEN_AUTH',
      AuthParameters: { REFRESH_TOKEN: 'refresh' },
    } as const
    expect(await sentBy(secret, 'InitiateAuth', refresh)).toEqual({
      ...refresh,
      ClientId: ids.clientId,
    })
    expect(await sentBy(secret, 'InitiateAuth', { AuthFlow: 'USER_AUTH' })).toEqual({
      AuthFlow: 'USER_AUTH',
      ClientId: ids.clientId,
    })
    expect(await sentBy({}, 'ForgotPassword', { Username: 'alice' })).toEqual({
      Username: 'alice',
      ClientId: ids.clientId,
    })
  })

  test("agrees with node's for 200 random names and secrets", async () => {
    const scripts = ['utf8', 'hex', 'base64', 'latin1'] as const
    for (let index = 0; index < 200; index++) {
      const some = (): string =>
        randomBytes(1 + (index % 130))
          .toString(scripts[index % 4])
          .replaceAll('\0', '0')
      const [Username, clientSecret, clientId] = [some(), some(), some()]
      const sent = await sentBy({ clientId, clientSecret }, 'ForgotPassword', { Username })
      expect(sent['SecretHash']).toBe(hashOf(clientSecret, Username + clientId))
    }
  })

  test('may be computed by the app', async () => {
    const hmac = vi.fn(() => Promise.resolve('hash'))
    const sent = await sentBy({ ...secret, hmac }, 'ForgotPassword', { Username: 'alice' })
    expect(sent['SecretHash']).toBe('hash')
    expect(hmac.mock.calls).toEqual([['examplesecret', `alice${ids.clientId}`]])
  })
})

interface Run extends FakeFetch {
  readonly clock: FakeClock
  readonly events: AuthEvent[]
  /** How the call stands: nothing yet, an output, or a failure. */
  readonly ended: { output?: unknown; failure?: unknown }
}

/** A call under a clock that stands still until it is moved. */
async function start(
  { timeout, byte = 128, ...options }: Partial<Options> & { readonly byte?: number },
  answers: readonly (() => unknown)[],
  operation: OperationName = 'GetUser',
  input: object = token,
  signal?: AbortSignal,
): Promise<Run> {
  const clock = fakeClock()
  const faked = fakeFetch(...answers)
  const events: AuthEvent[] = []
  const ended: Run['ended'] = {}
  callWith(
    {
      ...{ clock, timeout, random: (length) => new Uint8Array(length).fill(byte) },
      ...{ fetch: faked.fetch, onEvent: (event) => events.push(event) },
      ...options,
    },
    operation,
    input,
    { signal },
  ).then(
    (output) => (ended.output = output),
    (failure: unknown) => (ended.failure = failure),
  )
  await settle()
  return { ...faked, clock, events, ended }
}

const refused = (operation: OperationName, byte = 0): Promise<Run> =>
  start({ byte }, [answer(503)], operation, token)

describe('a request is sent again', () => {
  test.each([
    [0, 0, 0],
    [1, 3.90625, 7.8125],
    [128, 500, 1000],
    [255, 996.09375, 1992.1875],
  ])('after a wait that is random to the last: byte %d', async (byte, first, second) => {
    const { clock, requests, events, ended } = await start({ byte }, [answer(503)])
    expect(requests).toHaveLength(1)
    expect(clock.waiting()).toEqual([first, 20_000])
    if (first) await clock.pass(first - 1)
    if (first) expect(requests).toHaveLength(1)
    await clock.pass(1)
    if (first) expect(requests).toHaveLength(2)
    await clock.pass(second)
    expect(requests).toHaveLength(3)
    expect(clock.waiting()).toEqual([])
    expect(ended.failure).toMatchObject({ code: 'service-error', status: 503 })
    expect(events.flatMap((one) => (one.type === 'retry' ? [one.delay] : []))).toEqual([
      first,
      second,
    ])
  })

  test.each<[string, () => unknown, number]>([
    ['a network failure', () => Promise.reject(new TypeError('Failed to fetch')), 2],
    ['500', answer(500), 3],
    ['503', answer(503, '<html>'), 3],
    ['599', answer(599), 3],
    ['InternalErrorException', refusal('InternalErrorException', 'Something', 500), 3],
    ['TooManyRequestsException', refusal('TooManyRequestsException', 'Rate exceeded'), 3],
    ['ThrottlingException', refusal('ThrottlingException', 'Rate exceeded'), 3],
    ['429', answer(429), 3],
    ['LimitExceededException', refusal('LimitExceededException', 'Attempt limit exceeded'), 1],
    ['LimitExceededException with 429', refusal('LimitExceededException', 'Limit', 429), 1],
    ['NotAuthorizedException', refusal('NotAuthorizedException', 'Invalid Access Token'), 1],
    ['NotAuthorizedException with 500', refusal('NotAuthorizedException', 'Invalid', 500), 1],
    ['a conflict', refusal('ConcurrentModificationException', 'Again'), 1],
    ['an unknown refusal', refusal('NovelException', 'Never seen'), 1],
    ['a challenge of the firewall', answer(202), 1],
    ['a puzzle of the firewall', answer(405), 1],
    ['a block of the firewall', refusal('ForbiddenException', 'WAF', 403), 1],
    ['a captive portal', answer(200, '<html>'), 1],
    ['a proxy that wants a password', answer(407, '<html>'), 1],
  ])('or not, after %s', async (_what, last, tries) => {
    const { clock, requests, ended } = await start({ byte: 0 }, [last])
    await clock.pass(100)
    expect(requests).toHaveLength(tries)
    expect(ended.failure).toBeInstanceOf(AuthError)
  })

  test('with another body never', async () => {
    const { clock, requests } = await start({ byte: 0 }, [answer(503)])
    await clock.pass(100)
    expect(new Set(requests.map(({ init }) => init.body))).toEqual(
      new Set(['{"AccessToken":"token"}']),
    )
  })

  test('without listening more and more to its own end', async () => {
    const { requests, clock } = await start({ byte: 0 }, [answer(503), answer(503), answer(503)])
    await clock.pass(1)
    expect(requests).toHaveLength(3)
    expect(getEventListeners(requests[2]!.init.signal, 'abort')).toEqual([])
  })

  test('until an answer comes', async () => {
    const { clock, requests, ended } = await start({ byte: 0 }, [
      answer(503),
      refusal('TooManyRequestsException', 'Rate exceeded'),
      answer(200, ada),
    ])
    await clock.pass(100)
    expect(requests).toHaveLength(3)
    expect(ended.output).toEqual(ada)
  })

  test('after a network failure once, whatever came before', async () => {
    const offline = (): Promise<never> => Promise.reject(new TypeError('Failed to fetch'))
    const { clock, requests, ended } = await start({ byte: 0 }, [answer(503), offline])
    await clock.pass(100)
    expect(requests).toHaveLength(2)
    expect(ended.failure).toMatchObject({ code: 'unreachable' })
  })

  test('not where the answer had begun', async () => {
    const broken = (): Promise<Response> =>
      Promise.resolve(
        new Response(
          new ReadableStream({
            pull: (controller) => {
              controller.error(new Error('connection lost'))
            },
          }),
        ),
      )
    const { clock, requests, ended } = await start({ byte: 0 }, [broken])
    await clock.pass(100)
    expect(requests).toHaveLength(1)
    expect(ended.failure).toMatchObject({ code: 'unreachable', status: 200 })
  })

  test.each([
    'ChangePassword',
    'ConfirmSignUp',
    'DeleteUser',
    'ForgotPassword',
    'GetTokensFromRefreshToken',
    'GlobalSignOut',
    'RespondToAuthChallenge',
    'ResendConfirmationCode',
    'SignUp',
    'VerifySoftwareToken',
    'VerifyUserAttribute',
  ] as const)('not where it is %s', async (operation) => {
    const { clock, requests, ended } = await refused(operation)
    await clock.pass(100)
    expect(requests).toHaveLength(1)
    expect(ended.failure).toMatchObject({ code: 'service-error', operation })
  })

  test.each(['GetUser', 'ListDevices', 'RevokeToken', 'SetUserMFAPreference'] as const)(
    'where it is %s',
    async (operation) => {
      const { clock, requests } = await refused(operation)
      await clock.pass(100)
      expect(requests).toHaveLength(3)
    },
  )

  test.each<[AuthFlow, number]>([
    ['USER_SRP_AUTH', 3],
    ['REFRESH_TOKEN', 3],
    ['REFRESH_TOKEN_AUTH', 3],
    ['USER_PASSWORD_AUTH', 1],
    ['USER_AUTH', 1],
    ['CUSTOM_AUTH', 1],
    ['ADMIN_USER_PASSWORD_AUTH', 1],
  ])('where it begins a sign-in, by its flow: %s', async (AuthFlow, tries) => {
    const { clock, requests } = await start({ byte: 0 }, [answer(503)], 'InitiateAuth', {
      AuthFlow,
    })
    await clock.pass(100)
    expect(requests).toHaveLength(tries)
  })

  test('when the service says', async () => {
    const later = answer(503, '', { 'retry-after': '7' })
    const { clock, requests, events } = await start({ byte: 255 }, [later, answer(200, ada)])
    expect(clock.waiting()).toEqual([7000, 20_000])
    await clock.pass(6999)
    expect(requests).toHaveLength(1)
    await clock.pass(1)
    expect(requests).toHaveLength(2)
    expect(events[1]).toEqual({
      ...{ type: 'retry', operation: 'GetUser', attempt: 1 },
      ...{ code: 'service-error', delay: 7000 },
    })
  })

  test('when the service says, by a date', async () => {
    const date = 'Thu, 24 Sep 2026 13:50:15 GMT'
    const later = answer(503, '', { 'retry-after': 'Thu, 24 Sep 2026 13:50:22 GMT', date })
    const { clock } = await start({ byte: 255 }, [later])
    expect(clock.waiting()).toEqual([7000, 20_000])
  })

  test.each(['soon', '', '-7', '0', 'NaN', 'Infinity', 'Thu, 24 Sep 2026 13:50:22 GMT'])(
    'as if the service had said nothing where it says %j',
    async (said) => {
      const later = answer(503, '', { 'retry-after': said })
      const { clock } = await start({ byte: 128 }, [later])
      expect(clock.waiting()).toEqual([500, 20_000])
    },
  )

  test.each([20, 21, 3600, 1e9])(
    'not at all where the service says that it has no time today: %d s',
    async (seconds) => {
      const later = answer(429, '', { 'retry-after': `${seconds}` })
      const { clock, requests, events, ended } = await start({}, [later])
      expect(ended.failure).toMatchObject({ code: 'throttled', retryAfter: seconds * 1000 })
      expect(requests).toHaveLength(1)
      expect(events.map(({ type }) => type)).toEqual(['request'])
      expect(clock.waiting()).toEqual([])
    },
  )

  test('not where the wait would take longer than the call may', async () => {
    const short = await start({ byte: 128, timeout: 500 }, [answer(503)])
    expect(short.ended.failure).toMatchObject({ code: 'service-error' })
    const longer = await start({ byte: 128, timeout: 501 }, [answer(503)])
    expect(longer.ended).toEqual({})
    expect(longer.clock.waiting()).toEqual([500, 501])
  })

  test('with what the service said to those whose call is not repeated', async () => {
    const later = answer(503, '', { 'retry-after': '7' })
    const { ended, requests } = await start({}, [later], 'ConfirmSignUp', signUp)
    expect(ended.failure).toMatchObject({ code: 'service-error', retryAfter: 7000 })
    expect(requests).toHaveLength(1)
  })
})

describe('a call that takes too long', () => {
  const timedOut = { code: 'timeout', operation: 'GetUser', retryable: true }

  test('ends when its time is over, even where fetch does not listen', async () => {
    const { clock, ended, events, requests } = await start({}, [silence])
    await clock.pass(19_999)
    expect(ended).toEqual({})
    expect(requests[0]!.init.signal.aborted).toBe(false)
    await clock.pass(1)
    expect(ended.failure).toMatchObject(timedOut)
    expect(isAuthError(ended.failure)).toBe(true)
    expect(requests[0]!.init.signal.aborted).toBe(true)
    expect(events).toEqual([
      {
        ...{ type: 'request', operation: 'GetUser', attempt: 1 },
        ...{ milliseconds: 20_000, code: 'timeout', status: undefined, requestId: undefined },
      },
    ])
    expect(clock.waiting()).toEqual([])
  })

  test('ends after its own time where the app says how long', async () => {
    const { clock, ended } = await start({ timeout: 300 }, [silence])
    await clock.pass(299)
    expect(ended).toEqual({})
    await clock.pass(1)
    expect(ended.failure).toMatchObject(timedOut)
  })

  test('ends in the middle of a body', async () => {
    const endless = (): Promise<Response> =>
      Promise.resolve(
        new Response(new ReadableStream(), {
          headers: { 'x-amzn-requestid': '00000000-0000-4000-8000-000000000001' },
        }),
      )
    const { clock, ended, events } = await start({}, [endless])
    await clock.pass(20_000)
    expect(ended.failure).toMatchObject(timedOut)
    expect(events).toMatchObject([
      { code: 'timeout', status: 200, requestId: '00000000-0000-4000-8000-000000000001' },
    ])
  })

  test('ends while an option is waited for', async () => {
    for (const name of ['headers', 'clientMetadata', 'userContextData', 'hmac'] as const) {
      const options = { clientSecret: 'examplesecret', [name]: silence }
      const { clock, ended } = await start(options, [answer(200)], 'ConfirmSignUp', signUp)
      await settle()
      await clock.pass(20_000)
      expect(ended.failure, name).toMatchObject({ code: 'timeout', operation: 'ConfirmSignUp' })
      expect(clock.waiting()).toEqual([])
    }
  })

  test('has its time for all tries together', async () => {
    const { clock, ended, requests } = await start({ byte: 128 }, [answer(503), silence])
    await clock.pass(19_999)
    expect(ended).toEqual({})
    expect(requests).toHaveLength(2)
    await clock.pass(1)
    expect(ended.failure).toMatchObject(timedOut)
  })

  test('ends by the timers of the host too', async () => {
    const startedAt = Date.now()
    const auth = createAuth({ ...ids, timeout: 50, fetch: silence })
    expect(await failureOf(auth.call('GetUser', token))).toMatchObject(timedOut)
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(45)
    expect(Date.now() - startedAt).toBeLessThan(5000)
  })
})

describe('a call that is aborted', () => {
  const reasons: readonly unknown[] = [new Error('enough'), { any: 'object' }, 'text', 0, '', false]
  const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length

  test('before it began sends nothing, asks nothing and says why', async () => {
    for (const reason of reasons) {
      const headers = vi.fn(() => ({}))
      const signal = AbortSignal.abort(reason)
      const options = { headers, clientMetadata: headers }
      const run = await start(options, [answer(200)], 'ConfirmSignUp', signUp, signal)
      expect(run.ended.failure).toBe(reason)
      expect(run.requests).toEqual([])
      expect(run.events).toEqual([])
      expect(headers).not.toHaveBeenCalled()
      expect(run.clock.waiting()).toEqual([])
      expect(listeners(signal)).toBe(0)
    }
  })

  test('during a request ends at once, even where fetch does not listen', async () => {
    for (const reason of reasons) {
      const controller = new AbortController()
      const run = await start({}, [silence], 'GetUser', token, controller.signal)
      expect(listeners(controller.signal)).toBe(1)
      await run.clock.pass(7)
      controller.abort(reason)
      await settle()
      expect(run.ended).toEqual({ failure: reason })
      expect(run.ended.failure).toBe(reason)
      expect(run.requests).toHaveLength(1)
      expect(run.requests[0]!.init.signal.aborted).toBe(true)
      expect(run.requests[0]!.init.signal.reason).toBe(reason)
      expect(run.clock.waiting()).toEqual([])
      expect(listeners(controller.signal)).toBe(0)
      expect(run.events).toEqual([
        {
          ...{ type: 'request', operation: 'GetUser', attempt: 1 },
          ...{ milliseconds: 7, code: 'aborted', status: undefined, requestId: undefined },
        },
      ])
    }
  })

  test('during the wait for a retry', async () => {
    const controller = new AbortController()
    const run = await start({}, [answer(503)], 'GetUser', token, controller.signal)
    expect(run.clock.waiting()).toEqual([500, 20_000])
    controller.abort(reasons[0])
    await settle()
    expect(run.ended.failure).toBe(reasons[0])
    await run.clock.pass(30_000)
    expect(run.requests).toHaveLength(1)
    expect(run.events.map(({ type }) => type)).toEqual(['request', 'retry'])
    expect(run.clock.waiting()).toEqual([])
    expect(listeners(controller.signal)).toBe(0)
  })

  test('while an option is waited for', async () => {
    for (const name of ['headers', 'clientMetadata', 'userContextData', 'hmac'] as const) {
      const controller = new AbortController()
      const options = { clientSecret: 'examplesecret', [name]: silence }
      const run = await start(options, [answer(200)], 'SignUp', signUp, controller.signal)
      controller.abort(reasons[0])
      await settle()
      expect(run.ended.failure, name).toBe(reasons[0])
      expect(run.requests).toEqual([])
      expect(run.clock.waiting()).toEqual([])
      expect(listeners(controller.signal)).toBe(0)
    }
  })

  test('in the middle of a body', async () => {
    const controller = new AbortController()
    const endless = (): Promise<Response> => Promise.resolve(new Response(new ReadableStream()))
    const run = await start({}, [endless], 'GetUser', token, controller.signal)
    controller.abort(reasons[0])
    await settle()
    expect(run.ended.failure).toBe(reasons[0])
    expect(run.events).toMatchObject([{ code: 'aborted', status: 200 }])
  })

  test('without a reason has the one of the platform', async () => {
    const controller = new AbortController()
    const run = await start({}, [silence], 'GetUser', token, controller.signal)
    controller.abort()
    await settle()
    expect(run.ended.failure).toBe(controller.signal.reason)
    expect(run.ended.failure).toMatchObject({ name: 'AbortError' })
  })

  test.each([null, 0, ''])('for the reason %j has that one', async (reason) => {
    const controller = new AbortController()
    const run = await start({}, [silence], 'GetUser', token, controller.signal)
    controller.abort(reason)
    await settle()
    expect(run.ended).toEqual({ failure: reason })
  })

  test('by a signal of an old polyfill has a reason that tells what it is', async () => {
    const nothing = (): void => undefined
    const signal = { aborted: true, addEventListener: nothing, removeEventListener: nothing }
    const options = { fetch: answering(answer(200, ada)) }
    expect(await failureOf(callWith(options, 'GetUser', token, { signal }))).toMatchObject({
      name: 'AbortError',
    })
  })

  test('after it ended has ended as it had', async () => {
    const controller = new AbortController()
    const run = await start({}, [answer(200, ada)], 'GetUser', token, controller.signal)
    expect(listeners(controller.signal)).toBe(0)
    controller.abort()
    await settle()
    expect(run.ended).toEqual({ output: ada })
    expect(run.requests[0]!.init.signal.aborted).toBe(false)
  })

  test('leaves nothing behind, as no call does', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const answers = [answer(200, ada), answer(400), answer(202)]
    const before = process.getActiveResourcesInfo().sort()
    const auth = createAuth({ ...ids, fetch: answering(...answers) })
    for (let left = answers.length; left > 0; left--)
      await auth.call('GetUser', token, { signal }).catch(() => undefined)
    const hanging = failureOf(
      createAuth({ ...ids, fetch: silence }).call('GetUser', token, { signal }),
    )
    expect(process.getActiveResourcesInfo().length).toBeGreaterThan(before.length)
    controller.abort(reasons[0])
    expect(await hanging).toBe(reasons[0])
    expect(process.getActiveResourcesInfo().sort()).toEqual(before)
    expect(listeners(signal)).toBe(0)
  })
})

describe("a caller's mistake is a TypeError that names it", () => {
  const circular: Record<string, unknown> = {}
  circular['itself'] = circular
  const throwing = {
    get AccessToken(): string {
      throw new RangeError('of the app')
    },
  }

  test.each<[string, string | undefined, readonly unknown[]]>([
    ['no operation', 'operation', []],
    ['an unknown operation', 'operation', ['AdminGetUser', token]],
    ['an operation in other case', 'operation', ['getUser', token]],
    ['an inherited name', 'operation', ['toString', token]],
    ['the name of a prototype', 'operation', ['__proto__', token]],
    ['no input', 'input', ['GetUser']],
    ['null', 'input', ['GetUser', null]],
    ['text', 'input', ['GetUser', 'token']],
    ['a function', 'input', ['GetUser', () => token]],
    ['an input that is not JSON', undefined, ['GetUser', circular]],
    ['a number that is not JSON', undefined, ['GetUser', { AccessToken: 1n }]],
    ['an input that throws', undefined, ['GetUser', throwing]],
    ['a controller instead of its signal', 'signal', ['GetUser', token, new AbortController()]],
    ['text as a signal', 'signal', ['GetUser', token, { signal: 'stop' }]],
    ['a number as a signal', 'signal', ['GetUser', token, { signal: 1 }]],
    ['half a signal', 'signal', ['GetUser', token, { signal: {} }]],
  ])('%s', async (what, name, args) => {
    const [operation, input, options] = args
    const wrapped = what.startsWith('a controller') ? { signal: options } : options
    const { fetch, requests } = fakeFetch(answer(200, ada))
    const clock = fakeClock()
    const error = await failureOf(
      callWith({ fetch, clock }, operation, input, ...(wrapped ? [wrapped] : [])),
    )
    expect(error).toBeInstanceOf(TypeError)
    if (name) expect((error as Error).message).toMatch(new RegExp(`^latchkey: "${name}" must be `))
    expect(requests).toEqual([])
    expect(clock.waiting()).toEqual([])
  })

  test('a signal that cannot be listened to leaves no timer behind', async () => {
    const clock = fakeClock()
    const options = { clock, fetch: answering(answer(200, ada)) }
    const error = await failureOf(
      callWith(options, 'GetUser', token, { signal: { aborted: false } }),
    )
    expect(error).toBeInstanceOf(TypeError)
    expect(clock.waiting()).toEqual([])
  })

  test('no fetch anywhere', async () => {
    vi.stubGlobal('fetch', undefined)
    const error = await failureOf(createAuth(ids).call('GetUser', token))
    expect(error).toBeInstanceOf(TypeError)
    expect((error as Error).message).toMatch(/^latchkey: "fetch" must be /)
  })
})

describe('an answer', () => {
  const refusedWith = async (
    status: number,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<AuthError> => {
    const error = await failureAfter(answer(status, body, headers))
    expect(error).toBeInstanceOf(AuthError)
    return error as AuthError
  }

  test('may be empty for three operations and for no other', async () => {
    const { fetch } = fakeFetch(answer(200, ''))
    const auth = createAuth({ ...ids, fetch })
    expect(await auth.call('DeleteUser', token)).toEqual({})
    expect(await auth.call('ForgetDevice', { ...token, DeviceKey: 'key' })).toEqual({})
    const registration = { ...token, Credential: {} }
    expect(await auth.call('CompleteWebAuthnRegistration', registration)).toEqual({})
    for (const [operation, input] of [
      ['GlobalSignOut', token],
      ['ConfirmSignUp', signUp],
      ['VerifyUserAttribute', { ...token, AttributeName: 'email', Code: '1' }],
    ] as const)
      expect(await failureOf(callWith({ fetch }, operation, input))).toMatchObject({
        code: 'bad-response',
        status: 200,
      })
  })

  test('may be an empty object where nothing is said', async () => {
    const auth = createAuth({ ...ids, fetch: answering(answer(200, '{}')) })
    expect(await auth.call('GlobalSignOut', token)).toEqual({})
    expect(await auth.call('DeleteUser', token)).toEqual({})
  })

  test.each([201, 202, 203, 206, 226, 300, 400, 404, 500])(
    'with status %d is no success, whatever it says',
    async (status) => {
      const options = { clock: hastyClock(20_000), fetch: answering(answer(status, ada)) }
      expect(await failureOf(callWith(options, 'GetUser', token))).toMatchObject({ status })
      expect(await failureOf(callWith(options, 'DeleteUser', token))).toBeInstanceOf(AuthError)
    },
  )

  test.each<[string, unknown, Record<string, string>]>([
    ['a bare type', { __type: 'CodeMismatchException', message: 'No.' }, {}],
    ['a namespace', { __type: 'com.amazon.coral#CodeMismatchException', message: 'No.' }, {}],
    ['a code', { code: 'CodeMismatchException', message: 'No.' }, {}],
    ['a capital', { __type: 'CodeMismatchException', Message: 'No.' }, {}],
    ['a header', { message: 'No.' }, { 'x-amzn-errortype': 'CodeMismatchException' }],
    ['a colon', { message: 'No.' }, { 'x-amzn-errortype': 'CodeMismatchException:' }],
    [
      'a header with an address',
      { message: 'No.' },
      { 'X-Amzn-ErrorType': 'CodeMismatchException:http://internal.amazon.com/coral/com.amazon/' },
    ],
    [
      'a header that knows better',
      { __type: 'ValidationException', message: 'No.' },
      { 'x-amzn-errortype': 'CodeMismatchException:' },
    ],
  ])('names its refusal with %s', async (_what, body, headers) => {
    for (const status of [400, 401, 403, 404, 429, 500]) {
      const error = await refusedWith(status, body, {
        ...headers,
        'x-amzn-requestid': '00000000-0000-4000-8000-000000000001',
      })
      expect(Object.assign({}, error)).toEqual({
        ...{ name: 'AuthError', code: 'wrong-code', retryable: false, operation: 'GetUser' },
        ...{
          service: 'CodeMismatchException',
          status,
          requestId: '00000000-0000-4000-8000-000000000001',
          detail: 'No.',
        },
        retryAfter: undefined,
      })
      expect(error.message).toBe('GetUser: wrong-code: CodeMismatchException: No.')
    }
  })

  test('may lack a message', async () => {
    for (const body of [{}, { message: null }, { message: '' }, { message: 7 }, { Message: [] }])
      expect(await refusedWith(400, { ...body, __type: 'CodeMismatchException' })).toMatchObject({
        code: 'wrong-code',
        message: 'GetUser: wrong-code: CodeMismatchException',
      })
  })

  test.each<[number, unknown, string]>([
    [400, {}, 'bad-response'],
    [400, '', 'bad-response'],
    [400, '<html>', 'bad-response'],
    [400, '[]', 'bad-response'],
    [400, 'null', 'bad-response'],
    [400, '"NotAuthorizedException"', 'bad-response'],
    [400, { __type: 7 }, 'bad-response'],
    [400, { __type: '' }, 'bad-response'],
    [400, { __type: { name: 'NotAuthorizedException' } }, 'bad-response'],
    [400, { __type: 'toString' }, 'unexpected'],
    [400, { __type: 'NovelException' }, 'unexpected'],
    [404, '<html>', 'bad-response'],
    [401, '<html>', 'bad-response'],
    [202, '', 'waf-challenge'],
    [405, '<html>', 'waf-challenge'],
    [403, '<html>', 'waf-blocked'],
    [403, { message: 'Forbidden' }, 'waf-blocked'],
    [403, { __type: 'ForbiddenException' }, 'waf-blocked'],
    [429, '', 'throttled'],
    [429, { __type: 'NovelException' }, 'throttled'],
    [500, '', 'service-error'],
    [502, '<html>', 'service-error'],
    [503, { __type: 'NovelException' }, 'service-error'],
    [200, '<html>', 'bad-response'],
    [200, 'null', 'bad-response'],
    [200, '[]', 'bad-response'],
    [200, 'true', 'bad-response'],
    [200, {}, 'bad-response'],
    [200, { ...ada, Username: 7 }, 'bad-response'],
    [200, { ...ada, UserAttributes: {} }, 'bad-response'],
    [200, { ...ada, UserAttributes: [null] }, 'bad-response'],
    [200, { ...ada, UserAttributes: [{}] }, 'bad-response'],
    [200, { ...ada, UserMFASettingList: [null] }, 'bad-response'],
    [200, { ...ada, UserMFASettingList: ['SMS_MFA', null] }, 'bad-response'],
  ])('%d %j means %s', async (status, body, code) => {
    expect(await refusedWith(status, body)).toMatchObject({ code, status })
  })

  test('may say null for what is absent', async () => {
    const body = { ...ada, PreferredMfaSetting: null, MFAOptions: null, UserMFASettingList: null }
    const auth = createAuth({ ...ids, fetch: answering(answer(200, body)) })
    const output = await auth.call('GetUser', token)
    expect(output).toStrictEqual(ada)
  })

  test('has parameters of text only, as its type says', async () => {
    const wrong = { ChallengeName: 'SMS_MFA', ChallengeParameters: { USERNAME: 7 } }
    const auth = createAuth({ ...ids, fetch: answering(answer(200, wrong)) })
    const error = await failureOf(auth.call('InitiateAuth', { AuthFlow: 'USER_AUTH' }))
    expect(error).toMatchObject({ code: 'bad-response' })
  })

  test('with 200 that names a refusal is no success', async () => {
    const fault = refusal('CodeMismatchException', 'No.', 200)
    const auth = createAuth({ ...ids, fetch: answering(fault) })
    expect(await failureOf(auth.call('ConfirmSignUp', signUp))).toMatchObject({
      code: 'wrong-code',
      status: 200,
    })
  })

  test('of up to a million bytes is read, and no longer one', async () => {
    const text = JSON.stringify(ada)
    const ofLength = (length: number): string => text.padEnd(length)
    const { call } = createAuth({
      ...ids,
      fetch: answering(answer(200, ofLength(1_000_000)), answer(200, ofLength(1_000_001))),
    })
    expect(await call('GetUser', token)).toEqual(ada)
    expect(await failureOf(call('GetUser', token))).toMatchObject({ code: 'bad-response' })
  })

  test('that is too long is let go of, even where that fails', async () => {
    for (const outcome of [Promise.resolve(), Promise.reject(new Error('no'))]) {
      const cancel = vi.fn(() => outcome)
      const endless = (): Promise<Response> =>
        Promise.resolve(
          new Response(
            new ReadableStream({
              pull: (controller) => {
                controller.enqueue(new Uint8Array(100_000))
              },
              cancel,
            }),
          ),
        )
      expect(await failureAfter(endless)).toMatchObject({ code: 'bad-response', status: 200 })
      expect(cancel).toHaveBeenCalledTimes(1)
    }
  })

  test('cut anywhere is read as if it were whole', async () => {
    const bytes = new TextEncoder().encode(JSON.stringify({ ...ada, Username: 'äда🗝' }))
    for (let cut = 0; cut <= bytes.length; cut++) {
      const parts = [bytes.slice(0, cut), bytes.slice(cut)]
      const cutUp = (): Promise<Response> =>
        Promise.resolve(
          new Response(
            new ReadableStream({
              start(controller) {
                for (const part of parts) controller.enqueue(part)
                controller.close()
              },
            }),
          ),
        )
      const output = await createAuth({ ...ids, fetch: answering(cutUp) }).call('GetUser', token)
      expect(output.Username).toBe('äда🗝')
    }
  })

  test('that was redirected is nobody we know, whatever it says', async () => {
    for (const status of [200, 400, 503]) {
      const body = status === 200 ? ada : { __type: 'CodeMismatchException' }
      const redirected = async (): Promise<Response> => {
        const response = await answer(status, body)()
        return Object.defineProperty(response, 'redirected', { value: true })
      }
      expect(await failureAfter(redirected)).toMatchObject({
        code: 'bad-response',
        status,
      })
    }
  })

  test.each([
    ['an empty header beside it', { 'x-amzn-errortype': '' }, {}],
    ['a number beside it', {}, { code: 400 }],
    ['an empty code beside it', {}, { code: '' }],
  ])('names its refusal by its type with %s', async (_what, headers, beside) => {
    const body = {
      ...beside,
      __type: 'NotAuthorizedException',
      message: 'Access Token has expired',
    }
    const error = await refusedWith(400, body, headers)
    expect(error).toMatchObject({ code: 'access-token-expired' })
  })

  test('too deep to be read is a bad one, and is not asked for again', async () => {
    for (const depth of [1000, 2000, 2200, 2400, 2600, 5000, 20_000]) {
      const body = '{"Device":'.repeat(depth) + '{}' + '}'.repeat(depth)
      const { fetch, requests } = fakeFetch(answer(200, body))
      const ended = await callWith({ fetch }, 'GetDevice', { DeviceKey: 'key' }).catch(
        (error: unknown) => error,
      )
      if (ended instanceof AuthError)
        expect(ended).toMatchObject({ code: 'bad-response', status: 200 })
      expect(requests).toHaveLength(1)
    }
  })

  test('never changes a prototype', async () => {
    const hostile =
      '{"__proto__":{"polluted":1},"Username":"ada","UserAttributes":[{"Name":"a","__proto__":{"polluted":1}}],"constructor":{"prototype":{"polluted":1}}}'
    const auth = createAuth({ ...ids, fetch: answering(answer(200, hostile)) })
    const output = await auth.call('GetUser', token)
    expect(Object.hasOwn(output, '__proto__')).toBe(false)
    expect(Object.hasOwn(output.UserAttributes[0]!, '__proto__')).toBe(false)
    expect(Object.getPrototypeOf(output)).toBe(Object.prototype)
    expect({}).not.toHaveProperty('polluted')
    expect(Object.assign({}, output)).not.toHaveProperty('polluted')
  })

  test('that says a lot in refusal is cut short', async () => {
    const said = async (length: number): Promise<string | undefined> => {
      const body = { __type: 'CodeMismatchException', message: 'n'.repeat(length) }
      const { code, detail } = await refusedWith(400, body)
      expect(code).toBe('wrong-code')
      return detail
    }
    expect(await said(400)).toBe('n'.repeat(400))
    expect(await said(401)).toBe('n'.repeat(400))
    expect(await said(2000)).toBe('n'.repeat(400))
    // So long a sentence is not the service's.
    expect(await said(2001)).toBe('')
    expect(await said(90_000)).toBe('')
  })
})

test('a stray flow in another operation does not make it repeatable', async () => {
  for (const operation of ['RespondToAuthChallenge', 'SignUp', 'ChangePassword']) {
    const { fetch, requests } = fakeFetch(answer(503))
    const input = { AuthFlow: 'USER_SRP_AUTH', ChallengeName: 'SMS_MFA' }
    expect(await failureOf(callWith({ fetch }, operation, input))).toMatchObject({
      code: 'service-error',
    })
    expect(requests).toHaveLength(1)
  }
})

describe("another fetch than the platform's", () => {
  /** As React Native's: no streams, no `redirected`. */
  const withoutStreams = (status: number, text: string) => () =>
    Promise.resolve({
      status,
      headers: new Headers(),
      body: undefined,
      text: () => Promise.resolve(text),
    })

  test('may have no streams', async () => {
    const auth = createAuth({ ...ids, fetch: answering(withoutStreams(200, JSON.stringify(ada))) })
    expect(await auth.call('GetUser', token)).toEqual(ada)
    expect(
      await failureAfter(withoutStreams(400, '{"__type":"CodeMismatchException","message":"No."}')),
    ).toMatchObject({ code: 'wrong-code', detail: 'No.' })
  })

  test('may have streams of another kind', async () => {
    const text = JSON.stringify(ada)
    const headers = new Headers()
    const body = { pipe: () => undefined }
    const response = { status: 200, headers, body, text: () => Promise.resolve(text) }
    const options = { fetch: () => Promise.resolve(response) }
    expect(await callWith(options, 'GetUser', token)).toEqual(ada)
  })

  test('may have streams on a host that cannot decode them', async () => {
    vi.stubGlobal('TextDecoder', undefined)
    try {
      expect(await callWith({ fetch: answering(answer(200, ada)) }, 'GetUser', token)).toEqual(ada)
    } finally {
      vi.unstubAllGlobals()
    }
  })

  test('may bring 2 MB without streams', async () => {
    const long = JSON.stringify(ada).replace('}', `,"Filler":"${'x'.repeat(2_000_000)}"}`)
    expect(await failureAfter(withoutStreams(200, long))).toMatchObject({ code: 'bad-response' })
    expect(await failureAfter(withoutStreams(403, long))).toMatchObject({ code: 'waf-blocked' })
  })

  test('may fail to bring its text', async () => {
    const broken = (): Promise<object> =>
      Promise.resolve({
        status: 200,
        headers: new Headers(),
        text: () => Promise.reject(new Error('connection lost')),
      })
    const { requests, ended, clock } = await start({ byte: 0 }, [broken])
    await clock.pass(100)
    expect(ended.failure).toMatchObject({ code: 'unreachable', status: 200 })
    expect(requests).toHaveLength(1)
  })

  test.each<[string, () => unknown]>([
    ['undefined', () => undefined],
    ['a promise of undefined', () => Promise.resolve(undefined)],
    ['null', () => Promise.resolve(null)],
    ['an empty object', () => Promise.resolve({})],
    ['text', () => Promise.resolve('{}')],
    ['headers without a way to read them', () => Promise.resolve({ status: 200, headers: {} })],
    ['a status without a body', () => Promise.resolve({ status: 200, headers: new Headers() })],
    ['no status', () => Promise.resolve({ headers: new Headers(), text: () => '{}' })],
    [
      'text as a stream',
      () =>
        Promise.resolve({
          status: 200,
          headers: new Headers(),
          body: { getReader: () => ({ read: () => ({ done: false, value: 'text' }) }) },
        }),
    ],
    [
      'throws',
      () => {
        throw new Error('at once')
      },
    ],
    ['rejects with text', () => failing('text')],
    ['rejects with nothing', () => failing(undefined)],
  ])('may answer with garbage: %s', async (_what, garbage) => {
    const { clock, ended, events } = await start({ byte: 0 }, [garbage])
    await clock.pass(100)
    expect(ended.failure).toBeInstanceOf(AuthError)
    expect((ended.failure as AuthError).code).toMatch(/^(unreachable|bad-response)$/)
    expect(events.length).toBeGreaterThan(0)
    expect(clock.waiting()).toEqual([])
  })

  test('keeps what failed as the cause', async () => {
    const cause = new TypeError('Failed to fetch')
    const error = await failureAfter(() => Promise.reject(cause))
    expect(error).toMatchObject({ code: 'unreachable' })
    expect((error as AuthError).detail).toMatch(/WAF/)
    expect((error as AuthError).cause).toBe(cause)
    expect((error as AuthError).status).toBe(undefined)
  })

  test('may refuse to be called as a method', async () => {
    const windowLike = function (this: unknown): Promise<Response> {
      if (this !== undefined && this !== globalThis) throw new TypeError('Illegal invocation')
      return answer(200, ada)()
    }
    expect(await createAuth({ ...ids, fetch: windowLike }).call('GetUser', token)).toEqual(ada)
    vi.stubGlobal('fetch', windowLike)
    expect(await createAuth(ids).call('GetUser', token)).toEqual(ada)
  })

  test('may replace the global one at any time', async () => {
    const auth = createAuth(ids)
    for (const Username of ['ada', 'grace']) {
      vi.stubGlobal('fetch', answer(200, { ...ada, Username }))
      expect(await auth.call('GetUser', token)).toMatchObject({ Username })
    }
  })
})

async function failing(reason: unknown): Promise<never> {
  await Promise.resolve()
  throw reason
}

describe('events', () => {
  test('tell of each request and of each retry', async () => {
    const clock = fakeClock()
    const slow =
      (milliseconds: number, then: () => Promise<Response>) => async (): Promise<Response> => {
        await new Promise<void>((resolve) => clock.after(milliseconds, resolve))
        return then()
      }
    const { events, ended } = await start({ clock, byte: 128 }, [
      slow(30, answer(503, '', { 'x-amzn-requestid': '00000000-0000-4000-8000-000000000002' })),
      slow(20, refusal('TooManyRequestsException', 'Rate exceeded')),
      slow(10, answer(200, ada, { 'x-amzn-requestid': '00000000-0000-4000-8000-000000000003' })),
    ])
    await clock.pass(5000)
    expect(ended.output).toEqual(ada)
    const operation = 'GetUser'
    expect(events).toStrictEqual([
      {
        ...{ type: 'request', operation, attempt: 1, milliseconds: 30 },
        ...{
          code: 'service-error',
          status: 503,
          requestId: '00000000-0000-4000-8000-000000000002',
        },
      },
      { type: 'retry', operation, attempt: 1, code: 'service-error', delay: 500 },
      {
        ...{ type: 'request', operation, attempt: 2, milliseconds: 20 },
        ...{ code: 'throttled', status: 400, requestId: undefined },
      },
      { type: 'retry', operation, attempt: 2, code: 'throttled', delay: 1000 },
      {
        ...{ type: 'request', operation, attempt: 3, milliseconds: 10 },
        ...{ code: undefined, status: 200, requestId: '00000000-0000-4000-8000-000000000003' },
      },
    ])
  })

  test('do not disturb the call where the listener throws', async () => {
    const hosts = process.rawListeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    const seen: unknown[] = []
    process.on('unhandledRejection', (reason) => seen.push(reason))
    try {
      const trouble = new Error('of the listener')
      const onEvent = (): never => {
        throw trouble
      }
      const { clock, ended } = await start({ onEvent, byte: 0 }, [answer(503), answer(200, ada)])
      await clock.pass(100)
      expect(ended.output).toEqual(ada)
      expect(seen).toEqual([trouble, trouble, trouble])
    } finally {
      process.removeAllListeners('unhandledRejection')
      for (const one of hosts) process.on('unhandledRejection', one as () => void)
    }
  })
})
