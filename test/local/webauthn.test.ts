import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toBase64Url, utf8 } from '../../src/bytes.ts'
import { createAuthenticator } from '../../src/local/authenticator.ts'
import type { CreationOptions, RequestOptions } from '../../src/local/authenticator.ts'
import { readCbor, writeCbor } from '../../src/local/cbor.ts'
import type { Cbor } from '../../src/local/cbor.ts'
import type { LocalPool, LocalPoolOptions } from '../../src/local/index.ts'
import { checkAssertion, checkRegistration } from '../../src/local/webauthn.ts'
import type { Ceremony, PasskeyFacts } from '../../src/local/webauthn.ts'
import { hostRandom } from '../../src/ports.ts'
import { runs } from '../runs.ts'
import { createForger } from './forge.ts'
import type { Forger, ForgedCredential, Lies } from './forge.ts'
import {
  authOf,
  begin,
  newPool,
  output,
  refusal,
  refusalOf,
  respond,
  send,
  signIn,
  tokensOf,
  withClient,
} from './raw.ts'
import type { Refusal } from './raw.ts'

const origin = 'https://app.example.com'
const rpId = 'example.com'
const challenge = 'Y2hhbGxlbmdl'
const ceremony: Ceremony = {
  challenge,
  relyingPartyId: rpId,
  userVerification: 'required',
  allowsOrigin: (given) => given === origin,
}
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))

describe('CBOR', () => {
  const { value } = fc.letrec<{ value: Cbor }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', maxDepth: 6 },
      fc.maxSafeInteger(),
      fc.boolean(),
      fc.constant(null),
      fc.string({ unit: 'grapheme' }),
      fc.uint8Array(),
      fc.array(tie('value')),
      fc
        .array(fc.tuple(fc.oneof(fc.integer(), fc.string({ unit: 'grapheme' })), tie('value')))
        .map((entries) => new Map(entries)),
    ),
  }))

  test('what was written is read', () => {
    fc.assert(
      fc.property(value, fc.uint8Array({ maxLength: 3 }), (given, rest) => {
        const bytes = writeCbor(given)
        // Whatever follows is left alone, and where the bytes lie does not matter.
        const placed = Uint8Array.from([0xff, ...bytes, ...rest]).subarray(1)
        expect(readCbor(placed)).toEqual({ value: given, end: bytes.length })
      }),
      runs(1000),
    )
  })

  // RFC 8949, appendix A.
  test.each<[string, Cbor]>([
    ['00', 0],
    ['17', 23],
    ['1818', 24],
    ['1903e8', 1000],
    ['1a000f4240', 1_000_000],
    ['1b000000e8d4a51000', 1_000_000_000_000],
    ['20', -1],
    ['3863', -100],
    ['3903e7', -1000],
    ['f4', false],
    ['f5', true],
    ['f6', null],
    ['40', new Uint8Array()],
    ['4401020304', Uint8Array.of(1, 2, 3, 4)],
    ['60', ''],
    ['62c3bc', 'ü'],
    ['64f0908591', '𐅑'],
    ['80', []],
    ['8301820203820405', [1, [2, 3], [4, 5]]],
    [
      'a201020304',
      new Map([
        [1, 2],
        [3, 4],
      ]),
    ],
    [
      'a26161016162820203',
      new Map<string, Cbor>([
        ['a', 1],
        ['b', [2, 3]],
      ]),
    ],
  ])('%s, as the RFC has it', (text, expected) => {
    expect(readCbor(hex(text)).value).toEqual(expected)
    expect(Buffer.from(writeCbor(expected)).toString('hex')).toBe(text)
  })

  test.each([
    ['nothing', ''],
    ['a list of no length', '9f0102ff'],
    ['a number that JavaScript has not', '1bffffffffffffffff'],
    ['more bytes than there are', '5a7fffffff00'],
    ['more text than there is', '7b000000007fffffff'],
    ['a longer list than there is', '9b000fffffffffffff'],
    ['a longer map than there is', 'bb000fffffffffffff'],
    ['text that is not UTF-8', '62c328'],
    ['a fraction', 'f93c00'],
    ['undefined', 'f7'],
    ['a tag', 'c11a514b67b0'],
    ['a reserved length', '1c'],
    ['a list as a key', 'a18001'],
    ['a map that breaks off', 'a101'],
    ['too deep', '81'.repeat(40) + '00'],
  ])('%s is refused', (_, text) => {
    expect(() => readCbor(hex(text))).toThrow()
  })

  test('bytes of any kind are read or refused, at once', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          expect(readCbor(bytes).end).toBeLessThanOrEqual(bytes.length)
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
      }),
      runs(3000),
    )
  })
})

