import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import { describe, expect, test, vi } from 'vitest'
import { createAuth } from '../src/index.ts'
import type { Options } from '../src/index.ts'
import { resolveOptions } from '../src/options.ts'

const good: Options = { userPoolId: 'eu-west-1_Ab12Cd34E', clientId: '4f7c1a2b3c' }

/** Calls as plain JavaScript would. */
const create = (options: object): unknown => createAuth(options as Options)

describe('the endpoint', () => {
  const regions = [
    'us-east-1 us-east-2 us-west-1 us-west-2 ca-central-1 ca-west-1 mx-central-1 sa-east-1',
    'eu-west-1 eu-west-2 eu-west-3 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2',
    'ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1',
    'ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-7 ap-east-1',
    'af-south-1 me-south-1 me-central-1 il-central-1',
    'us-gov-west-1 us-gov-east-1 cn-north-1 cn-northwest-1',
    'us-iso-east-1 us-iso-west-1 us-isob-east-1 us-isob-west-1 us-isof-east-1 us-isof-south-1',
    'eu-isoe-west-1 eusc-de-east-1',
  ].flatMap((line) => line.split(' '))

  test.each(regions)('of %s is the one that the AWS SDK uses', (region) => {
    const sdk = new CognitoIdentityProviderClient({ region })
    const expected = sdk.config.endpointProvider({
      Region: region,
      UseDualStack: false,
      UseFIPS: false,
    }).url
    const { endpoint } = resolveOptions({ ...good, userPoolId: `${region}_Ab12Cd34E` })
    expect(new URL(endpoint).host).toBe(expected.host)
    expect(endpoint).toMatch(/^https:\/\/[^/]+\/$/)
  })

  test.each([
    'https://auth.example.com',
    'https://auth.example.com/',
    'https://auth.example.com:8443/cognito/eu',
    'https://cognito-idp-fips.us-gov-west-1.amazonaws.com/',
    'http://localhost:9229',
    'http://pool.localhost:9229/',
    'http://127.0.0.1:9229/',
    'http://127.1.2.3/',
    'http://127.10.200.30/',
    'http://[::1]:9229/',
  ])('%s is taken as it is', (endpoint) => {
    expect(resolveOptions({ ...good, endpoint }).endpoint).toBe(endpoint)
    for (const allowInsecureEndpoint of [true, false, undefined])
      expect(resolveOptions({ ...good, endpoint, allowInsecureEndpoint }).endpoint).toBe(endpoint)
  })

  test.each([
    'http://example.com/',
    'http://10.0.2.2:9229/',
    'http://localhost.example.com/',
    'http://127.0.0.1.example.com/',
    'http://notlocalhost/',
    'http://128.0.0.1/',
  ])('%s needs allowInsecureEndpoint', (endpoint) => {
    expect(() => create({ ...good, endpoint })).toThrow(/"endpoint".*allowInsecureEndpoint/)
    expect(() => create({ ...good, endpoint, allowInsecureEndpoint: false })).toThrow(TypeError)
    expect(resolveOptions({ ...good, endpoint, allowInsecureEndpoint: true }).endpoint).toBe(
      endpoint,
    )
  })

  test.each([
    'ftp://example.com/',
    'javascript:alert(1)',
    '//example.com/',
    'example.com',
    'https://',
    'https://user:password@example.com/',
    'https://example.com/?query',
    'https://example.com/#part',
    'https://example.com\\@evil.example/',
    'https://exa mple.com/',
    'https://example.com/\n',
    ' https://example.com/',
  ])('%j is refused whatever is allowed', (endpoint) => {
    expect(() => create({ ...good, endpoint, allowInsecureEndpoint: true })).toThrow(
      /^latchkey: "endpoint" must be https:/,
    )
  })

  test('a pool id without a region needs an endpoint', () => {
    expect(() => create({ ...good, userPoolId: 'local_4Tx' })).toThrow(
      'latchkey: "userPoolId" must be like eu-west-1_Ab12Cd34E; got another',
    )
    const endpoint = 'http://localhost:9229'
    expect(resolveOptions({ ...good, userPoolId: 'local_4Tx', endpoint }).userPoolId).toBe(
      'local_4Tx',
    )
  })

  test.each([
    'eu-west-1',
    'eu-west-1_',
    '_Ab12Cd34E',
    'evil.example/#-1_A',
    'eu-west-1_Ab/12',
    'eu-west-1.evil.example_A',
    'EU-WEST-1_Ab12Cd34E',
    'eu-west_Ab12Cd34E',
    'x eu-west-1_Ab12Cd34E',
    'eu-west-1_Ab12Cd34E\n',
  ])('the pool id %j is refused', (userPoolId) => {
    expect(() => create({ ...good, userPoolId })).toThrow(/^latchkey: "userPoolId" must be like/)
  })
})

