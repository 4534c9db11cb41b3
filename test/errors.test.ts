import { readFileSync } from 'node:fs'
import vm from 'node:vm'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { AuthError, isAuthError } from '../src/errors.ts'
import type { AuthErrorCode } from '../src/errors.ts'
import type * as Errors from '../src/errors.ts'

const facts = {
  code: 'wrong-code',
  operation: 'ConfirmSignUp',
  service: 'CodeMismatchException',
  status: 400,
  requestId: '01234567-89ab-cdef-0123-456789abcdef',
  retryAfter: 1500,
  detail: 'Invalid verification code provided, please try again.',
} as const

/** Whether the same call may succeed later, unchanged. */
const retryable: Readonly<Record<AuthErrorCode, boolean>> = {
  'wrong-credentials': false,
  'user-unknown': false,
  'user-disabled': false,
  'not-confirmed': false,
  'reset-required': false,
  'temporary-password-expired': false,
  'attempts-exceeded': false,
  'session-expired': false,
  'session-used': false,
  'other-browser': false,
  'other-user': false,
  'challenge-unknown': false,
  'flow-not-enabled': false,
  'wrong-code': false,
  'code-expired': false,
  'code-used': false,
  'mfa-not-set-up': false,
  'device-unknown': false,
  'device-exists': false,
  'signed-out': false,
  'passkey-cancelled': false,
  'passkey-timeout': false,
  'passkey-none': false,
  'passkey-unavailable': false,
  'access-token-expired': false,
  'access-token-revoked': false,
  'access-token-invalid': false,
  'access-token-scope': false,
  'refresh-token-dead': false,
  'refresh-token-reused': false,
  'user-deleted': false,
  'username-taken': false,
  'alias-taken': false,
  'already-confirmed': false,
  'sign-up-disabled': false,
  'password-policy': false,
  'password-reused': false,
  'reset-not-allowed': false,
  'no-recovery-address': false,
  'attribute-not-writable': false,
  'delivery-failed': false,
  'passkey-challenge-expired': false,
  'passkey-client-mismatch': false,
  'passkey-origin-not-allowed': false,
  'passkey-domain-mismatch': false,
  'passkey-not-supported': false,
  'passkey-unknown': false,
  'invalid-parameter': false,
  'not-authorized': false,
  'client-unknown': false,
  'client-secret-wrong': false,
  'not-enabled': false,
  'pool-misconfigured': false,
  'lambda-refused': false,
  'lambda-failed': false,
  throttled: true,
  'limit-exceeded': false,
  'too-many-passkeys': false,
  conflict: true,
  unreachable: true,
  timeout: true,
  'service-error': true,
  'waf-blocked': false,
  'waf-challenge': false,
  'bad-response': true,
  unexpected: false,
}

describe('AuthError', () => {
  test('is an error that carries its facts', () => {
    const error = new AuthError(facts)
    expect(error).toBeInstanceOf(Error)
    expect(error).toBeInstanceOf(AuthError)
    expect(error.name).toBe('AuthError')
    expect(error).toMatchObject(facts)
    expect(error.stack).toContain('errors.test.ts')
    expect(Object.prototype.toString.call(error)).toBe('[object Error]')
  })

  test('has exactly these fields that can be listed', () => {
    expect(Object.keys(new AuthError(facts)).sort()).toEqual(
      [...Object.keys(facts), 'name', 'retryable'].sort(),
    )
    expect(Object.keys(new AuthError({ code: 'timeout' })).sort()).toEqual([
      'code',
      'name',
      'retryable',
    ])
  })

  test.each([
    [{ code: 'timeout' }, 'timeout'],
    [{ code: 'timeout', operation: 'GetUser' }, 'GetUser: timeout'],
    [{ code: 'unexpected', service: 'News', detail: 'Read.' }, 'unexpected: News: Read.'],
    [{ code: 'service-error', operation: 'GetUser', detail: '' }, 'GetUser: service-error'],
    [
      facts,
      'ConfirmSignUp: wrong-code: CodeMismatchException: Invalid verification code provided, please try again.',
    ],
  ] as const)('%o has a message', (given, message) => {
    expect(new AuthError(given).message).toBe(message)
    expect(String(new AuthError(given))).toBe(`AuthError: ${message}`)
  })

  test('keeps its cause, and has none where none was given', () => {
    const cause = new Error('the socket')
    expect(new AuthError({ code: 'unreachable', cause }).cause).toBe(cause)
    expect(Object.hasOwn(new AuthError({ code: 'unreachable' }), 'cause')).toBe(false)
    expect(Object.hasOwn(new AuthError({ code: 'unreachable', cause: undefined }), 'cause')).toBe(
      false,
    )
  })

  test('becomes JSON without its cause and its stack', () => {
    const cause = new Error('hunter2')
    const error = new AuthError({ ...facts, cause })
    const text = JSON.stringify(error)
    expect(JSON.parse(text)).toEqual({
      ...facts,
      name: 'AuthError',
      retryable: false,
      message: error.message,
    })
    expect(text).not.toContain('hunter2')
    expect(text).not.toContain('errors.test')
    expect(error.toJSON()).not.toHaveProperty('stack')
    expect(error.toJSON()).not.toHaveProperty('cause')
  })

  test('does not change when its JSON is changed', () => {
    const error = new AuthError(facts)
    Object.assign(error.toJSON(), { code: 'timeout' })
    expect(error.code).toBe('wrong-code')
  })

  test('does not show its cause in what it lists', () => {
    const error = new AuthError({ ...facts, cause: 'hunter2' })
    expect(Object.values(error)).not.toContain('hunter2')
    expect(Object.keys(error)).not.toContain('cause')
    expect(error.message).not.toContain('hunter2')
  })

  test.each(Object.entries(retryable))('%s: retryable %s', (code, expected) => {
    const error = new AuthError({ code: code as AuthErrorCode })
    expect(error.retryable).toBe(expected)
    expect(error.code).toBe(code)
  })
})