describe.each(['ES256', 'RS256'] as const)('a passkey with %s', (algorithm) => {
  const forger = createForger(algorithm, origin, rpId)
  const registered = checkRegistration(forger.create(challenge), ceremony)
  const passkey = (registered as { value: PasskeyFacts }).value

  test('it is registered: id, algorithm, key, counter', () => {
    expect(passkey).toMatchObject({
      id: forger.id.toString('base64url'),
      algorithm,
      publicKey: { kty: algorithm === 'ES256' ? 'EC' : 'RSA' },
      counter: 0,
    })
  })

  test('it is known again, with and without the name of its owner', async () => {
    const first = await checkAssertion(forger.get(challenge, 'handle'), ceremony, passkey, 'handle')
    expect(first).toEqual({ value: 1 })
    const second = await checkAssertion(forger.get(challenge, ''), ceremony, passkey, 'handle')
    expect(second).toEqual({ value: 2 })
  })

  test('an authenticator without a counter always says zero', async () => {
    const get = (counter: number, kept: number) =>
      checkAssertion(
        forger.get(challenge, '', { counter }),
        ceremony,
        { ...passkey, counter: kept },
        'handle',
      )
    expect(await get(0, 0)).toEqual({ value: 0 })
    expect(await get(0, 1)).toEqual({ flaw: 'proof' })
    expect(await get(7, 7)).toEqual({ flaw: 'proof' })
    expect(await get(6, 7)).toEqual({ flaw: 'proof' })
    expect(await get(2 ** 32 - 1, 7)).toEqual({ value: 2 ** 32 - 1 })
  })

  test('a bit is changed anywhere: never a way in, never an exception', async () => {
    const good = forger.get(challenge, 'handle').response as Record<string, string>
    const part = fc.constantFrom('clientDataJSON', 'authenticatorData', 'signature')
    await fc.assert(
      fc.asyncProperty(part, fc.nat(), async (name, at) => {
        const bytes = Buffer.from(good[name]!, 'base64url')
        bytes[(at >> 3) % bytes.length]! ^= 1 << (at & 7)
        const credential = {
          ...{ id: passkey.id, type: 'public-key' },
          response: { ...good, [name]: bytes.toString('base64url') },
        }
        const checked = await checkAssertion(credential, ceremony, passkey, 'handle')
        expect(checked).toHaveProperty('flaw')
      }),
      runs(300),
    )
  })

  test('extensions are let through where the flags announce them, and only there', () => {
    const create = (flags: number, rest: Buffer) =>
      checkRegistration(
        forger.create(challenge, {
          flags,
          authenticatorData: (bytes) => Buffer.concat([bytes, rest]),
        }),
        ceremony,
      )
    expect(create(0xc5, Buffer.of(0xa0))).toHaveProperty('value')
    expect(create(0xc5, Buffer.of())).toEqual({ flaw: 'malformed' })
    expect(create(0x45, Buffer.of(0xa0))).toEqual({ flaw: 'malformed' })
  })
})

describe('what comes is JSON of any kind', () => {
  const forger = createForger('ES256', origin, rpId)
  const { value: passkey } = checkRegistration(forger.create(challenge), ceremony) as {
    value: PasskeyFacts
  }
  const clientData = (type: string): string =>
    toBase64Url(utf8(JSON.stringify({ type, challenge, origin })))
  const bytes = fc.uint8Array({ maxLength: 300 }).map(toBase64Url)
  const any = fc.oneof(fc.jsonValue(), bytes)
  /** The head of authenticator data is right, so that the rest is looked at. */
  const authData = fc
    .tuple(fc.constantFrom(0x05, 0x45, 0xc5), fc.uint8Array({ maxLength: 120 }), fc.boolean())
    .map(([flags, rest, named]) => {
      const head = Buffer.from(
        forger.get(challenge, '', { flags }).response['authenticatorData'] as string,
        'base64url',
      )
      const model = named ? [...new Uint8Array(16), 0, 2, 1, 2] : []
      return Uint8Array.from([...head, ...model, ...rest])
    })

  test('a registration is checked without an exception', () => {
    const attestation = authData.map((data) =>
      toBase64Url(writeCbor(new Map<string, Cbor>([['authData', data]]))),
    )
    const response = fc.record({
      clientDataJSON: fc.oneof(any, fc.constant(clientData('webauthn.create'))),
      attestationObject: fc.oneof(any, attestation),
    })
    const credential = fc.record({
      ...{ id: any, type: fc.oneof(any, fc.constant('public-key')) },
      response: fc.oneof(any, response),
    })
    fc.assert(
      fc.property(fc.oneof(any, credential), (given) => {
        expect(checkRegistration(given, ceremony)).toHaveProperty('flaw')
      }),
      runs(1000),
    )
  })

  test('an assertion is checked without an exception', async () => {
    const response = fc.record({
      clientDataJSON: fc.oneof(any, fc.constant(clientData('webauthn.get'))),
      authenticatorData: fc.oneof(any, authData.map(toBase64Url)),
      signature: any,
      userHandle: any,
    })
    const credential = fc.record({
      ...{ id: fc.oneof(any, fc.constant(passkey.id)), type: fc.constant('public-key') },
      response: fc.oneof(any, response),
    })
    await fc.assert(
      fc.asyncProperty(fc.oneof(any, credential), async (given) => {
        expect(await checkAssertion(given, ceremony, passkey, 'handle')).toHaveProperty('flaw')
      }),
      runs(1000),
    )
  })

  test('so is a key that is none', async () => {
    const { id } = passkey
    const publicKey = { kty: 'EC', crv: 'P-256', x: toBase64Url(new Uint8Array(32)), y: 'AA' }
    const broken: PasskeyFacts = { id, algorithm: 'ES256', publicKey, counter: 0 }
    expect(await checkAssertion(forger.get(challenge, ''), ceremony, broken, '')).toEqual({
      flaw: 'proof',
    })
  })

  test.each<[string, [number, Cbor][]]>([
    ['another curve', [[-1, 2]]],
    ['a key of another kind', [[1, 1]]],
    ['another algorithm', [[3, -8]]],
    ['no algorithm', [[3, null]]],
    ['a short coordinate', [[-2, new Uint8Array(31)]]],
    ['a text for a coordinate', [[-3, 'y']]],
  ])('%s is not supported', (_, changes) => {
    const credential = forger.create(challenge, { key: new Map(changes) })
    expect(checkRegistration(credential, ceremony)).toEqual({ flaw: 'key' })
  })
})

