// The choice of a first factor, and passkeys.
import { toBase64Url } from '../bytes.ts'
import type { ChallengeName, ChallengeOutput } from '../wire/operations.ts'
import { usedKinds } from './people.ts'
import type { FirstFactor } from './settings.ts'
import { person, pose } from './under-way.ts'
import type { SignIn } from './under-way.ts'

/** Whether a code can be all that is asked for: not where a second factor is due after a password. */
export const isCodeEnough = ({ pool, user }: Pick<SignIn, 'pool' | 'user'>): boolean =>
  pool.settings.MfaConfiguration !== 'ON' && (!user || usedKinds(pool, user).length === 0)

/** What somebody could begin with, now. */
export function firstFactors({ pool, user }: Pick<SignIn, 'pool' | 'user'>): ChallengeName[] {
  const { settings } = pool
  const allowed = settings.Policies.SignInPolicy.AllowedFirstAuthFactors
  const has = (factor: FirstFactor) => allowed.includes(factor)
  const passwords: ChallengeName[] = has('PASSWORD') ? ['PASSWORD_SRP', 'PASSWORD'] : []
  if (!user) {
    // Nobody can do what a new account could.
    const codes = (['EMAIL_OTP', 'SMS_OTP'] as const).filter(has)
    return settings.MfaConfiguration === 'ON' ? passwords : [...codes, ...passwords]
  }
  if (!user.password) passwords.length = 0
  if (settings.MfaConfiguration === 'ON' || user.status === 'FORCE_CHANGE_PASSWORD')
    return passwords
  const passkeys: ChallengeName[] = has('WEB_AUTHN') && user.passkeys.size > 0 ? ['WEB_AUTHN'] : []
  const codes: ChallengeName[] = []
  if (isCodeEnough({ pool, user }) && has('EMAIL_OTP') && user.attributes.has('email'))
    codes.push('EMAIL_OTP')
  if (isCodeEnough({ pool, user }) && has('SMS_OTP') && user.attributes.has('phone_number'))
    codes.push('SMS_OTP')
  return [...codes, ...passwords, ...passkeys]
}

/** Lets the client choose. */
export const poseFirstFactors = (signIn: SignIn): ChallengeOutput =>
  pose(signIn, 'SELECT_CHALLENGE', {}, { choices: firstFactors(signIn) })

/** Asks for a passkey. */
export function posePasskey(signIn: SignIn): ChallengeOutput {
  const { service, pool } = signIn
  const user = person(signIn)
  const { RelyingPartyId, UserVerification } = pool.settings.WebAuthnConfiguration
  const challenge = toBase64Url(service.random(32))
  const options = {
    challenge,
    timeout: 180_000,
    rpId: RelyingPartyId,
    allowCredentials: [...user.passkeys.values()].map(({ id, transports }) => ({
      type: 'public-key',
      id,
      transports,
    })),
    userVerification: UserVerification,
  }
  const parameters = { CREDENTIAL_REQUEST_OPTIONS: JSON.stringify(options) }
  return pose(signIn, 'WEB_AUTHN', parameters, { webauthn: challenge })
}