describe('isAuthError', () => {
  test('knows its own', () => {
    expect(isAuthError(new AuthError(facts))).toBe(true)
  })

  test('asks for the operation, where one is given', () => {
    expect(isAuthError(new AuthError(facts), 'ConfirmSignUp')).toBe(true)
    expect(isAuthError(new AuthError(facts), 'SignUp')).toBe(false)
    expect(isAuthError(new AuthError({ code: 'timeout' }), 'SignUp')).toBe(false)
    expect(isAuthError(new AuthError({ code: 'timeout' }), undefined as never)).toBe(true)
  })

  test('knows those of an app that builds on it', () => {
    class MoreSpecial extends AuthError {}
    expect(isAuthError(new MoreSpecial(facts), 'ConfirmSignUp')).toBe(true)
  })

  test('knows those of another copy of the module', async () => {
    const address = '../src/errors.ts?another'
    const other = (await import(/* @vite-ignore */ address)) as typeof Errors
    const error = new other.AuthError(facts)
    expect(error).not.toBeInstanceOf(AuthError)
    expect(isAuthError(error)).toBe(true)
    expect(isAuthError(error, 'ConfirmSignUp')).toBe(true)
    expect(isAuthError(error, 'SignUp')).toBe(false)
    expect(other.isAuthError(new AuthError(facts), 'ConfirmSignUp')).toBe(true)
  })

  test('knows those of another realm', () => {
    const source = readFileSync(new URL('../src/errors.ts', import.meta.url), 'utf8')
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    })
    const realm = vm.createContext({ exports: {} })
    vm.runInContext(outputText, realm)
    const other = realm['exports'] as typeof Errors
    const error = new other.AuthError(facts)
    expect(error).not.toBeInstanceOf(Error)
    expect(error.code).toBe('wrong-code')
    expect(isAuthError(error)).toBe(true)
    expect(isAuthError(error, 'ConfirmSignUp')).toBe(true)
    expect(isAuthError(error, 'SignUp')).toBe(false)
    expect(other.isAuthError(new AuthError(facts))).toBe(true)
    expect(isAuthError(vm.runInContext('new Error("no")', realm))).toBe(false)
  })

  test.each([
    ['undefined', undefined],
    ['null', null],
    ['false', false],
    ['a number', 7],
    ['a big number', 7n],
    ['a text', 'AuthError'],
    ['a symbol', Symbol.for('latchkey.AuthError')],
    ['a list', []],
    ['a function', (): void => undefined],
    ['the class', AuthError],
    ['its prototype', AuthError.prototype],
    ['an error', new Error('AuthError')],
    ['an error of the same name', Object.assign(new Error('no'), { ...facts, name: 'AuthError' })],
    ['an object of the same fields', Object.assign({}, new AuthError(facts))],
    ['its JSON', new AuthError(facts).toJSON()],
    ['a read copy of its JSON', JSON.parse(JSON.stringify(new AuthError(facts))) as unknown],
    ['a brand as text', { ...facts, 'latchkey.AuthError': true }],
    ['a brand that is not true', { ...facts, [Symbol.for('latchkey.AuthError')]: 'yes' }],
    ['a brand of its own', { ...facts, [Symbol('latchkey.AuthError')]: true }],
    ['an object without a prototype', Object.create(null) as unknown],
  ])('does not take %s for one', (_what, caught) => {
    expect(isAuthError(caught)).toBe(false)
    expect(isAuthError(caught, 'ConfirmSignUp')).toBe(false)
  })
})
