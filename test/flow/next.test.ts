import { describe, expect, test } from 'vitest'
import { busy, challenges, start } from '../../src/flow/challenges.ts'
import type { Draft, Effect, FlowEvent, Next, Outcome, Sending } from '../../src/flow/event.ts'
import { isWaiting, next } from '../../src/flow/next.ts'
import type { BusyStep, RestingStep, Step, WaitingStep } from '../../src/flow/step.ts'
import { unhandled } from '../../src/flow/step.ts'
import type { AuthErrorCode } from '../../src/errors.ts'
import { expiresAt, failing, posed, resting, still, user, waiting } from './steps.ts'

/** The same step while the service is asked. */
const asking = (from: RestingStep): BusyStep => ({
  id: 'x.2',
  at: 'busy',
  username: from.username,
  from,
})

const answer = (step: Step, input: unknown): Next =>
  next(step, { type: 'answered', input: input as never })

type Answered = readonly [at: WaitingStep['at'], input: unknown, effect: Effect]

const answered: readonly Answered[] = [
  ['chooseFactor', { factor: 'EMAIL_OTP' }, { do: 'choose', factor: 'EMAIL_OTP' }],
  [
    'chooseMfa',
    { kind: 'EMAIL_OTP' },
    { do: 'respond', to: 'SELECT_MFA_TYPE', answers: { ANSWER: 'EMAIL_OTP' } },
  ],
  ['chooseMfaSetUp', { kind: 'SOFTWARE_TOKEN_MFA' }, { do: 'makeSecret' }],
  [
    'code',
    { code: ' 123 456\n' },
    { do: 'respond', to: 'SMS_MFA', answers: { SMS_MFA_CODE: '123456' } },
  ],
  ['code', { factor: 'WEB_AUTHN' }, { do: 'choose', factor: 'WEB_AUTHN' }],
  ['confirmSignUp', { code: ' 1\t23456' }, { do: 'confirmSignUp', code: '123456' }],
  [
    'custom',
    { answer: ' blue ' },
    { do: 'respond', to: 'CUSTOM_CHALLENGE', answers: { ANSWER: ' blue ' } },
  ],
  [
    'custom',
    { answer: 'blue', more: { shade: 'dark', left: undefined, ANSWER: 'red' } },
    { do: 'respond', to: 'CUSTOM_CHALLENGE', answers: { shade: 'dark', ANSWER: 'blue' } },
  ],
  [
    'newPassword',
    { password: ' p ' },
    { do: 'respond', to: 'NEW_PASSWORD_REQUIRED', answers: { NEW_PASSWORD: ' p ' } },
  ],
  [
    'newPassword',
    { password: 'p', attributes: { name: ' Ann', left: undefined } },
    {
      do: 'respond',
      to: 'NEW_PASSWORD_REQUIRED',
      answers: { 'userAttributes.name': ' Ann', NEW_PASSWORD: 'p' },
    },
  ],
  ['passkey', { retry: true }, { do: 'askPasskey' }],
  ['passkey', { factor: 'PASSWORD' }, { do: 'choose', factor: 'PASSWORD' }],
  ['password', { password: ' p ' }, { do: 'choose', factor: 'PASSWORD', password: ' p ' }],
  ['password', { factor: 'SMS_OTP' }, { do: 'choose', factor: 'SMS_OTP' }],
  ['rememberDevice', { remember: true }, { do: 'rememberDevice', remember: true }],
  ['rememberDevice', { remember: false }, { do: 'rememberDevice', remember: false }],
  [
    'resetPassword',
    { code: '12 34', password: ' p ' },
    { do: 'resetPassword', code: '1234', password: ' p ' },
  ],
  ['retry', { retry: true }, { do: 'again' }],
  [
    'setUpEmail',
    { email: ' ann@example.com\n' },
    { do: 'respond', to: 'MFA_SETUP', answers: { EMAIL: 'ann@example.com' } },
  ],
  ['setUpPhone', { done: true }, { do: 'repeat' }],
  ['setUpTotp', { code: '123 456' }, { do: 'proveSecret', code: '123456', appName: undefined }],
  [
    'setUpTotp',
    { code: '123456', appName: ' My phone' },
    { do: 'proveSecret', code: '123456', appName: ' My phone' },
  ],
]