describe('a wrong option', () => {
  const values: Record<string, unknown> = {
    string: 'text',
    number: 5,
    boolean: true,
    object: { now: 1 },
    function: () => undefined,
    symbol: Symbol('s'),
    bigint: 1n,
  }
  const takes: Record<keyof Options, readonly string[]> = {
    userPoolId: ['string'],
    clientId: ['string'],
    clientSecret: ['string'],
    endpoint: ['string'],
    allowInsecureEndpoint: ['boolean'],
    timeout: ['number'],
    headers: ['object', 'function'],
    clientMetadata: ['object', 'function'],
    userContextData: ['object', 'function'],
    onEvent: ['function'],
    fetch: ['function'],
    clock: ['object'],
    random: ['function'],
    hmac: ['function'],
    signInValidity: ['number'],
    storage: ['object'],
    tabStorage: ['object'],
    passkeys: ['object'],
    modPow: ['function'],
  }
  const cells = Object.entries(takes).flatMap(([name, kinds]) =>
    Object.keys(values)
      .filter((kind) => !kinds.includes(kind))
      .map((kind) => ({ name, kind, kinds })),
  )

  test.each(cells)('$name of type $kind', ({ name, kind, kinds }) => {
    let thrown: unknown
    try {
      create({ ...good, [name]: values[kind] })
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(TypeError)
    const { message } = thrown as TypeError
    expect(message).toContain(`"${name}" must be `)
    expect(message).toContain(`; got ${kind}`)
    for (const expected of kinds) expect(message.split('; got')[0]).toContain(expected)
  })

  test.each(Object.keys(takes))('%s of null or empty text', (name) => {
    expect(() => create({ ...good, [name]: null })).toThrow(
      new RegExp(`"${name}" must be .*; got nothing$`),
    )
    expect(() => create({ ...good, [name]: '' })).toThrow(new RegExp(`"${name}" must be `))
  })

  test('that is required and missing', () => {
    expect(() => create({ clientId: 'a' })).toThrow('"userPoolId" must be string; got undefined')
    expect(() => create({ userPoolId: good.userPoolId })).toThrow(
      '"clientId" must be string; got undefined',
    )
  })

  test('that no option is called', () => {
    expect(() => create({ ...good, clientID: 'a' })).toThrow(
      '"clientID" must be undefined: no such option; got string',
    )
    expect(() => create({ ...good, constructor: 'a' })).toThrow('"constructor" must be undefined')
    expect(create({ ...good, somethingElse: undefined })).toBeDefined()
  })

  test.each([0, -1, NaN, Infinity, 2 ** 31])('timeout %d', (timeout) => {
    expect(() => create({ ...good, timeout })).toThrow(
      `"timeout" must be 1 to 2147483647 ms; got ${String(timeout)}`,
    )
  })

  test.each(['headers', 'clientMetadata', 'userContextData'])('%s that are not text', (name) => {
    expect(() => create({ ...good, [name]: { ipAddress: 1 } })).toThrow(
      `"${name}" must be text by name; got number under ipAddress`,
    )
    expect(create({ ...good, [name]: { ipAddress: undefined, encodedData: 'text' } })).toBeDefined()
    for (const collection of [new Headers({ a: 'b' }), new Map([['a', 'b']]), ['a']])
      expect(() => create({ ...good, [name]: collection })).toThrow(
        `"${name}" must be object of text by name; got a collection`,
      )
  })

  test('a header that no request can hold', () => {
    expect(() => create({ ...good, headers: { 'x-token': 'a\nb' } })).toThrow(
      '"headers" must be fit for headers; got another text under x-token',
    )
  })

  test('a member that threat protection does not know', () => {
    for (const name of ['EncodedData', 'ipAddressOf', 'myencodedData'])
      expect(() => create({ ...good, userContextData: { [name]: 'a' } })).toThrow(
        `"userContextData" must be { encodedData, ipAddress }; got ${name}`,
      )
  })

  test.each([{}, { now: Date.now }, { after: () => undefined }])('half a clock', (clock) => {
    expect(() => create({ ...good, clock })).toThrow(
      '"clock" must be object with the functions now, after; got another',
    )
  })

  test.each<[string, object]>([
    ['storage', { getItem: () => null, setItem: () => undefined }],
    ['tabStorage', { getItem: () => null, removeItem: () => undefined }],
    ['passkeys', { create: () => null }],
  ])('half a port: %s', (name, port) => {
    expect(() => create({ ...good, [name]: port })).toThrow(
      new RegExp(`^latchkey: "${name}" must be object with the functions .*; got another$`),
    )
  })

  test.each([0, -1, 15.1, NaN, Infinity])('signInValidity of %s minutes', (signInValidity) => {
    expect(() => create({ ...good, signInValidity })).toThrow(
      /^latchkey: "signInValidity" must be at most 15 minutes/,
    )
  })

  test('options with getters, as of a class', () => {
    class Settings {
      readonly #client = 'of a getter'
      get userPoolId(): string {
        return good.userPoolId
      }
      get clientId(): string {
        return this.#client
      }
    }
    expect(resolveOptions(new Settings()).clientId).toBe('of a getter')
  })

  test('a region may have many digits', () => {
    expect(resolveOptions({ ...good, userPoolId: 'eu-west-12_Ab' }).endpoint).toBe(
      'https://cognito-idp.eu-west-12.amazonaws.com/',
    )
  })

  test('text in every script is fit for everything but headers', () => {
    expect(create({ ...good, clientMetadata: { name: 'żółć' } })).toBeDefined()
    expect(() => create({ ...good, headers: { name: 'żółć' } })).toThrow('"headers"')
  })

  test('a region that every object inherits', () => {
    expect(resolveOptions({ ...good, userPoolId: 'constructor-a-1_Ab' }).endpoint).toBe(
      'https://cognito-idp.constructor-a-1.amazonaws.com/',
    )
  })
})

describe('the host', () => {
  test('without random numbers is told what to give', () => {
    vi.stubGlobal('crypto', undefined)
    try {
      expect(() => create(good)).toThrow('"random" must be function: this host has no WebCrypto')
      const random = (length: number): Uint8Array => new Uint8Array(length)
      expect(create({ ...good, random })).toBeDefined()
      expect(() => create({ ...good, random, clientSecret: 's' })).toThrow('"hmac" must be')
      expect(
        create({ ...good, random, clientSecret: 's', hmac: () => Promise.resolve('') }),
      ).toBeDefined()
    } finally {
      vi.unstubAllGlobals()
    }
  })

  test('without fetch can create, and is told at the first call', async () => {
    const auth = createAuth(good)
    vi.stubGlobal('fetch', undefined)
    try {
      await expect(auth.call('GetUser', { AccessToken: 'a' })).rejects.toThrow(
        new TypeError('latchkey: "fetch" must be given where there is no global one; got none'),
      )
    } finally {
      vi.unstubAllGlobals()
    }
  })

  test("that has the platform's own random numbers and clock uses them", () => {
    const { random, clock, hmac, timeout } = resolveOptions(good)
    expect(new Set(Array.from({ length: 50 }, () => random(16).join())).size).toBe(50)
    expect(random(5)).toHaveLength(5)
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1000)
    expect(hmac).toBeTypeOf('function')
    expect(timeout).toBe(20_000)
  })
})

test('the configuration is frozen and the caller keeps the options', () => {
  const options = Object.freeze({ ...good, headers: Object.freeze({ a: 'b' }) })
  const config = resolveOptions(options)
  expect(Object.isFrozen(config)).toBe(true)
  expect(Object.isFrozen(createAuth(options))).toBe(true)
})
