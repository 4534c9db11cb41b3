import { describe, expect, test } from 'vitest'
import { AuthError } from '../../src/errors.ts'
import type { AuthErrorCode } from '../../src/errors.ts'
import {
  clientId,
  clientMetadata,
  clientSecret,
  conduct,
  empty,
  mayRepeat,
  person,
  userPoolId,
} from '../../src/wire/conduct.ts'
import type { AuthFlow, OperationName } from '../../src/wire/operations.ts'
import { retryDelay } from '../../src/wire/retry.ts'
import { readModel } from './operations-model.ts'

const model = readModel()
const names = Object.keys(model.operations).sort() as OperationName[]

const having = (flag: number): OperationName[] => names.filter((name) => conduct[name] & flag)
const taking = (...members: string[]): OperationName[] =>
  names.filter((name) => {
    const input = model.shapes[model.operations[name]!.input]!.members!
    return members.some((member) => Object.hasOwn(input, member))
  })

describe('the table of conduct', () => {
  test('has one row for each operation', () => {
    expect(Object.keys(conduct).sort()).toEqual(names)
  })

  test.each([
    ['ClientId', clientId],
    ['ClientMetadata', clientMetadata],
    ['ClientSecret', clientSecret],
    ['UserContextData', person],
    ['UserPoolId', userPoolId],
  ])('adds %s where the model has it and nowhere else', (member, flag) => {
    expect(having(flag)).toEqual(taking(member))
    expect(having(flag)).not.toEqual([])
  })

  test('hashes the secret for those that take a hash, and for the two with parameters', () => {
    expect(having(person)).toEqual(taking('SecretHash', 'AuthParameters', 'ChallengeResponses'))
    expect(taking('AuthParameters', 'ChallengeResponses')).toEqual([
      'InitiateAuth',
      'RespondToAuthChallenge',
    ])
  })

  test('has flags that do not overlap, and no other', () => {
    const flags = [empty, clientId, clientSecret, clientMetadata, person, userPoolId]
    const sum = flags.reduce((all, flag) => all + flag)
    expect(flags.reduce((all, flag) => all | flag)).toBe(sum)
    for (const name of names) expect(conduct[name] & ~(sum | 1)).toBe(0)
  })

  test('lets the answer be empty where there is none, and where the guide says so', () => {
    const withoutOutput = names.filter((name) => model.operations[name]!.output === null)
    expect(withoutOutput).toEqual(['DeleteUser', 'ForgetDevice'])
    expect(having(empty)).toEqual(['CompleteWebAuthnRegistration', ...withoutOutput])
  })
})

const repeatable: OperationName[] = [
  'DeleteUserAttributes',
  'GetDevice',
  'GetUser',
  'GetUserAuthFactors',
  'ListDevices',
  'ListWebAuthnCredentials',
  'RevokeToken',
  'SetUserMFAPreference',
  'SetUserSettings',
  'StartWebAuthnRegistration',
  'UpdateDeviceStatus',
]

const flows: Readonly<Record<AuthFlow, boolean>> = {
  USER_SRP_AUTH: true,
  REFRESH_TOKEN_AUTH: true,
  REFRESH_TOKEN: true,
  CUSTOM_AUTH: false,
  ADMIN_NO_SRP_AUTH: false,
  USER_PASSWORD_AUTH: false,
  ADMIN_USER_PASSWORD_AUTH: false,
  USER_AUTH: false,
}

describe('mayRepeat', () => {
  test('repeats these operations and no other', () => {
    expect(names.filter((name) => mayRepeat(name, undefined))).toEqual(repeatable)
  })

  test('knows every flow of the model', () => {
    expect(Object.keys(flows).sort()).toEqual([...model.shapes['AuthFlowType']!.enum!].sort())
  })

  test.each(Object.entries(flows))('a sign-in that begins with %s: %s', (flow, expected) => {
    expect(mayRepeat('InitiateAuth', flow)).toBe(expected)
  })

  test.each([undefined, null, '', 'user_srp_auth', 'USER_SRP_AUTH ', 'X_REFRESH_TOKEN', 7, {}])(
    'a sign-in that begins with %s is not repeated',
    (flow) => {
      expect(mayRepeat('InitiateAuth', flow)).toBe(false)
    },
  )
})