describe('DER', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x, y } = publicKey.export({ format: 'jwk' })
  const key = { kty: 'EC', crv: 'P-256', x, y }
  const passkey: PasskeyFacts = { id: 'id', algorithm: 'ES256', publicKey: key, counter: 0 }
  const forger = createForger('ES256', origin, rpId)
  const { response } = forger.get(challenge, '')
  const [authenticatorData, clientDataJSON] = ['authenticatorData', 'clientDataJSON'].map((name) =>
    Buffer.from(response[name] as string, 'base64url'),
  ) as [Buffer, Buffer]

  const check = (signature: Uint8Array) =>
    checkAssertion(
      {
        ...{ id: 'id', type: 'public-key' },
        response: { ...response, signature: toBase64Url(signature) },
      },
      ceremony,
      passkey,
      '',
    )
  const signed = async (): Promise<Buffer> => {
    const hash = await crypto.subtle.digest('SHA-256', clientDataJSON)
    return sign('sha256', Buffer.concat([authenticatorData, Buffer.from(hash)]), privateKey)
  }
  const split = (der: Buffer): [Buffer, Buffer] => {
    const end = 4 + der[3]!
    return [der.subarray(4, end), der.subarray(end + 2)]
  }
  const joined = (...numbers: Uint8Array[]): Buffer => {
    const parts = numbers.flatMap((number) => [2, number.length, ...number])
    return Buffer.from([0x30, parts.length, ...parts])
  }

  test('r and s of every length that OpenSSL writes are read', async () => {
    const seen = new Set<string>()
    const wanted = ['r31', 'r32', 'r33', 's31', 's32', 's33']
    for (let i = 0; i < 20_000 && !wanted.every((one) => seen.has(one)); i++) {
      const der = await signed()
      const [r, s] = split(der)
      const names = [`r${r.length}`, `s${s.length}`]
      if (names.every((one) => seen.has(one))) continue
      for (const one of names) seen.add(one)
      expect(await check(der)).toEqual({ value: 1 })
    }
    expect([...seen]).toEqual(expect.arrayContaining(wanted))
  })

  test("the software authenticator's lengths are as OpenSSL's", async () => {
    const authenticator = createAuthenticator({ origin, random: hostRandom })
    const created = await authenticator.create({
      ...{ challenge, rp: { id: rpId }, user: { id: 'handle' } },
      pubKeyCredParams: [{ alg: -7 }],
    })
    const made = checkRegistration(created, ceremony) as { value: PasskeyFacts }
    const lengths = new Set<number>()
    for (let i = 0; i < 2000 && lengths.size < 4; i++) {
      const got = await authenticator.get({ challenge, rpId })
      const der = Buffer.from(got.response['signature'] as string, 'base64url')
      const [r, s] = split(der)
      if (lengths.has(r.length) && lengths.has(s.length)) continue
      lengths.add(r.length).add(s.length)
      expect(await checkAssertion(got, ceremony, made.value, 'handle')).toHaveProperty('value')
    }
    expect([...lengths]).toEqual(expect.arrayContaining([31, 32, 33]))
  })

  test('any other way to write the same numbers is refused', async () => {
    const der = await signed()
    const [r, s] = split(der)
    const zero = (number: Buffer) => Buffer.concat([Buffer.of(0), number])
    const bare = (number: Buffer) => (number[0] === 0 ? number.subarray(1) : number)
    const others: Record<string, Uint8Array> = {
      'a zero in front of r': joined(zero(r), s),
      'a zero in front of s': joined(r, zero(s)),
      'no r': joined(Buffer.of(), s),
      'r is zero': joined(Buffer.of(0), s),
      'three numbers': joined(r, s, s),
      'one number': joined(r),
      'something after it': Buffer.concat([der, Buffer.of(0)]),
      'a long form of the length': Buffer.concat([Buffer.of(0x30, 0x81), der.subarray(1)]),
      'plain r and s': Buffer.concat([r, s].map((half) => bare(half))),
      'cut off': der.subarray(0, -1),
      'another tag': Buffer.concat([Buffer.of(0x31), der.subarray(1)]),
      nothing: Buffer.of(0x30, 0),
    }
    for (const [name, other] of Object.entries(others))
      expect(await check(other), name).toEqual({ flaw: 'proof' })
    // Without its zero a number with the top bit set is below zero.
    let high = der
    while (split(high)[0][0] !== 0) high = await signed()
    expect(await check(high)).toEqual({ value: 1 })
    const [highR, highS] = split(high)
    expect(await check(joined(bare(highR), highS))).toEqual({ flaw: 'proof' })
  })
})

describe('the software authenticator', () => {
  const options: CreationOptions = {
    ...{ challenge, rp: { id: rpId }, user: { id: 'handle' } },
    pubKeyCredParams: [{ alg: -257 }],
  }

  test('it takes the algorithm that is offered, and knows nobody at first', async () => {
    const authenticator = createAuthenticator({ origin, random: hostRandom })
    await expect(authenticator.get({ challenge, rpId })).rejects.toThrow('NotAllowedError')
    const created = await authenticator.create(options)
    const { value } = checkRegistration(created, ceremony) as { value: PasskeyFacts }
    expect(value.algorithm).toBe('RS256')
    const got = await authenticator.get({ challenge, rpId, allowCredentials: [{ id: value.id }] })
    expect(await checkAssertion(got, ceremony, value, 'handle')).toEqual({ value: 1 })
    await expect(
      authenticator.create({ ...options, excludeCredentials: [{ id: value.id }] }),
    ).rejects.toThrow('InvalidStateError')
    await expect(
      authenticator.create({ ...options, pubKeyCredParams: [{ alg: -8 }] }),
    ).rejects.toThrow('NotSupportedError')
    await expect(
      authenticator.get({ challenge, rpId, allowCredentials: [{ id: 'another' }] }),
    ).rejects.toThrow('NotAllowedError')
  })

  test('without a relying party its own host counts', async () => {
    const authenticator = createAuthenticator({ origin, random: hostRandom })
    const created = await authenticator.create({ ...options, rp: {} })
    const own = { ...ceremony, relyingPartyId: 'app.example.com' }
    expect(checkRegistration(created, own)).toHaveProperty('value')
    expect(checkRegistration(created, ceremony)).toEqual({ flaw: 'relying-party' })
  })

  test('nobody there, or nobody who shows a finger', async () => {
    const flawOf = async (given: { seesUser?: boolean; verifiesUser?: boolean }) => {
      const authenticator = createAuthenticator({ origin, random: hostRandom, ...given })
      return checkRegistration(await authenticator.create(options), ceremony)
    }
    expect(await flawOf({ seesUser: false })).toEqual({ flaw: 'user' })
    expect(await flawOf({ verifiesUser: false })).toEqual({ flaw: 'user' })
  })
})

