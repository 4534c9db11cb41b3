import { describe, expect, test } from 'vitest'
import { busy, challenges, setUp, start, without } from '../../src/flow/challenges.ts'
import type { Next, Posed } from '../../src/flow/event.ts'
import type { FirstFactor } from '../../src/flow/step.ts'
import type { ChallengeName } from '../../src/wire/operations.ts'
import { expiresAt, failing, posed, unnumbered, waiting } from './steps.ts'

const about = { username: 'ann', expiresAt, error: undefined }
const reason = failing('device-unknown')
const available: readonly FirstFactor[] = ['PASSWORD', 'PASSWORD_SRP', 'EMAIL_OTP', 'WEB_AUTHN']

/** Where a challenge leads. */
const lead = (
  name: ChallengeName,
  parameters?: Posed['parameters'],
  more?: Partial<Posed>,
): Next => {
  const given = posed(name, parameters, more)
  return challenges[name](given, 'ann')
}

/** What nobody can answer. */
const strange = (name: ChallengeName): unknown => [
  {
    at: 'start',
    username: 'ann',
    error: expect.objectContaining({ code: 'bad-response', detail: name }) as unknown,
  },
]

describe('a challenge of codes', () => {
  test.each(['SMS_MFA', 'EMAIL_OTP', 'SMS_OTP', 'SOFTWARE_TOKEN_MFA'] as const)(
    '%s asks for one',
    (name) => {
      const step = {
        ...about,
        ...{ at: 'code', challenge: name, attempts: 0, canResend: false, others: [] },
        ...{ medium: undefined, destination: undefined, appName: undefined },
      }
      expect(lead(name)).toEqual([step])
    },
  )

  test('says where it went', () => {
    const sent = { CODE_DELIVERY_DELIVERY_MEDIUM: 'EMAIL', CODE_DELIVERY_DESTINATION: 'a***@e***' }
    const [step] = lead('EMAIL_OTP', sent)
    expect(step).toMatchObject({ medium: 'EMAIL', destination: 'a***@e***' })
  })

  test('says which app shows it', () => {
    const [step] = lead('SOFTWARE_TOKEN_MFA', { FRIENDLY_DEVICE_NAME: 'My phone' })
    expect(step).toMatchObject({ appName: 'My phone' })
  })

  test.each([
    ['SMS_MFA', true],
    ['EMAIL_OTP', true],
    ['SMS_OTP', true],
    ['SOFTWARE_TOKEN_MFA', false],
  ] as const)('%s can be sent once more: %s', (name, canResend) => {
    expect(lead(name, {}, { canResend: true })).toMatchObject([{ canResend }])
  })

  test('names what can be used instead, and why it is asked again', () => {
    const [step] = lead('EMAIL_OTP', {}, { available, reason })
    expect(step).toMatchObject({ others: ['PASSWORD', 'PASSWORD_SRP', 'WEB_AUTHN'], error: reason })
  })
})

