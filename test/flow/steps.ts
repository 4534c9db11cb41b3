// A step of every kind, as data, and the challenges of a service that nobody runs.
import { AuthError } from '../../src/errors.ts'
import type { AuthErrorCode } from '../../src/errors.ts'
import type { Posed } from '../../src/flow/event.ts'
import type { RestingStep, WaitingStep } from '../../src/flow/step.ts'
import type { ChallengeName } from '../../src/wire/operations.ts'

/** When the sign-in of these steps ends. */
export const expiresAt = 180_000

const every = { id: 'x.1', username: 'ann' }
const underWay = { ...every, expiresAt }
export const user = { username: 'ann', sub: '6f1c0f2e' }

/** One of each that waits for an answer. */
export const waiting: { readonly [At in WaitingStep['at']]: WaitingStep & { readonly at: At } } = {
  password: { ...underWay, at: 'password', factor: 'PASSWORD', others: ['SMS_OTP'] },
  chooseFactor: { ...underWay, at: 'chooseFactor', factors: ['PASSWORD_SRP', 'EMAIL_OTP'] },
  passkey: { ...underWay, at: 'passkey', others: ['PASSWORD'] },
  code: {
    ...underWay,
    ...{ at: 'code', challenge: 'SMS_MFA', attempts: 0, canResend: true, others: ['WEB_AUTHN'] },
  },
  chooseMfa: { ...underWay, at: 'chooseMfa', kinds: ['SMS_MFA', 'EMAIL_OTP'] },
  chooseMfaSetUp: {
    ...underWay,
    ...{ at: 'chooseMfaSetUp', kinds: ['SMS_MFA', 'SOFTWARE_TOKEN_MFA', 'EMAIL_OTP'] },
  },
  setUpTotp: { ...underWay, at: 'setUpTotp', attempts: 0 },
  setUpEmail: { ...underWay, at: 'setUpEmail' },
  setUpPhone: { ...underWay, at: 'setUpPhone' },
  newPassword: { ...underWay, at: 'newPassword', requiredAttributes: ['name'], attributes: {} },
  custom: { ...underWay, at: 'custom', parameters: { question: 'Which colour?' }, round: 1 },
  confirmSignUp: { ...every, at: 'confirmSignUp', attempts: 0, canResend: true },
  resetPassword: { ...every, at: 'resetPassword', attempts: 0, canResend: true },
  retry: { ...underWay, at: 'retry' },
  rememberDevice: { ...every, at: 'rememberDevice', user },
}

/** The others. */
export const still: readonly RestingStep[] = [
  { id: 'x.0', at: 'start' },
  { ...every, at: 'signedIn', user },
]

/** One of each at which nothing is under way. */
export const resting: readonly RestingStep[] = [...Object.values(waiting), ...still]

/** A challenge, with nothing about it that is not said. */
export const posed = (
  name: ChallengeName,
  parameters: Posed['parameters'] = {},
  more: Partial<Posed> = {},
): Posed => ({
  ...{ name, parameters, expiresAt, available: [], canResend: false, round: 0 },
  ...more,
})

/** A refusal. */
export const failing = (code: AuthErrorCode): AuthError => new AuthError({ code })

/** A step as it is before it has its number. */
export function unnumbered<Given extends { readonly id: string }>(step: Given): Omit<Given, 'id'> {
  const { id: _, ...rest } = step
  return rest
}