const passkeys: LocalPoolOptions = {
  pool: {
    Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } },
    WebAuthnConfiguration: { RelyingPartyId: rpId, UserVerification: 'required' },
  },
}

/** A pool with Ada, signed in. */
async function withAda(): Promise<{ pool: LocalPool; AccessToken: string }> {
  const pool = await newPool(passkeys)
  pool.users.create({ username: 'ada', password: 'Correct-Horse7' })
  return { pool, AccessToken: (await signIn(pool, 'ada')).AccessToken }
}

describe('through the client', () => {
  test.each(['ES256', 'RS256'] as const)('%s: registered, listed, used, deleted', async (name) => {
    const { pool, AccessToken } = await withAda()
    const auth = authOf(pool)
    const { CredentialCreationOptions } = (await auth.call('StartWebAuthnRegistration', {
      AccessToken,
    })) as unknown as {
      CredentialCreationOptions: CreationOptions
    }
    const { sub } = pool.users.get('ada')!
    expect(CredentialCreationOptions).toEqual({
      authenticatorSelection: {
        requireResidentKey: true,
        residentKey: 'required',
        userVerification: 'required',
      },
      challenge: expect.stringMatching(/^[\w-]{43}$/) as string,
      excludeCredentials: [],
      pubKeyCredParams: [
        { alg: -7, type: 'public-key' },
        { alg: -257, type: 'public-key' },
      ],
      rp: { id: rpId, name: rpId },
      timeout: 60_000,
      user: { displayName: 'ada', id: Buffer.from(sub).toString('base64url'), name: 'ada' },
    })
    const authenticator = pool.authenticator({ origin })
    const Credential = await authenticator.create({
      ...CredentialCreationOptions,
      pubKeyCredParams: [{ alg: name === 'ES256' ? -7 : -257 }],
    })
    expect(await auth.call('CompleteWebAuthnRegistration', { AccessToken, Credential })).toEqual({})

    const { Credentials } = await auth.call('ListWebAuthnCredentials', { AccessToken })
    expect(Credentials).toEqual([
      {
        AuthenticatorAttachment: 'platform',
        AuthenticatorTransports: ['internal'],
        CreatedAt: expect.any(Number) as number,
        CredentialId: Credential.id,
        FriendlyCredentialName: 'Platform passkey',
        RelyingPartyId: rpId,
      },
    ])
    const factors = await auth.call('GetUserAuthFactors', { AccessToken })
    expect(factors.ConfiguredUserAuthFactors).toContain('WEB_AUTHN')
    const again = (await auth.call('StartWebAuthnRegistration', { AccessToken })) as unknown as {
      CredentialCreationOptions: CreationOptions
    }
    expect(again.CredentialCreationOptions.excludeCredentials).toEqual([
      { id: Credential.id, type: 'public-key' },
    ])

    // Preferred, and chosen: each twice, so that the counter moves.
    for (const chosen of [false, true, false, true]) {
      const preference = chosen ? {} : { PREFERRED_CHALLENGE: 'WEB_AUTHN' }
      let step = await auth.call('InitiateAuth', {
        AuthFlow: 'USER_AUTH',
        AuthParameters: { USERNAME: 'ada', ...preference },
      })
      expect(step.AvailableChallenges).toEqual(['PASSWORD_SRP', 'PASSWORD', 'WEB_AUTHN'])
      if (chosen) {
        expect(step).toMatchObject({ ChallengeName: 'SELECT_CHALLENGE', ChallengeParameters: {} })
        step = await auth.call('RespondToAuthChallenge', {
          ChallengeName: 'SELECT_CHALLENGE',
          ChallengeResponses: { USERNAME: 'ada', ANSWER: 'WEB_AUTHN' },
          Session: step.Session!,
        })
      }
      expect(step.ChallengeName).toBe('WEB_AUTHN')
      const text = step.ChallengeParameters!['CREDENTIAL_REQUEST_OPTIONS']!
      const options = JSON.parse(text) as RequestOptions
      expect(options).toEqual({
        challenge: expect.stringMatching(/^[\w-]{43}$/) as string,
        timeout: 180_000,
        rpId,
        allowCredentials: [{ type: 'public-key', id: Credential.id, transports: ['internal'] }],
        userVerification: 'required',
      })
      const made = await authenticator.get(options)
      const done = await auth.call('RespondToAuthChallenge', {
        ChallengeName: 'WEB_AUTHN',
        ChallengeResponses: { USERNAME: 'ada', CREDENTIAL: JSON.stringify(made) },
        Session: step.Session!,
      })
      expect(done.ChallengeParameters).toEqual({})
      expect(done.AuthenticationResult?.AccessToken).toBeTypeOf('string')
    }

    const CredentialId = Credential.id
    expect(await auth.call('DeleteWebAuthnCredential', { AccessToken, CredentialId })).toEqual({})
    expect((await auth.call('ListWebAuthnCredentials', { AccessToken })).Credentials).toEqual([])
    await expect(
      auth.call('DeleteWebAuthnCredential', { AccessToken, CredentialId }),
    ).rejects.toMatchObject({ service: 'ResourceNotFoundException' })
    // No passkey, no such choice: no error either.
    const step = await auth.call('InitiateAuth', {
      AuthFlow: 'USER_AUTH',
      AuthParameters: { USERNAME: 'ada', PREFERRED_CHALLENGE: 'WEB_AUTHN' },
    })
    expect(step).toMatchObject({
      ChallengeName: 'SELECT_CHALLENGE',
      AvailableChallenges: ['PASSWORD_SRP', 'PASSWORD'],
    })
  })

  test('twenty of them, in pages, and not one more', async () => {
    const { pool, AccessToken } = await withAda()
    const auth = authOf(pool)
    const ids: string[] = []
    for (let i = 0; i < 20; i++) {
      const { Credential } = await forged(pool, AccessToken)
      ids.push(Credential.id)
      await auth.call('CompleteWebAuthnRegistration', { AccessToken, Credential })
    }
    const seen: string[] = []
    const sizes: number[] = []
    let NextToken: string | undefined
    do {
      const page = await auth.call('ListWebAuthnCredentials', {
        ...{ AccessToken, MaxResults: 8, NextToken },
      })
      seen.push(...page.Credentials.map(({ CredentialId }) => CredentialId))
      sizes.push(page.Credentials.length)
      NextToken = page.NextToken
    } while (NextToken !== undefined)
    expect(seen).toEqual(ids)
    expect(sizes).toEqual([8, 8, 4])
    const whole = await auth.call('ListWebAuthnCredentials', { AccessToken })
    expect(whole).not.toHaveProperty('NextToken')
    expect(whole.Credentials).toHaveLength(20)
    expect(await refusal(pool, 'StartWebAuthnRegistration', { AccessToken })).toMatchObject({
      type: 'LimitExceededException',
    })
  })
})