describe('a choice', () => {
  test('of the first factor', () => {
    const step = { ...about, at: 'chooseFactor', factors: available }
    expect(lead('SELECT_CHALLENGE', {}, { available })).toEqual([step])
    expect(lead('SELECT_CHALLENGE', {}, { available, reason })).toMatchObject([{ error: reason }])
    expect(lead('SELECT_CHALLENGE')).toEqual(strange('SELECT_CHALLENGE'))
  })

  test('of the second factor', () => {
    const kinds = ['SMS_MFA', 'SOFTWARE_TOKEN_MFA', 'EMAIL_OTP']
    const parameters = { MFAS_CAN_CHOOSE: JSON.stringify(kinds) }
    expect(lead('SELECT_MFA_TYPE', parameters)).toEqual([{ ...about, at: 'chooseMfa', kinds }])
    expect(lead('SELECT_MFA_TYPE', parameters, { reason })).toMatchObject([{ error: reason }])
  })

  test.each([
    ['SELECT_MFA_TYPE', 'MFAS_CAN_CHOOSE'],
    ['MFA_SETUP', 'MFAS_CAN_SETUP'],
  ] as const)('%s is made once in a sign-in that is repeated', (name, list) => {
    const chosen = { ANSWER: 'SMS_MFA' }
    for (const kinds of [['SMS_MFA'], ['SMS_MFA', 'EMAIL_OTP']])
      expect(lead(name, { [list]: JSON.stringify(kinds) }, { chosen })).toEqual([
        { at: 'busy', username: 'ann', from: start('ann') },
        { do: 'respond', to: name, answers: chosen },
      ])
    expect(lead(name, {}, { chosen })).toEqual(strange(name))
  })

  test.each([
    undefined,
    '',
    'SMS_MFA',
    '{"0":"SMS_MFA"}',
    '"SMS_MFA"',
    'null',
    '[]',
    '[7,null,["SMS_MFA"],{}]',
    '["EMAIL","NO_SMS_MFA","SMS_MFAS","xEMAIL_OTP","EMAIL_OTPS"]',
  ])('of nothing that is known is none: %j', (list) => {
    const parameters = list === undefined ? {} : { MFAS_CAN_CHOOSE: list, MFAS_CAN_SETUP: list }
    expect(lead('SELECT_MFA_TYPE', parameters)).toEqual(strange('SELECT_MFA_TYPE'))
    expect(lead('MFA_SETUP', parameters)).toEqual(strange('MFA_SETUP'))
  })

  test('leaves out what is not known', () => {
    const parameters = { MFAS_CAN_CHOOSE: '["CARRIER_PIGEON",7,"EMAIL_OTP"]' }
    expect(lead('SELECT_MFA_TYPE', parameters)).toMatchObject([{ kinds: ['EMAIL_OTP'] }])
  })
})

describe('the set-up of a second factor', () => {
  const set = (kinds: readonly string[], more?: Partial<Posed>): Next =>
    lead('MFA_SETUP', { MFAS_CAN_SETUP: JSON.stringify(kinds) }, more)

  test('is chosen where there are several', () => {
    const kinds = ['SMS_MFA', 'EMAIL_OTP']
    expect(set(kinds, { reason })).toEqual([
      { ...about, at: 'chooseMfaSetUp', kinds, error: reason },
    ])
  })

  test.each([
    ['EMAIL_OTP', 'setUpEmail'],
    ['SMS_MFA', 'setUpPhone'],
  ])('of %s alone begins at once', (kind, at) => {
    expect(set([kind])).toEqual([{ ...about, at }])
    expect(set([kind], { reason })).toEqual([{ ...about, at, error: reason }])
  })

  test('of an authenticator app begins with a secret', () => {
    const kinds = ['SOFTWARE_TOKEN_MFA'] as const
    const from = { ...about, at: 'chooseMfaSetUp', kinds }
    expect(set(kinds)).toEqual([{ at: 'busy', username: 'ann', from }, { do: 'makeSecret' }])
  })

  test('needs no name where there was none', () => {
    const { username: _, ...nameless } = unnumbered(waiting.chooseMfaSetUp)
    const [step] = setUp(nameless as typeof waiting.chooseMfaSetUp, 'EMAIL_OTP')
    expect(step).toEqual({ at: 'setUpEmail', username: '', expiresAt, error: undefined })
  })
})

