// Where an event leads from a step. Pure: what has to be done comes back as data.
import { refuse } from '../errors.ts'
import type { AuthError } from '../errors.ts'
import type { ChallengeName, TextByName } from '../wire/operations.ts'
import { among } from './begin.ts'
import { busy, challenges, setUp, start, without } from './challenges.ts'
import type { Draft, FlowEvent, Next, Outcome } from './event.ts'
import { resting } from './step.ts'
import type { Answers, FirstFactor, Step, WaitingStep } from './step.ts'

/**
 * Where an event leads from a step. Throws a `TypeError` where the step does not wait for that, or for
 * an answer of this form.
 */
export function next(step: Step, event: FlowEvent): Next {
  const from = resting(step)
  const { username = '' } = from
  switch (event.type) {
    case 'begun':
      return busy(start(event.username), event.effect)
    case 'resumed':
      return resumed(event.step)
    case 'answered': {
      const row = (answers as Readonly<Partial<Record<Step['at'], AnswerRow>>>)[step.at]
      return (
        row?.(step as never, Object(event.input) as never) ??
        refuse('step', 'one that waits', step.at)
      )
    }
    case 'resend':
      return resend(step)
    case 'posed': {
      const to = challenges[event.posed.name](event.posed, username)
      const [step, effect] = to
      // What was done before stays said, until a person is asked.
      const isBegun = 'from' in step && step.from.at === 'start' && from.at === 'start'
      return isBegun ? busy(from, effect!) : to
    }
    case 'passwordWanted': {
      const { factors = [], others = factors } = from as { factors?: []; others?: [] }
      const { factor } = event
      const { expiresAt = 0 } = from as { expiresAt?: number }
      return [{ at: 'password', username, expiresAt, factor, others: without(others, factor) }]
    }
    case 'secretMade':
      return [{ at: 'setUpTotp', username, expiresAt: event.expiresAt, attempts: 0 }]
    case 'codeSent': {
      const { DeliveryMedium: medium, Destination: destination } = event.details ?? {}
      return [{ at: event.to, username, medium, destination, attempts: 0, canResend: true }]
    }
    case 'done':
      return busy({ ...start(username), done: event.what } as Draft, { do: 'signInAfter' })
    case 'stopped':
      return [from]
    case 'granted':
      return busy(start(username), { do: 'keep', result: event.result })
    case 'kept':
      return [{ at: event.asks ? 'rememberDevice' : 'signedIn', username, user: event.user }]
    case 'refused':
      return refused(from, event)
  }
}

/** The secret of an authenticator app is not kept. Without another there would be none to show. */
function resumed(kept: Draft): Next {
  if (kept.at !== 'setUpTotp') return [kept]
  const { username, expiresAt } = kept
  const kinds = ['SOFTWARE_TOKEN_MFA'] as const
  return setUp({ at: 'chooseMfaSetUp', username, expiresAt, kinds }, kinds[0])
}

/** Sends another code: by the service's own call where it has one, else by the sign-in once more. */
function resend(step: Step): Next {
  if (step.at === 'confirmSignUp' || step.at === 'resetPassword')
    return busy(step, { do: 'send', what: step.at })
  if (step.at === 'code' && step.canResend) return busy(step, { do: 'repeat' })
  return refuse('step', 'one that can resend', step.at)
}

type AnswerRow = (step: never, input: never) => Next

/** Answers a challenge. */
const respond = (from: Draft, to: ChallengeName, answers: TextByName): Next =>
  busy(from, { do: 'respond', to, answers })

/** Goes on with one of the factors. */
const choose = (from: Draft, factor: unknown, factors: readonly FirstFactor[]): Next =>
  busy(from, { do: 'choose', factor: among('factor', factor, factors) })