/** A passkey made, but not handed in. */
async function forged(
  pool: LocalPool,
  AccessToken: string,
  lies: Lies = {},
  algorithm: 'ES256' | 'RS256' = 'ES256',
): Promise<{ forger: Forger; Credential: ForgedCredential }> {
  const options = await output(pool, 'StartWebAuthnRegistration', {
    AccessToken,
  })
  const { challenge } = options['CredentialCreationOptions'] as CreationOptions
  const forger = createForger(algorithm, origin, rpId)
  return { forger, Credential: forger.create(challenge, lies) }
}

const malformed = { type: 'InvalidParameterException', message: 'Invalid credential.' }
const wrongOrigin = { type: 'WebAuthnOriginNotAllowedException' }
const noChallenge = { type: 'WebAuthnChallengeNotFoundException' }
const unsupported = { type: 'WebAuthnCredentialNotSupportedException' }
const wrongParty = { type: 'WebAuthnRelyingPartyMismatchException' }

describe('a registration that is not right is refused', () => {
  const cut = (bytes: Buffer): Buffer => bytes.subarray(0, -1)
  const other = randomBytes(32).toString('base64url')
  const data = (more: object): Lies => ({ clientData: { ...more } })
  const variants: [string, Lies, Partial<Refusal>][] = [
    ['another challenge', data({ challenge: other }), noChallenge],
    ['no challenge', data({ challenge: null }), noChallenge],
    ['the type of a sign-in', data({ type: 'webauthn.get' }), malformed],
    ['another origin', data({ origin: 'https://example.org' }), wrongOrigin],
    ['an origin that only ends alike', data({ origin: 'https://badexample.com' }), wrongOrigin],
    ['an origin that only begins alike', data({ origin: 'https://example.com.evil' }), wrongOrigin],
    ['an origin that is not safe', data({ origin: 'http://app.example.com' }), wrongOrigin],
    ['an origin that is no text', data({ origin: 1 }), wrongOrigin],
    ['within a page of another origin', data({ crossOrigin: true }), wrongOrigin],
    ['another relying party', { relyingPartyId: 'example.org' }, wrongParty],
    ['nobody there', { flags: 0x44 }, unsupported],
    ['nobody verified', { flags: 0x41 }, unsupported],
    [
      'no key at all',
      { flags: 0x05, authenticatorData: (bytes) => bytes.subarray(0, 37) },
      malformed,
    ],
    ['an algorithm that was not offered', { key: new Map([[3, -8]]) }, unsupported],
    ['another curve', { key: new Map([[-1, 2]]) }, unsupported],
    ['data that breaks off', { authenticatorData: cut }, malformed],
    ['data without an end', { authenticatorData: (b) => Buffer.concat([b, b]) }, malformed],
    ['an attestation that breaks off', { attestationObject: cut }, malformed],
    ['an attestation of nothing', { attestationObject: () => Buffer.of(0xa0) }, malformed],
    ['client data that is no JSON', { clientDataText: '{' }, malformed],
    ['client data that is a list', { clientDataText: '[]' }, malformed],
    ['another id', { credential: { id: other } }, malformed],
    ['another type of credential', { credential: { type: 'password' } }, malformed],
    ['no client data', { response: { clientDataJSON: undefined } }, malformed],
    ['base64 of the other kind', { response: { clientDataJSON: '+/+/' } }, malformed],
    ['an origin with a path', data({ origin: `${origin}/` }), wrongOrigin],
    ['an origin with a port that is none', data({ origin: `${origin}:x` }), wrongOrigin],
    ['an origin in other letters', data({ origin: origin.toUpperCase() }), wrongOrigin],
    ['an origin of another scheme', data({ origin: 'ftp://app.example.com' }), wrongOrigin],
    ['around it the page of another', data({ topOrigin: 'https://example.org' }), wrongOrigin],
    ['neither within another page nor not', data({ crossOrigin: 'true' }), wrongOrigin],
    ['a challenge with padding', data({ challenge: `${other}=` }), noChallenge],
    ['a copy of what cannot be copied', { flags: 0x55 }, malformed],
    ['another id for the page', { credential: { rawId: other } }, malformed],
    ['an attestation of no form', { attestation: new Map([['fmt', 7]]) }, malformed],
    [
      'an attestation without a statement',
      { attestation: new Map([['attStmt', null]]) },
      malformed,
    ],
    [
      'a statement that there is none, with one',
      { attestation: new Map([['attStmt', new Map([['sig', 1]])]]) },
      malformed,
    ],
    ['the relying party in other letters', { relyingPartyId: rpId.toUpperCase() }, wrongParty],
    ['its host for the relying party', { relyingPartyId: 'app.example.com' }, wrongParty],
    ['a key without its kind', { key: new Map([[1, null]]) }, unsupported],
  ]
  test.each(variants)('%s', async (_, lies, expected) => {
    const { pool, AccessToken } = await withAda()
    const { Credential } = await forged(pool, AccessToken, lies)
    const input = { AccessToken, Credential }
    expect(await refusal(pool, 'CompleteWebAuthnRegistration', input)).toMatchObject({
      status: 400,
      ...expected,
    })
    expect(pool.users.get('ada')?.passkeys).toEqual([])
  })

  test.each(['text', [], 1, {}, { response: null }])(
    'a credential that is %j',
    async (Credential) => {
      const { pool, AccessToken } = await withAda()
      await output(pool, 'StartWebAuthnRegistration', { AccessToken })
      const input = { AccessToken, Credential }
      expect(await refusal(pool, 'CompleteWebAuthnRegistration', input)).toMatchObject(malformed)
    },
  )

  test.each<[string, Lies]>([
    ['a port', { clientData: { origin: `${origin}:8443` } }],
    ['the relying party itself', { clientData: { origin: `https://${rpId}` } }],
    ['nothing said of other pages', { clientData: { crossOrigin: undefined } }],
    ['members that are not known', { clientData: { other_keys_can_be_added_here: 'x' } }],
    ['a key that may be copied', { flags: 0x4d }],
    ['a key that was copied', { flags: 0x5d }],
    ['an attestation that nobody looks into', { attestation: new Map([['fmt', 'packed']]) }],
    ['no second id', { credential: { rawId: undefined } }],
  ])('but not for %s', async (_, lies) => {
    const { pool, AccessToken } = await withAda()
    const { Credential } = await forged(pool, AccessToken, lies)
    const input = { AccessToken, Credential }
    expect(await output(pool, 'CompleteWebAuthnRegistration', input)).toEqual({})
  })

  test('a short RSA key, which anybody could find the other half of', async () => {
    const { pool, AccessToken } = await withAda()
    const key = new Map([[-1, new Uint8Array(255).fill(0xff)]])
    const { Credential } = await forged(pool, AccessToken, { key }, 'RS256')
    const input = { AccessToken, Credential }
    expect(await refusal(pool, 'CompleteWebAuthnRegistration', input)).toMatchObject(unsupported)
  })

  test('on a developer’s machine, without TLS, for that machine alone', async () => {
    const { pool, AccessToken } = await withAda()
    pool.configure({ pool: { WebAuthnConfiguration: { RelyingPartyId: 'localhost' } } })
    const at = async (origin: string) => {
      const lies = { relyingPartyId: 'localhost', clientData: { origin } }
      const { Credential } = await forged(pool, AccessToken, lies)
      return (await send(pool, 'CompleteWebAuthnRegistration', { AccessToken, Credential })).status
    }
    expect(await at('http://localhost:3000')).toBe(200)
    expect(await at('http://localhost')).toBe(200)
    expect(await at('http://localhost.example.com:3000')).toBe(400)
    expect(await at('http://127.0.0.1:3000')).toBe(400)
  })

  test('what is there already is told, so that no authenticator makes a second', async () => {
    const { pool, AccessToken } = await withAda()
    const ids: string[] = []
    for (let i = 0; i < 2; i++) {
      const { forger, Credential } = await forged(pool, AccessToken)
      await output(pool, 'CompleteWebAuthnRegistration', { AccessToken, Credential })
      ids.push(forger.id.toString('base64url'))
    }
    const { CredentialCreationOptions } = await output(pool, 'StartWebAuthnRegistration', {
      AccessToken,
    })
    expect(CredentialCreationOptions).toMatchObject({
      excludeCredentials: ids.map((id) => ({ id, type: 'public-key' })),
      pubKeyCredParams: [{ alg: -7 }, { alg: -257 }],
      authenticatorSelection: { userVerification: 'required' },
    })
  })

  test('verification that is only preferred may be missing', async () => {
    const { pool, AccessToken } = await withAda()
    pool.configure({ pool: { WebAuthnConfiguration: { UserVerification: 'preferred' } } })
    const { Credential } = await forged(pool, AccessToken, { flags: 0x41 })
    const input = { AccessToken, Credential }
    expect(await output(pool, 'CompleteWebAuthnRegistration', input)).toEqual({})
  })

  test('one that was not begun, is over, or was handed in before', async () => {
    const { pool, AccessToken } = await withAda()
    const early = createForger('ES256', origin, rpId).create(challenge)
    const complete = (Credential: object) =>
      send(pool, 'CompleteWebAuthnRegistration', { AccessToken, Credential })
    expect(refusalOf(await complete(early))).toMatchObject(noChallenge)
    const { Credential: late } = await forged(pool, AccessToken)
    pool.clock.advance(300_000)
    expect(refusalOf(await complete(late))).toMatchObject(noChallenge)
    const { Credential: superseded } = await forged(pool, AccessToken)
    const { Credential } = await forged(pool, AccessToken)
    expect(refusalOf(await complete(superseded))).toMatchObject(noChallenge)
    expect((await complete(Credential)).status).toBe(200)
    expect(refusalOf(await complete(Credential))).toMatchObject(noChallenge)
  })

  test("somebody else's passkey", async () => {
    const { pool, AccessToken } = await withAda()
    pool.users.create({ username: 'eve', password: 'Correct-Horse7' })
    const { forger, Credential } = await forged(pool, AccessToken)
    await output(pool, 'CompleteWebAuthnRegistration', { AccessToken, Credential })
    const eve = { AccessToken: (await signIn(pool, 'eve')).AccessToken }
    const options = await output(pool, 'StartWebAuthnRegistration', eve)
    const { challenge } = options['CredentialCreationOptions'] as CreationOptions
    const copy = forger.create(challenge)
    expect(
      await refusal(pool, 'CompleteWebAuthnRegistration', { ...eve, Credential: copy }),
    ).toMatchObject({ type: 'InvalidParameterException' })
    expect(pool.users.get('eve')?.passkeys).toEqual([])
  })

  test('tokens of another app client', async () => {
    const { pool, AccessToken } = await withAda()
    const { Credential } = await forged(pool, AccessToken)
    const second = withClient(pool, { id: 'second' })
    const { AccessToken: other } = tokensOf(
      await output(second, 'InitiateAuth', {
        ...{ AuthFlow: 'USER_PASSWORD_AUTH', ClientId: 'second' },
        AuthParameters: { USERNAME: 'ada', PASSWORD: 'Correct-Horse7' },
      }),
    )
    expect(
      await refusal(second, 'CompleteWebAuthnRegistration', { AccessToken: other, Credential }),
    ).toMatchObject({ status: 400, type: 'WebAuthnClientMismatchException' })
  })

  test('a pool that has none of it, and one that does not say for whom', async () => {
    const { pool, AccessToken } = await withAda()
    const { Credential } = await forged(pool, AccessToken)
    const both = async () => [
      (await refusal(pool, 'StartWebAuthnRegistration', { AccessToken })).type,
      (await refusal(pool, 'CompleteWebAuthnRegistration', { AccessToken, Credential })).type,
    ]
    pool.configure({
      pool: { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD'] } } },
    })
    expect(await both()).toEqual(['WebAuthnNotEnabledException', 'WebAuthnNotEnabledException'])
    const bare = await newPool({
      pool: { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } } },
    })
    bare.users.create({ username: 'ada', password: 'Correct-Horse7' })
    const { AccessToken: token } = await signIn(bare, 'ada')
    expect(await refusal(bare, 'StartWebAuthnRegistration', { AccessToken: token })).toMatchObject({
      type: 'WebAuthnConfigurationMissingException',
    })
  })
})