describe('an answer', () => {
  test.each(answered)('to %s, %j, is done', (at, input, effect) => {
    const step = waiting[at]
    expect(answer(step, input)).toEqual(busy(step, effect))
  })

  test('about a phone or an address for codes leads to another question', () => {
    const about = { username: 'ann', expiresAt, error: undefined }
    expect(answer(waiting.chooseMfaSetUp, { kind: 'EMAIL_OTP' })).toEqual([
      { ...about, at: 'setUpEmail' },
    ])
    expect(answer(waiting.chooseMfaSetUp, { kind: 'SMS_MFA' })).toEqual([
      { ...about, at: 'setUpPhone' },
    ])
  })

  test('may be of any kind of code', () => {
    for (const challenge of ['EMAIL_OTP', 'SMS_OTP', 'SOFTWARE_TOKEN_MFA'] as const)
      expect(answer({ ...waiting.code, challenge }, { code: '1' })).toMatchObject([
        { at: 'busy' },
        { to: challenge, answers: { [`${challenge}_CODE`]: '1' } },
      ])
  })

  test('is missing for no step', () => {
    expect(new Set(answered.map(([at]) => at))).toEqual(new Set(Object.keys(waiting)))
  })

  test.each<[WaitingStep['at'], unknown, string]>([
    ['chooseFactor', {}, '"factor" must be one of PASSWORD_SRP, EMAIL_OTP; got another'],
    ['chooseFactor', { factor: 'SMS_OTP' }, '"factor" must be one of'],
    ['chooseMfa', {}, '"kind" must be one of SMS_MFA, EMAIL_OTP; got another'],
    ['chooseMfa', { kind: 'SOFTWARE_TOKEN_MFA' }, '"kind" must be one of'],
    ['chooseMfaSetUp', { kind: 'EMAIL' }, '"kind" must be one of'],
    ['code', {}, '"code" must be string; got undefined'],
    ['code', { code: 123456 }, '"code" must be string; got number'],
    ['code', { factor: 'SMS_OTP' }, '"factor" must be one of WEB_AUTHN; got another'],
    ['confirmSignUp', { code: null }, '"code" must be string; got object'],
    ['custom', {}, '"answer" must be string; got undefined'],
    ['custom', { answer: '', more: { shade: 7 } }, '"more.shade" must be string; got number'],
    ['newPassword', {}, '"password" must be string; got undefined'],
    [
      'newPassword',
      { password: 'p', attributes: { age: 7 } },
      '"attributes.age" must be string; got number',
    ],
    ['passkey', {}, '"retry" must be true; got undefined'],
    ['passkey', { retry: 'yes' }, '"retry" must be true; got string'],
    ['passkey', { factor: 'SMS_OTP' }, '"factor" must be one of PASSWORD'],
    ['password', {}, '"password" must be string; got undefined'],
    ['password', { factor: 'PASSWORD' }, '"factor" must be one of SMS_OTP'],
    ['rememberDevice', {}, '"remember" must be boolean; got undefined'],
    ['rememberDevice', { remember: 'yes' }, '"remember" must be boolean; got string'],
    ['resetPassword', { password: 'p' }, '"code" must be string; got undefined'],
    ['resetPassword', { code: '1' }, '"password" must be string; got undefined'],
    ['retry', { retry: false }, '"retry" must be true; got boolean'],
    ['setUpEmail', {}, '"email" must be string; got undefined'],
    ['setUpPhone', { done: 1 }, '"done" must be true; got number'],
    ['setUpTotp', {}, '"code" must be string; got undefined'],
    ['setUpTotp', { code: '1', appName: 7 }, '"appName" must be string; got number'],
  ])('to %s, %j, is a mistake', (at, input, message) => {
    expect(() => answer(waiting[at], input)).toThrow(TypeError)
    expect(() => answer(waiting[at], input)).toThrow(message)
  })

  test.each([undefined, null, 7, 'text'])('that is no object, %j, is a mistake', (input) => {
    for (const step of Object.values(waiting))
      expect(() => answer(step, input)).toThrow(/^latchkey: "\w+" must be/)
  })

  test('to a step that waits for none is a mistake', () => {
    for (const step of [...still, asking(waiting.code)]) {
      const attempt = (): unknown => answer(step, { code: '1', retry: true, done: true })
      expect(attempt).toThrow(TypeError)
      expect(attempt).toThrow(`"step" must be one that waits; got ${step.at}`)
    }
  })

  test('is waited for by the steps that say so', () => {
    for (const at of Object.keys(waiting)) expect(isWaiting(at)).toBe(true)
    for (const at of ['start', 'busy', 'signedIn', 'toString', ''])
      expect(isWaiting(at)).toBe(false)
  })
})

