// One row for every challenge of the service: which step it is, or what answers it without a person.
import { AuthError } from '../errors.ts'
import { parseJson } from '../wire/answer.ts'
import type { ChallengeName, DeliveryMedium, TextByName } from '../wire/operations.ts'
import type { Draft, Effect, Next, Posed } from './event.ts'
import type { CodeStep, FirstFactor, SecondFactor } from './step.ts'

/** A step while the service is asked, and what it is asked. */
export const busy = (from: Draft, effect: Effect): Next => [
  { at: 'busy', username: from.username, from },
  effect,
]

/** The beginning, with the name kept. */
export const start = (username: string | undefined, error?: AuthError): Draft => ({
  at: 'start',
  username,
  error,
})

/** The other ways to sign in. */
export const without = (
  factors: readonly FirstFactor[],
  used: ChallengeName,
): readonly FirstFactor[] => factors.filter((factor) => factor !== used)

type Row = (posed: Posed, username: string) => Next

/** What all steps of a sign-in have in common. */
const about = ({ expiresAt, reason: error }: Posed, username: string) => ({
  username,
  expiresAt,
  error,
})

/** The service asks what no person can answer. */
const strange = ({ name }: Posed, username: string): Next => [
  start(username, new AuthError({ code: 'bad-response', detail: name })),
]

const code: Row = (posed, username) => {
  const { name, parameters, available, canResend } = posed
  const medium = parameters['CODE_DELIVERY_DELIVERY_MEDIUM'] as DeliveryMedium | undefined
  const step: Draft<CodeStep> = {
    at: 'code',
    ...about(posed, username),
    challenge: name as CodeStep['challenge'],
    medium,
    destination: parameters['CODE_DELIVERY_DESTINATION'],
    appName: parameters['FRIENDLY_DEVICE_NAME'],
    attempts: 0,
    canResend: canResend && name !== 'SOFTWARE_TOKEN_MFA',
    others: without(available, name),
  }
  return [step]
}

const prove: Row = ({ name, parameters }, username) =>
  busy(start(username), {
    do: 'prove',
    to: name as 'PASSWORD_VERIFIER' | 'DEVICE_PASSWORD_VERIFIER',
    parameters,
  })

const password: Row = (posed, username) => {
  const factor = posed.name as 'PASSWORD' | 'PASSWORD_SRP'
  const others = without(posed.available, factor)
  return busy(
    { at: 'password', ...about(posed, username), factor, others },
    { do: 'choose', factor },
  )
}

const repeated = (posed: Posed, username: string): Next | undefined =>
  posed.chosen && busy(start(username), { do: 'respond', to: posed.name, answers: posed.chosen })

/** Where each challenge leads. A name of the service without a row does not compile. */
export const challenges: { readonly [Name in ChallengeName]: Row } = {
  ADMIN_NO_SRP_AUTH: strange,

  CUSTOM_CHALLENGE: (posed, username) => {
    const { USERNAME: _, ...parameters } = posed.parameters
    return [{ at: 'custom', ...about(posed, username), parameters, round: posed.round }]
  },

  DEVICE_PASSWORD_VERIFIER: (posed, username) =>
    busy(
      { at: 'retry', ...about(posed, username) },
      { do: 'prove', to: 'DEVICE_PASSWORD_VERIFIER', parameters: posed.parameters },
    ),

  DEVICE_SRP_AUTH: (posed, username) =>
    busy({ at: 'retry', ...about(posed, username) }, { do: 'meetDevice' }),

  EMAIL_OTP: code,

  MFA_SETUP: (posed, username) => {
    const kinds = kindsOf(posed.parameters['MFAS_CAN_SETUP'])
    if (!kinds.length) return strange(posed, username)
    const choice = { at: 'chooseMfaSetUp', ...about(posed, username), kinds } as const
    return repeated(posed, username) ?? (kinds[1] ? [choice] : setUp(choice, kinds[0]!))
  },

  NEW_PASSWORD_REQUIRED: (posed, username) => {
    const { requiredAttributes, userAttributes } = posed.parameters
    const names = textsOf(parseJson(requiredAttributes))
    return [
      {
        at: 'newPassword',
        ...about(posed, username),
        requiredAttributes: names.map((name) => name.replace(/^userAttributes\./, '')),
        attributes: textByName(parseJson(userAttributes)),
      },
    ]
  },

  PASSWORD: password,
  PASSWORD_SRP: password,
  PASSWORD_VERIFIER: prove,

  SELECT_CHALLENGE: (posed, username) =>
    posed.available.length
      ? [{ at: 'chooseFactor', ...about(posed, username), factors: posed.available }]
      : strange(posed, username),

  SELECT_MFA_TYPE: (posed, username) => {
    const kinds = kindsOf(posed.parameters['MFAS_CAN_CHOOSE'])
    if (!kinds.length) return strange(posed, username)
    return repeated(posed, username) ?? [{ at: 'chooseMfa', ...about(posed, username), kinds }]
  },

  SMS_MFA: code,
  SMS_OTP: code,
  SOFTWARE_TOKEN_MFA: code,

  WEB_AUTHN: (posed, username) => {
    const options = posed.parameters['CREDENTIAL_REQUEST_OPTIONS']
    if (!options) return strange(posed, username)
    const others = without(posed.available, 'WEB_AUTHN')
    return busy({ at: 'passkey', ...about(posed, username), others }, { do: 'askPasskey', options })
  },
}

/** How a second factor of some kind is set up. */
export function setUp(from: Draft & { readonly expiresAt: number }, kind: SecondFactor): Next {
  if (kind === 'SOFTWARE_TOKEN_MFA') return busy(from, { do: 'makeSecret' })
  const { username = '', expiresAt, error } = from
  const at = kind === 'EMAIL_OTP' ? 'setUpEmail' : 'setUpPhone'
  return [{ at, username, expiresAt, error }]
}

const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []

const textByName = (value: unknown): TextByName =>
  Object.fromEntries(
    Object.entries(Object(value) as TextByName).filter(([, text]) => typeof text === 'string'),
  )

/** The second factors of a list in JSON, as far as there are such. */
const kindsOf = (text: string | undefined): SecondFactor[] =>
  textsOf(parseJson(text)).filter((name): name is SecondFactor =>
    /^(SMS_MFA|SOFTWARE_TOKEN_MFA|EMAIL_OTP)$/.test(name),
  )
