// Steps that ask for a second factor, or for a code in place of a password.
import type { ChallengeOutput } from '../wire/operations.ts'
import { deliver } from './codes.ts'
import type { Address } from './codes.ts'
import { imagined } from './nobody.ts'
import { randomDigits } from './service.ts'
import type { MfaKind } from './settings.ts'
import { person, pose } from './under-way.ts'
import type { SignIn } from './under-way.ts'

/** Asks for a second factor. */
export async function poseMfa(signIn: SignIn, kind: MfaKind): Promise<ChallengeOutput> {
  const user = person(signIn)
  if (kind === 'SOFTWARE_TOKEN_MFA')
    return pose(signIn, kind, {
      USER_ID_FOR_SRP: user.username,
      ...(user.totp?.name ? { FRIENDLY_DEVICE_NAME: user.totp.name } : {}),
    })
  return poseCode(signIn, kind, kind === 'SMS_MFA' ? 'phone_number' : 'email')
}

/** Lets the client choose a second factor. */
export function poseMfaChoice(signIn: SignIn, kinds: readonly MfaKind[]): ChallengeOutput {
  const parameters = {
    MFAS_CAN_CHOOSE: JSON.stringify(kinds),
    USER_ID_FOR_SRP: person(signIn).username,
  }
  return pose(signIn, 'SELECT_MFA_TYPE', parameters, { choices: kinds })
}

/** Has a second factor set up. */
export function poseMfaSetup(signIn: SignIn): ChallengeOutput {
  const kinds = signIn.pool.settings.EnabledMfas
  const parameters = {
    MFAS_CAN_SETUP: JSON.stringify(kinds),
    USER_ID_FOR_SRP: person(signIn).username,
  }
  return pose(signIn, 'MFA_SETUP', parameters, { choices: kinds })
}

/** Sends a code and asks for it, as a second factor or as the first. */
export async function poseCode(
  signIn: SignIn,
  challenge: 'SMS_MFA' | 'EMAIL_OTP' | 'SMS_OTP',
  attribute: Address,
  setUp?: string,
): Promise<ChallengeOutput> {
  const { service, pool, facts, user } = signIn
  const isSecond = facts.byPassword
  const code = randomDigits(service, isSecond ? 6 : 8)
  const value = setUp ?? user?.attributes.get(attribute)
  const sent =
    user && value !== undefined
      ? await deliver(
          service,
          { ...signIn, user },
          {
            ...{ attribute, value, code, purpose: isSecond ? 'mfa' : 'signIn' },
            source: 'Authentication',
          },
        )
      : imagined(pool, attribute, facts.typed)
  const parameters = {
    CODE_DELIVERY_DELIVERY_MEDIUM: sent.DeliveryMedium,
    CODE_DELIVERY_DESTINATION: sent.Destination,
    ...(isSecond && user ? { USER_ID_FOR_SRP: user.username } : {}),
  }
  const more = { code, sentTo: value, setsUp: setUp !== undefined }
  return pose(signIn, challenge, parameters, user ? more : {})
}