/** What an answer to each step makes the flow do. */
const answers: {
  readonly [At in WaitingStep['at']]: (
    step: Extract<WaitingStep, { readonly at: At }>,
    input: Partial<AllOf<Answers[At]>>,
  ) => Next
} = {
  chooseFactor: (step, { factor }) => choose(step, factor, step.factors),

  chooseMfa: (step, { kind }) =>
    respond(step, 'SELECT_MFA_TYPE', { ANSWER: among('kind', kind, step.kinds) }),

  chooseMfaSetUp: (step, { kind }) => setUp(step, among('kind', kind, step.kinds)),

  code: (step, { code, factor }) =>
    factor === undefined
      ? respond(step, step.challenge, { [`${step.challenge}_CODE`]: digits(code) })
      : choose(step, factor, step.others),

  confirmSignUp: (step, { code }) => busy(step, { do: 'confirmSignUp', code: digits(code) }),

  custom: (step, { answer, more }) =>
    respond(step, 'CUSTOM_CHALLENGE', {
      ...texts('more', more),
      ANSWER: text('answer', answer),
    }),

  newPassword: (step, { password, attributes }) => {
    const named = Object.entries(texts('attributes', attributes)).map(([name, value]) => [
      `userAttributes.${name}`,
      value,
    ])
    return respond(step, 'NEW_PASSWORD_REQUIRED', {
      ...(Object.fromEntries(named) as object),
      NEW_PASSWORD: text('password', password),
    })
  },

  passkey: (step, { factor, retry }) =>
    factor === undefined
      ? busy(step, (sure('retry', retry), { do: 'askPasskey' }))
      : choose(step, factor, step.others),

  password: (step, { factor, password }) =>
    factor === undefined
      ? busy(step, { do: 'choose', factor: step.factor, password: text('password', password) })
      : choose(step, factor, step.others),

  rememberDevice: (step, { remember }) => {
    if (typeof remember !== 'boolean') refuse('remember', 'boolean', typeof remember)
    return busy(step, { do: 'rememberDevice', remember })
  },

  resetPassword: (step, { code, password }) =>
    busy(step, {
      do: 'resetPassword',
      code: digits(code),
      password: text('password', password),
    }),

  retry: (step, { retry }) => busy(step, (sure('retry', retry), { do: 'again' })),

  setUpEmail: (step, { email }) =>
    respond(step, 'MFA_SETUP', { EMAIL: text('email', email).trim() }),

  setUpPhone: (step, { done }) => busy(step, (sure('done', done), { do: 'repeat' })),

  setUpTotp: (step, { code, appName }) => {
    if (appName !== undefined) text('appName', appName)
    return busy(step, { do: 'proveSecret', code: digits(code), appName })
  },
}

/** Whether a step waits for an answer. */
export const isWaiting = (at: string): at is WaitingStep['at'] => Object.hasOwn(answers, at)

/** All members of all alternatives. */
type AllOf<Given> = { [Key in Given extends Given ? keyof Given : never]: MemberOf<Given, Key> }
type MemberOf<Given, Key> = Given extends unknown
  ? Key extends keyof Given
    ? Given[Key]
    : never
  : never

/** A text, whatever the types said. */
const text = (name: string, value: unknown): string =>
  typeof value === 'string' ? value : refuse(name, 'string', typeof value)

/** A code without the white space that people copy along. */
const digits = (value: unknown): string => text('code', value).replace(/\s/g, '')

function texts(name: string, given: object | undefined): Readonly<Record<string, string>> {
  const entries = Object.entries({ ...given }).filter(([, value]) => value !== undefined)
  for (const [key, value] of entries) text(`${name}.${key}`, value)
  return Object.fromEntries(entries) as Record<string, string>
}

const sure = (name: string, value: unknown): void => {
  if (value !== true) refuse(name, 'true', typeof value)
}

/** After these the same step can be answered again: the sign-in goes on where it is. */
const stays =
  /^(wrong-code|code-(used|expired)|password-(policy|reused)|invalid-parameter|attribute-not-writable|alias-taken|limit-exceeded|attempts-exceeded|mfa-not-set-up|passkey-.+)$/

/** Where a refusal leads: to a step of its own, to the same one, or to the beginning. */
function refused(from: Draft, event: Extract<Outcome, { readonly type: 'refused' }>): Next {
  const { error, challenge, byDevice } = event
  const atDevice = !!challenge?.startsWith('DEVICE')
  const { username = '' } = from
  const { code } = error
  // A device that is unknown, or whose proof was not believed.
  if (byDevice && (code === 'device-unknown' || (atDevice && code === 'wrong-credentials')))
    // At its own challenge the sign-in is over. Before that, the same request does without it.
    return atDevice
      ? busy(start(username), { do: 'repeat', reason: error })
      : busy(from, { do: 'againWithoutDevice' })
  if (from.at === 'confirmSignUp' && code === 'already-confirmed')
    return next(from as Step, { type: 'done', what: 'confirmed' })
  if (code === 'not-confirmed' || code === 'reset-required') {
    const at = code === 'not-confirmed' ? 'confirmSignUp' : 'resetPassword'
    return [{ at, username, error, attempts: 0, canResend: true }]
  }
  if (from.at === 'confirmSignUp' || from.at === 'resetPassword') return [again(from, error)]
  // Signed in all the same: only the answer about the device did not get through.
  if (from.at === 'rememberDevice')
    return [error.retryable ? { ...from, error } : { ...from, at: 'signedIn', error }]
  // Nothing was sent: what was asked for cannot be answered, however often it is tried.
  if (from.at === 'retry' && code === 'bad-response' && !challenge) return [start(username, error)]
  // Another ceremony begins a sign-in of its own; the same request once more brings the same refusal.
  const asksAnew = from.at === 'passkey' && code === 'wrong-credentials'
  const canStay = asksAnew || (from.at !== 'retry' && stays.test(code))
  if (error.retryable || canStay || from.at === 'start') return [again(from, error)]
  return [start(username, error)]
}

/** The same step, with what was wrong. */
const again = (from: Draft, error: AuthError): Draft => {
  const { attempts } = from as { readonly attempts?: number }
  const wrong = attempts !== undefined && /^(wrong-code|code-used)$/.test(error.code)
  return { ...from, error, ...(wrong ? { attempts: attempts + 1 } : {}) }
}