/** How often each failure is tried at most: without an HTTP status, and with one. */
const tries: Readonly<Record<AuthErrorCode, readonly [number, number]>> = {
  'wrong-credentials': [1, 1],
  'user-unknown': [1, 1],
  'user-disabled': [1, 1],
  'not-confirmed': [1, 1],
  'reset-required': [1, 1],
  'temporary-password-expired': [1, 1],
  'attempts-exceeded': [1, 1],
  'session-expired': [1, 1],
  'session-used': [1, 1],
  'other-browser': [1, 1],
  'other-user': [1, 1],
  'challenge-unknown': [1, 1],
  'signed-out': [1, 1],
  'passkey-cancelled': [1, 1],
  'passkey-timeout': [1, 1],
  'passkey-none': [1, 1],
  'passkey-unavailable': [1, 1],
  'flow-not-enabled': [1, 1],
  'wrong-code': [1, 1],
  'code-expired': [1, 1],
  'code-used': [1, 1],
  'mfa-not-set-up': [1, 1],
  'device-unknown': [1, 1],
  'device-exists': [1, 1],
  'access-token-expired': [1, 1],
  'access-token-revoked': [1, 1],
  'access-token-invalid': [1, 1],
  'access-token-scope': [1, 1],
  'refresh-token-dead': [1, 1],
  'refresh-token-reused': [1, 1],
  'user-deleted': [1, 1],
  'username-taken': [1, 1],
  'alias-taken': [1, 1],
  'already-confirmed': [1, 1],
  'sign-up-disabled': [1, 1],
  'password-policy': [1, 1],
  'password-reused': [1, 1],
  'reset-not-allowed': [1, 1],
  'no-recovery-address': [1, 1],
  'attribute-not-writable': [1, 1],
  'delivery-failed': [1, 1],
  'passkey-challenge-expired': [1, 1],
  'passkey-client-mismatch': [1, 1],
  'passkey-origin-not-allowed': [1, 1],
  'passkey-domain-mismatch': [1, 1],
  'passkey-not-supported': [1, 1],
  'passkey-unknown': [1, 1],
  'invalid-parameter': [1, 1],
  'not-authorized': [1, 1],
  'client-unknown': [1, 1],
  'client-secret-wrong': [1, 1],
  'not-enabled': [1, 1],
  'pool-misconfigured': [1, 1],
  'lambda-refused': [1, 1],
  'lambda-failed': [1, 1],
  throttled: [3, 3],
  'limit-exceeded': [1, 1],
  'too-many-passkeys': [1, 1],
  conflict: [1, 1],
  unreachable: [2, 1],
  timeout: [1, 1],
  'service-error': [3, 3],
  'waf-blocked': [1, 1],
  'waf-challenge': [1, 1],
  'bad-response': [1, 1],
  unexpected: [1, 1],
}

const random = (byte: number) => (): Uint8Array => Uint8Array.of(byte)

describe('retryDelay', () => {
  test.each(
    Object.entries(tries).flatMap(([code, [withoutStatus, withStatus]]) => [
      [code as AuthErrorCode, undefined, withoutStatus] as const,
      [code as AuthErrorCode, 400, withStatus] as const,
    ]),
  )('%s with status %s is tried %i times', (code, status, most) => {
    for (const attempt of [1, 2, 3, 4]) {
      const again = attempt < most
      const plain = new AuthError({ code, status })
      expect(retryDelay(plain, attempt, random(0))).toBe(again ? 0 : Infinity)
      expect(retryDelay(plain, attempt, random(128))).toBe(
        again ? 500 * 2 ** (attempt - 1) : Infinity,
      )
      const told = new AuthError({ code, status, retryAfter: 7000 })
      expect(retryDelay(told, attempt, random(128))).toBe(again ? 7000 : Infinity)
    }
  })

  test('waits up to a second, then up to two', () => {
    const error = new AuthError({ code: 'throttled' })
    expect(retryDelay(error, 1, random(255))).toBeCloseTo(996.1, 1)
    expect(retryDelay(error, 2, random(255))).toBeCloseTo(1992.2, 1)
  })

  test('asks for one random byte, and for none where there is nothing to draw', () => {
    const lengths: number[] = []
    const listening = (length: number): Uint8Array => {
      lengths.push(length)
      return new Uint8Array(length)
    }
    retryDelay(new AuthError({ code: 'throttled' }), 1, listening)
    expect(lengths).toEqual([1])
    retryDelay(new AuthError({ code: 'wrong-code' }), 1, listening)
    retryDelay(new AuthError({ code: 'throttled', retryAfter: 1 }), 1, listening)
    expect(lengths).toEqual([1])
  })
})