describe('a sign-in that is not right is refused', () => {
  /** Ada with a passkey, asked for it. */
  async function asked(algorithm: 'ES256' | 'RS256' = 'ES256') {
    const { pool, AccessToken } = await withAda()
    const { forger, Credential } = await forged(pool, AccessToken, {}, algorithm)
    await output(pool, 'CompleteWebAuthnRegistration', { AccessToken, Credential })
    const { sub } = pool.users.get('ada')!
    return { pool, AccessToken, forger, handle: Buffer.from(sub).toString('base64url') }
  }
  const ask = async (pool: LocalPool, username = 'ada') => {
    const more = { PREFERRED_CHALLENGE: 'WEB_AUTHN' }
    const step = await begin(pool, username, more, 'USER_AUTH')
    const { CREDENTIAL_REQUEST_OPTIONS } = step['ChallengeParameters'] as Record<string, string>
    const options = JSON.parse(CREDENTIAL_REQUEST_OPTIONS!) as RequestOptions
    return { Session: step['Session'] as string, challenge: options.challenge }
  }
  const hand = (pool: LocalPool, Session: string, credential: unknown, USERNAME = 'ada') =>
    respond(
      pool,
      'WEB_AUTHN',
      {
        USERNAME,
        CREDENTIAL: typeof credential === 'string' ? credential : JSON.stringify(credential),
      },
      Session,
    )
  const refused: Refusal = {
    ...{ status: 400, type: 'NotAuthorizedException' },
    message: 'Incorrect username or password.',
  }
  const flip = (bytes: Buffer): Buffer => {
    const changed = Buffer.from(bytes)
    changed[changed.length - 1]! ^= 1
    return changed
  }
  const other = randomBytes(32).toString('base64url')
  const variants: [string, Lies][] = [
    ['another challenge', { clientData: { challenge: other } }],
    ['the type of a registration', { clientData: { type: 'webauthn.create' } }],
    ['another origin', { clientData: { origin: 'https://example.org' } }],
    ['an origin that is not safe', { clientData: { origin: 'http://app.example.com' } }],
    ['within a page of another origin', { clientData: { crossOrigin: true } }],
    ['another relying party', { relyingPartyId: 'example.org' }],
    ['nobody there', { flags: 4 }],
    ['nobody verified', { flags: 1 }],
    ['another signature', { signature: flip }],
    ['no signature', { signature: () => Buffer.of() }],
    ['half a signature', { signature: (bytes) => bytes.subarray(0, 20) }],
    ['data changed after it was signed', { authenticatorDataLater: flip }],
    ['data that breaks off', { authenticatorData: (bytes) => bytes.subarray(0, 36) }],
    ['data that goes on', { authenticatorData: (bytes) => Buffer.concat([bytes, bytes]) }],
    ['a counter that stands still', { counter: 5 }],
    ['a counter that goes back', { counter: 4 }],
    ['the name of somebody else', { response: { userHandle: other } }],
    ['an id that nobody has', { credential: { id: other } }],
    ['an id of another kind', { credential: { id: 7 } }],
    ['another type of credential', { credential: { type: 'password' } }],
    ['no client data', { response: { clientDataJSON: undefined } }],
    ['client data that is no JSON', { clientDataText: 'x' }],
    ['around it the page of another', { clientData: { topOrigin: 'https://example.org' } }],
    ['neither within another page nor not', { clientData: { crossOrigin: 1 } }],
    ['an origin with a path', { clientData: { origin: `${origin}/` } }],
    ['another id for the page', { credential: { rawId: other } }],
    ['a copy of what cannot be copied', { flags: 0x15 }],
    ['a key that could not be copied before', { flags: 0x0d }],
    ['extensions that are announced and missing', { flags: 0x85 }],
    [
      'extensions that are none',
      { flags: 0x85, authenticatorData: (bytes) => Buffer.concat([bytes, Buffer.of(0x01)]) },
    ],
    [
      'extensions without an end',
      { flags: 0x85, authenticatorData: (bytes) => Buffer.concat([bytes, Buffer.of(0xa0, 0)]) },
    ],
    ['no name where one is', { response: { userHandle: 7 } }],
    ['no challenge', { clientData: { challenge: null } }],
  ]
  describe.each(['ES256', 'RS256'] as const)('%s', (algorithm) => {
    test.each(variants)('%s', async (_, lies) => {
      const { pool, forger, handle } = await asked(algorithm)
      const first = await ask(pool)
      const good = forger.get(first.challenge, handle, { counter: 5 })
      expect((await hand(pool, first.Session, good)).status).toBe(200)
      const { Session, challenge } = await ask(pool)
      const bad = forger.get(challenge, handle, { counter: 6, ...lies })
      expect(refusalOf(await hand(pool, Session, bad))).toEqual(refused)
      // One try for each challenge.
      const late = forger.get(challenge, handle, { counter: 7 })
      expect(refusalOf(await hand(pool, Session, late)).type).toBe('NotAuthorizedException')
    })
  })

  test('but not one with extensions, a port, a number that jumps, or no second id', async () => {
    const { pool, forger, handle } = await asked()
    const extensions: Lies = {
      flags: 0x85,
      authenticatorData: (bytes) => Buffer.concat([bytes, Buffer.of(0xa0)]),
    }
    for (const [i, lies] of [
      extensions,
      { clientData: { origin: `${origin}:8443` } },
      { credential: { rawId: undefined } },
      { counter: 2 ** 32 - 1 },
    ].entries()) {
      const { Session, challenge } = await ask(pool)
      const good = forger.get(challenge, handle, { counter: i + 1, ...lies })
      expect((await hand(pool, Session, good)).status).toBe(200)
    }
  })

  test('a key that may be copied stays one, whether it was or not', async () => {
    const { pool, AccessToken } = await withAda()
    const { forger, Credential } = await forged(pool, AccessToken, { flags: 0x4d })
    await output(pool, 'CompleteWebAuthnRegistration', { AccessToken, Credential })
    const handle = Buffer.from(pool.users.get('ada')!.sub).toString('base64url')
    for (const [flags, status] of [
      [0x0d, 200],
      [0x1d, 200],
      [0x0d, 200],
      [0x05, 400],
    ] as const) {
      const { Session, challenge } = await ask(pool)
      const answer = forger.get(challenge, handle, { flags })
      expect((await hand(pool, Session, answer)).status).toBe(status)
    }
  })

  test('verification is asked for where the pool requires it, as it is set by then', async () => {
    const { pool, forger, handle } = await asked()
    const nobodyVerified = async () => {
      const { Session, challenge } = await ask(pool)
      return (await hand(pool, Session, forger.get(challenge, handle, { flags: 1 }))).status
    }
    const set = (UserVerification: 'required' | 'preferred') =>
      pool.configure({ pool: { WebAuthnConfiguration: { UserVerification } } })
    expect(await nobodyVerified()).toBe(400)
    set('preferred')
    expect(await nobodyVerified()).toBe(200)
    set('required')
    expect(await nobodyVerified()).toBe(400)
  })

  test('client data changed after it was signed', async () => {
    const { pool, forger, handle } = await asked()
    const { Session, challenge } = await ask(pool)
    const clientDataText = JSON.stringify({ type: 'webauthn.get', challenge, origin })
    const bad = forger.get(challenge, handle, { clientDataText })
    expect(refusalOf(await hand(pool, Session, bad))).toEqual(refused)
  })

  test('the key of another authenticator, under the same id', async () => {
    const { pool, forger, handle } = await asked()
    const { Session, challenge } = await ask(pool)
    const credential = { id: forger.id.toString('base64url') }
    const thief = createForger('ES256', origin, rpId).get(challenge, handle, { credential })
    expect(refusalOf(await hand(pool, Session, thief))).toEqual(refused)
  })

  test("somebody else's passkey, with either name", async () => {
    const { pool, forger, handle } = await asked()
    pool.users.create({ username: 'eve', password: 'Correct-Horse7' })
    const { AccessToken } = await signIn(pool, 'eve')
    const { forger: hers, Credential } = await forged(pool, AccessToken)
    await output(pool, 'CompleteWebAuthnRegistration', { AccessToken, Credential })
    const eve = Buffer.from(pool.users.get('eve')!.sub).toString('base64url')
    for (const name of [eve, handle, '']) {
      const { Session, challenge } = await ask(pool)
      const bad = hers.get(challenge, name)
      expect(refusalOf(await hand(pool, Session, bad))).toEqual(refused)
    }
    // Her session is not for Ada's passkey, nor for Ada's name.
    const session = await ask(pool, 'eve')
    const bad = hers.get(session.challenge, eve)
    expect(refusalOf(await hand(pool, session.Session, bad))).toEqual({
      ...refused,
      message: 'Invalid session for the user.',
    })
    const own = await ask(pool, 'eve')
    const stolen = forger.get(own.challenge, handle)
    expect(refusalOf(await hand(pool, own.Session, stolen, 'eve'))).toEqual(refused)
  })

  test('an answer that was given before', async () => {
    const { pool, forger, handle } = await asked()
    const { Session, challenge } = await ask(pool)
    const good = forger.get(challenge, handle)
    expect((await hand(pool, Session, good)).status).toBe(200)
    expect(refusalOf(await hand(pool, Session, good))).toEqual({
      ...refused,
      message: 'Invalid session for the user, session can only be used once.',
    })
    const second = await ask(pool)
    expect(refusalOf(await hand(pool, second.Session, good))).toEqual(refused)
  })

  test('a passkey that was deleted meanwhile, and a session that is over', async () => {
    const { pool, AccessToken, forger, handle } = await asked()
    const late = await ask(pool)
    pool.clock.advance(180_000)
    const good = forger.get(late.challenge, handle)
    expect(refusalOf(await hand(pool, late.Session, good)).message).toBe(
      'Invalid session for the user, session is expired.',
    )
    const { Session, challenge } = await ask(pool)
    const CredentialId = forger.id.toString('base64url')
    await output(pool, 'DeleteWebAuthnCredential', { AccessToken, CredentialId })
    const gone = forger.get(challenge, handle)
    expect(refusalOf(await hand(pool, Session, gone))).toEqual(refused)
  })

  test('what is no JSON, and nothing', async () => {
    const { pool } = await asked()
    for (const text of ['', '{']) {
      const { Session } = await ask(pool)
      expect(refusalOf(await hand(pool, Session, text))).toMatchObject({
        status: 400,
        type: 'InvalidParameterException',
      })
    }
    for (const text of ['null', '[]', '"text"', '1']) {
      const { Session } = await ask(pool)
      expect(refusalOf(await hand(pool, Session, text))).toEqual(refused)
    }
  })
})