describe('another code', () => {
  test.each(['confirmSignUp', 'resetPassword'] as const)('is sent at %s', (at) => {
    const sent = busy(waiting[at], { do: 'send', what: at })
    expect(next(waiting[at], { type: 'resend' })).toEqual(sent)
  })

  test('is had by the sign-in once more', () => {
    const { code } = waiting
    expect(next(code, { type: 'resend' })).toEqual(busy(code, { do: 'repeat' }))
  })

  test('cannot be had anywhere else', () => {
    const able = ['confirmSignUp', 'resetPassword', 'code']
    const others = resting.filter(({ at }) => !able.includes(at))
    const unable = { ...waiting.code, canResend: false } as Step
    // From a storage that anybody may have written into.
    const pretending = { ...waiting.setUpTotp, canResend: true } as Step
    for (const step of [...others, unable, pretending, asking(waiting.code)]) {
      const attempt = (): unknown => next(step, { type: 'resend' })
      expect(attempt).toThrow(TypeError)
      expect(attempt).toThrow(`"step" must be one that can resend; got ${step.at}`)
    }
  })
})

describe('an event', () => {
  const { code } = waiting

  test('begins with a name, wherever the flow was', () => {
    for (const step of resting)
      expect(next(step, { type: 'begun', username: 'bob', effect: { do: 'signUp' } })).toEqual(
        busy(start('bob'), { do: 'signUp' }),
      )
  })

  test('goes on where a reload left it', () => {
    for (const step of Object.values(waiting).filter(({ at }) => at !== 'setUpTotp'))
      expect(next(still[0]!, { type: 'resumed', step })).toEqual([step])
  })

  test('asks for another secret where a reload has lost it, and again if that fails', () => {
    const from = { at: 'chooseMfaSetUp', username: 'ann', expiresAt, kinds: ['SOFTWARE_TOKEN_MFA'] }
    expect(next(still[0]!, { type: 'resumed', step: waiting.setUpTotp })).toEqual([
      { at: 'busy', username: 'ann', from },
      { do: 'makeSecret' },
    ])
  })

  test('keeps what was done before through what nobody has to answer', () => {
    const done: RestingStep = { id: 'x.3', at: 'start', username: 'ann', done: 'confirmed' }
    const verifier = posed('PASSWORD_VERIFIER')
    const effect: Effect = { do: 'prove', to: 'PASSWORD_VERIFIER', parameters: {} }
    expect(next(asking(done), { type: 'posed', posed: verifier })).toEqual(busy(done, effect))
    expect(next(asking(code), { type: 'posed', posed: verifier })).toEqual(
      busy(start('ann'), effect),
    )
    const device = posed('DEVICE_SRP_AUTH')
    expect(next(asking(done), { type: 'posed', posed: device })).toEqual(
      challenges.DEVICE_SRP_AUTH(device, 'ann'),
    )
    expect(next(asking(done), { type: 'posed', posed: posed('SMS_MFA') })).toEqual(
      challenges.SMS_MFA(posed('SMS_MFA'), 'ann'),
    )
  })

  test('poses a challenge to whoever was there', () => {
    const given = posed('SMS_MFA', { CODE_DELIVERY_DESTINATION: '+***' })
    for (const from of [still[0]!, code])
      expect(next(asking(from), { type: 'posed', posed: given })).toEqual(
        challenges.SMS_MFA(given, from.username ?? ''),
      )
  })

  test.each<[RestingStep, readonly string[]]>([
    [waiting.chooseFactor, ['EMAIL_OTP']],
    [{ ...waiting.code, others: ['PASSWORD_SRP', 'SMS_OTP'] }, ['SMS_OTP']],
    [waiting.setUpEmail, []],
  ])('wants a password first: %j', (from, others) => {
    const event = { type: 'passwordWanted', factor: 'PASSWORD_SRP' } as const
    expect(next(asking(from), event)).toEqual([
      { at: 'password', username: 'ann', expiresAt, factor: 'PASSWORD_SRP', others },
    ])
  })

  test('has made a secret', () => {
    const step = { at: 'setUpTotp', username: 'ann', expiresAt: 7, attempts: 0 }
    const event = { type: 'secretMade', expiresAt: 7 } as const
    expect(next(asking(waiting.chooseMfaSetUp), event)).toEqual([step])
  })

  test.each<Sending>(['confirmSignUp', 'resetPassword'])('has sent a code for %s', (to) => {
    const step = { at: to, username: 'ann', attempts: 0, canResend: true }
    const details = { DeliveryMedium: 'EMAIL', Destination: 'a***@e***' } as const
    const from = asking({ ...waiting[to], attempts: 3 })
    expect(next(from, { type: 'codeSent', to, details })).toEqual([
      { ...step, medium: 'EMAIL', destination: 'a***@e***' },
    ])
    expect(next(from, { type: 'codeSent', to, details: undefined })).toEqual([step])
  })

  test.each(['confirmed', 'passwordReset'] as const)('is %s, and signs in', (what) => {
    const from: Draft = { ...start('ann'), at: 'start', done: what }
    expect(next(asking(waiting.confirmSignUp), { type: 'done', what })).toEqual(
      busy(from, { do: 'signInAfter' }),
    )
  })

  test('stops where it was', () => {
    expect(next(asking(code), { type: 'stopped' })).toEqual([code])
  })

  test('has brought tokens, and then somebody', () => {
    const result = { AccessToken: 'a' }
    expect(next(asking(code), { type: 'granted', result })).toEqual(
      busy(start('ann'), { do: 'keep', result }),
    )
    const from = asking(still[0]!)
    expect(next(from, { type: 'kept', user, asks: false })).toEqual([
      { at: 'signedIn', username: '', user },
    ])
    expect(next(asking(code), { type: 'kept', user, asks: true })).toEqual([
      { at: 'rememberDevice', username: 'ann', user },
    ])
  })
})