describe('a challenge that nobody has to answer', () => {
  test('PASSWORD_VERIFIER is proved; without success it is the beginning', () => {
    const parameters = { SALT: '1' }
    expect(lead('PASSWORD_VERIFIER', parameters, { reason })).toEqual([
      { at: 'busy', username: 'ann', from: start('ann') },
      { do: 'prove', to: 'PASSWORD_VERIFIER', parameters },
    ])
  })

  test('DEVICE_PASSWORD_VERIFIER is proved; without success it can be tried again', () => {
    const parameters = { SALT: '1' }
    expect(lead('DEVICE_PASSWORD_VERIFIER', parameters, { reason })).toEqual([
      { at: 'busy', username: 'ann', from: { ...about, at: 'retry', error: reason } },
      { do: 'prove', to: 'DEVICE_PASSWORD_VERIFIER', parameters },
    ])
  })

  test('DEVICE_SRP_AUTH is met', () => {
    expect(lead('DEVICE_SRP_AUTH', {}, { reason })).toEqual([
      { at: 'busy', username: 'ann', from: { ...about, at: 'retry', error: reason } },
      { do: 'meetDevice' },
    ])
  })

  test.each(['PASSWORD', 'PASSWORD_SRP'] as const)(
    '%s is the password that was given before',
    (name) => {
      const others = available.filter((factor) => factor !== name)
      const from = { ...about, at: 'password', factor: name, others, error: reason }
      expect(lead(name, {}, { available, reason })).toEqual([
        { at: 'busy', username: 'ann', from },
        { do: 'choose', factor: name },
      ])
    },
  )

  test('WEB_AUTHN is a ceremony', () => {
    const parameters = { CREDENTIAL_REQUEST_OPTIONS: '{}' }
    const others = ['PASSWORD', 'PASSWORD_SRP', 'EMAIL_OTP']
    expect(lead('WEB_AUTHN', parameters, { available, reason })).toEqual([
      { at: 'busy', username: 'ann', from: { ...about, at: 'passkey', others, error: reason } },
      { do: 'askPasskey', options: '{}' },
    ])
    expect(lead('WEB_AUTHN')).toEqual(strange('WEB_AUTHN'))
    expect(lead('WEB_AUTHN', { CREDENTIAL_REQUEST_OPTIONS: '' })).toEqual(strange('WEB_AUTHN'))
  })
})

describe('a question of the pool', () => {
  test('is passed on without the name', () => {
    const parameters = { USERNAME: 'a-sub', question: 'Which colour?' }
    expect(lead('CUSTOM_CHALLENGE', parameters, { round: 3, reason })).toEqual([
      {
        ...about,
        ...{ at: 'custom', parameters: { question: 'Which colour?' }, round: 3, error: reason },
      },
    ])
  })
})

describe('a new password', () => {
  test('comes with what else is wanted, without the prefix', () => {
    const parameters = {
      requiredAttributes: '["userAttributes.name","email","my.userAttributes.x"]',
      userAttributes: '{"email":"ann@example.com","email_verified":"true"}',
    }
    expect(lead('NEW_PASSWORD_REQUIRED', parameters, { reason })).toEqual([
      {
        ...about,
        at: 'newPassword',
        requiredAttributes: ['name', 'email', 'my.userAttributes.x'],
        attributes: { email: 'ann@example.com', email_verified: 'true' },
        error: reason,
      },
    ])
  })

  test.each([
    {},
    { requiredAttributes: '', userAttributes: '' },
    { requiredAttributes: 'name', userAttributes: 'email' },
    { requiredAttributes: '"name"', userAttributes: '7' },
    { requiredAttributes: '{"0":"name"}', userAttributes: '{"age":7,"address":{},"name":null}' },
    { requiredAttributes: '[7,null]', userAttributes: 'null' },
  ])('wants nothing else where that cannot be read: %j', (parameters) => {
    const step = { ...about, at: 'newPassword', requiredAttributes: [], attributes: {} }
    expect(lead('NEW_PASSWORD_REQUIRED', parameters)).toEqual([step])
  })
})

describe('the smaller parts', () => {
  test('ADMIN_NO_SRP_AUTH is nothing that a person could be asked', () => {
    expect(lead('ADMIN_NO_SRP_AUTH')).toEqual(strange('ADMIN_NO_SRP_AUTH'))
  })

  test('without leaves out one', () => {
    expect(without(['SMS_OTP', 'EMAIL_OTP'], 'SMS_OTP')).toEqual(['EMAIL_OTP'])
  })

  test('busy knows where it came from', () => {
    const from = unnumbered(waiting.retry)
    expect(busy(from, { do: 'again' })).toEqual([
      { at: 'busy', username: 'ann', from },
      { do: 'again' },
    ])
  })
})