describe('a refusal', () => {
  const refuse = (
    from: RestingStep,
    code: AuthErrorCode,
    more: Partial<Extract<Outcome, { type: 'refused' }>> = {},
  ): Next => {
    const event: FlowEvent = { type: 'refused', error: failing(code), ...more }
    return next(asking(from), event)
  }
  const withCode = (code: AuthErrorCode): unknown => expect.objectContaining({ code }) as unknown

  const inPlace: readonly AuthErrorCode[] = [
    ...(['code-expired', 'password-policy', 'password-reused', 'invalid-parameter'] as const),
    ...(['attribute-not-writable', 'alias-taken', 'limit-exceeded', 'attempts-exceeded'] as const),
    ...(['mfa-not-set-up', 'passkey-cancelled', 'passkey-unavailable', 'unreachable'] as const),
    ...(['timeout', 'throttled', 'service-error', 'bad-response', 'conflict'] as const),
  ]
  const signIns = Object.values(waiting).filter(
    ({ at }) => !/^(confirmSignUp|resetPassword|rememberDevice|retry)$/.test(at),
  )

  test.each(inPlace)('%s can be answered again', (code) => {
    for (const from of [...signIns, waiting.confirmSignUp, waiting.resetPassword])
      expect(refuse(from, code)).toEqual([{ ...from, error: withCode(code) }])
  })

  test.each(['wrong-code', 'code-used'] as const)('%s is counted', (code) => {
    for (const from of [...signIns, waiting.confirmSignUp, waiting.resetPassword])
      expect(refuse(from, code)).toEqual([
        'attempts' in from
          ? { ...from, error: withCode(code), attempts: 1 }
          : { ...from, error: withCode(code) },
      ])
    const second = { ...waiting.code, attempts: 1 } as RestingStep
    expect(refuse(second, code)).toMatchObject([{ attempts: 2 }])
  })

  test.each([
    ...(['wrong-credentials', 'session-expired', 'session-used', 'user-disabled'] as const),
    ...(['challenge-unknown', 'not-authorized', 'lambda-refused', 'unexpected'] as const),
    ...(['user-unknown', 'temporary-password-expired', 'access-token-expired'] as const),
    ...([
      'not-enabled',
      'code-expired-not' as AuthErrorCode,
      'a-wrong-code' as AuthErrorCode,
      'code-used-not' as AuthErrorCode,
    ] as const),
  ])('%s ends the sign-in and keeps the name', (code) => {
    for (const from of signIns.filter(({ at }) => at !== 'passkey'))
      expect(refuse(from, code)).toEqual([start('ann', failing(code))])
    for (const from of [waiting.confirmSignUp, waiting.resetPassword])
      expect(refuse(from, code)).toEqual([{ ...from, error: withCode(code) }])
  })

  test('at the beginning keeps what was done before', () => {
    const done: RestingStep = { id: 'x.3', at: 'start', username: 'ann', done: 'confirmed' }
    for (const code of ['user-disabled', 'unreachable', 'wrong-code'] as const) {
      expect(refuse(still[0]!, code)).toEqual([{ ...still[0], error: failing(code) }])
      expect(refuse(done, code)).toEqual([{ ...done, error: failing(code) }])
    }
  })

  test.each(['invalid-parameter', 'wrong-code', 'session-used', 'passkey-none'] as const)(
    'of the same once more, %s, is the end: it would be refused again',
    (code) => {
      expect(refuse(waiting.retry, code)).toEqual([start('ann', failing(code))])
    },
  )

  test('for want of an answer can be tried again', () => {
    for (const code of ['unreachable', 'timeout', 'bad-response'] as const)
      expect(refuse(waiting.retry, code, { challenge: 'DEVICE_SRP_AUTH' })).toEqual([
        { ...waiting.retry, error: failing(code) },
      ])
  })

  test('of what was never sent is the end: it could not be sent the next time', () => {
    expect(refuse(waiting.retry, 'bad-response')).toEqual([start('ann', failing('bad-response'))])
    for (const code of ['unreachable', 'timeout'] as const)
      expect(refuse(waiting.retry, code)).toEqual([{ ...waiting.retry, error: failing(code) }])
    expect(refuse(waiting.code, 'bad-response')).toMatchObject([{ at: 'code' }])
  })

  test('of a passkey can be followed by another ceremony', () => {
    const { passkey } = waiting
    expect(refuse(passkey, 'wrong-credentials')).toEqual([
      { ...passkey, error: withCode('wrong-credentials') },
    ])
    expect(refuse(passkey, 'session-used')).toEqual([start('ann', failing('session-used'))])
  })

  test.each([
    ['not-confirmed', 'confirmSignUp'],
    ['reset-required', 'resetPassword'],
  ] as const)('%s is a step of its own', (code, at) => {
    for (const from of [still[0]!, waiting.code, waiting.password])
      expect(refuse(from, code)).toEqual([
        {
          ...{ at, username: from.username ?? '', error: withCode(code) },
          ...{ attempts: 0, canResend: true },
        },
      ])
  })

  test('of a confirmation that was made before goes on as after one', () => {
    const from: Draft = { ...start('ann'), at: 'start', done: 'confirmed' }
    expect(refuse(waiting.confirmSignUp, 'already-confirmed')).toEqual(
      busy(from, { do: 'signInAfter' }),
    )
    expect(refuse(waiting.resetPassword, 'already-confirmed')).toMatchObject([
      { at: 'resetPassword' },
    ])
  })

  test('of the answer about a device leaves the person signed in', () => {
    const { rememberDevice } = waiting
    expect(refuse(rememberDevice, 'unreachable')).toEqual([
      { ...rememberDevice, error: withCode('unreachable') },
    ])
    for (const code of ['device-unknown', 'invalid-parameter', 'wrong-code'] as const)
      expect(refuse(rememberDevice, code)).toEqual([
        { ...rememberDevice, at: 'signedIn', error: withCode(code) },
      ])
  })

  describe('because of a device', () => {
    const byDevice = true

    test('before its own challenges is asked again without it', () => {
      for (const challenge of [undefined, 'PASSWORD_VERIFIER'] as const)
        expect(refuse(waiting.password, 'device-unknown', { challenge, byDevice })).toEqual(
          busy(waiting.password, { do: 'againWithoutDevice' }),
        )
    })

    test.each(['DEVICE_SRP_AUTH', 'DEVICE_PASSWORD_VERIFIER'] as const)(
      'at %s repeats the sign-in',
      (challenge) => {
        for (const code of ['device-unknown', 'wrong-credentials'] as const)
          expect(refuse(waiting.retry, code, { challenge, byDevice })).toEqual(
            busy(start('ann'), { do: 'repeat', reason: failing(code) }),
          )
      },
    )

    test('is for other reasons what it would be without one', () => {
      const ended = (code: AuthErrorCode): Next => [start('ann', failing(code))]
      const challenge = 'DEVICE_SRP_AUTH'
      expect(refuse(waiting.retry, 'session-expired', { challenge, byDevice })).toEqual(
        ended('session-expired'),
      )
      expect(
        refuse(waiting.retry, 'wrong-credentials', { challenge: 'SMS_MFA', byDevice }),
      ).toEqual(ended('wrong-credentials'))
      expect(refuse(waiting.retry, 'wrong-credentials', { byDevice })).toEqual(
        ended('wrong-credentials'),
      )
      expect(refuse(waiting.retry, 'device-unknown', { challenge })).toEqual(
        ended('device-unknown'),
      )
      expect(refuse(waiting.code, 'device-unknown', { challenge, byDevice: false })).toEqual(
        ended('device-unknown'),
      )
    })
  })
})

test('a step that nobody thought of is named', () => {
  expect(unhandled(waiting.code as never)).toEqual(
    new TypeError('latchkey: no case for the step "code"'),
  )
})
