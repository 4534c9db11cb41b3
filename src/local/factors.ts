// Second factors, set up and chosen.
import { fail, invalid } from './fault.ts'
import { clientOf } from './service.ts'
import type { Input, Output, Service } from './service.ts'
import { findSession, openSession, spend } from './sessions.ts'
import type { Pool, Session, User } from './state.ts'
import { holderOf } from './holders.ts'
import { markUsed, stepOf, toBase32 } from './totp.ts'

/** Whose authenticator app it is: of somebody signed in, or in the middle of it. */
async function owner(
  service: Service,
  {
    AccessToken,
    Session: text,
  }: { readonly AccessToken?: string | undefined; readonly Session?: string | undefined },
): Promise<{ readonly pool: Pool; readonly user: User; readonly session?: Session }> {
  if (AccessToken !== undefined) return holderOf(service, AccessToken)
  if (text === undefined) return invalid('Missing required parameter AccessToken or Session')
  const found = service.state.sessions.get(text)
  if (!found) return fail('NotAuthorized', 'Invalid session for the user.')
  const { client, pool } = clientOf(service, found.facts.clientId)
  const session = findSession(service, client, text, ['MFA_SETUP'])
  const user = pool.users.get(found.facts.username ?? '')
  return user?.sub === found.facts.sub && user
    ? { pool, user, session }
    : fail('NotAuthorized', 'Invalid session for the user.')
}

/** The next session of a set-up, where it is one. */
function follow(
  service: Service,
  session: Session | undefined,
  more: Partial<Session> = {},
): { readonly Session?: string } {
  if (!session) return {}
  const { client } = clientOf(service, session.facts.clientId)
  return { Session: openSession(service, client, { ...session, ...more }) }
}

/** AssociateSoftwareToken. The secret before it counts until the new one is verified. */
export async function associateSoftwareToken(
  service: Service,
  input: Input<'AssociateSoftwareToken'>,
): Output<'AssociateSoftwareToken'> {
  const { pool, user, session } = await owner(service, input)
  if (!pool.settings.EnabledMfas.includes('SOFTWARE_TOKEN_MFA'))
    fail('SoftwareTokenMFANotFound', 'Software Token MFA has not been enabled by the userPool')
  user.pendingTotp = toBase32(service.random(32))
  if (session) session.used = true
  return { SecretCode: user.pendingTotp, ...follow(service, session) }
}

/** VerifySoftwareToken. */
export async function verifySoftwareToken(
  service: Service,
  input: Input<'VerifySoftwareToken'>,
): Output<'VerifySoftwareToken'> {
  const { pool, user, session } = await owner(service, input)
  // Without a new secret, the one that counts is proved once more, by a code that was not used.
  const secret = user.pendingTotp ?? user.totp?.secret
  const used = secret === user.totp?.secret ? user.totp?.used : undefined
  if (secret === undefined)
    return fail(
      'SoftwareTokenMFANotFound',
      'Software Token MFA has not been enabled by the userPool',
    )
  const verify = (): { Status: 'SUCCESS' } => {
    const step = stepOf(secret, input.UserCode, service.now())
    if (step === undefined || used?.has(step))
      return fail('EnableSoftwareTokenMFA', 'Code mismatch and fail enable Software Token MFA')
    const name = input.FriendlyDeviceName
    user.totp = { secret, verified: true, name, used: markUsed(new Set(used), step) }
    user.pendingTotp = undefined
    // With an access token this registers it only, unless everybody needs a second factor.
    if (session || pool.settings.MfaConfiguration === 'ON') user.mfa.add('SOFTWARE_TOKEN_MFA')
    return { Status: 'SUCCESS' }
  }
  if (!session) return verify()
  return spend(session, () =>
    Promise.resolve({ ...verify(), ...follow(service, session, { totpVerified: true }) }),
  )
}

/** What a preference is called, for each kind. */
const members = {
  SMSMfaSettings: 'SMS_MFA',
  SoftwareTokenMfaSettings: 'SOFTWARE_TOKEN_MFA',
  EmailMfaSettings: 'EMAIL_OTP',
} as const

/** SetUserMFAPreference. A kind that is left out stays as it is. */
export async function setUserMfaPreference(
  service: Service,
  input: Input<'SetUserMFAPreference'>,
): Output<'SetUserMFAPreference'> {
  const { pool, user } = await holderOf(service, input.AccessToken)
  setPreferences(pool, user, input)
  return {}
}

/** What somebody, or an administrator for them, wants to be asked for. */
export function setPreferences(
  { settings }: Pool,
  user: User,
  input: Omit<Input<'SetUserMFAPreference'>, 'AccessToken'>,
): void {
  const wanted = Object.entries(members).flatMap(([member, kind]) => {
    const { Enabled, PreferredMfa } = input[member as keyof typeof members] ?? {}
    if (Enabled === undefined && PreferredMfa === undefined) return []
    // What is left out stays: nobody loses a second factor by a word that was not said.
    return [{ kind, isOn: Enabled ?? user.mfa.has(kind), PreferredMfa }]
  })
  for (const { kind, isOn, PreferredMfa } of wanted) {
    if (PreferredMfa && !isOn) invalid(`User cannot set ${kind} as preferred without enabling it`)
    if (!isOn) continue
    if (!settings.EnabledMfas.includes(kind)) invalid(`${kind} is not enabled for the user pool`)
    if (kind === 'SOFTWARE_TOKEN_MFA' && !user.totp?.verified)
      invalid('User has not verified software token mfa')
    const address = kind === 'SMS_MFA' ? 'phone_number' : 'email'
    if (kind !== 'SOFTWARE_TOKEN_MFA' && !user.attributes.has(address))
      invalid(`User does not have delivery config set to turn on ${kind}`)
  }
  const preferred = wanted.filter(({ PreferredMfa }) => PreferredMfa)
  if (preferred.length > 1) invalid('Only one MFA method can be preferred')
  for (const { kind, isOn, PreferredMfa } of wanted) {
    if (isOn) user.mfa.add(kind)
    else user.mfa.delete(kind)
    if ((!isOn || PreferredMfa === false) && user.preferredMfa === kind)
      user.preferredMfa = undefined
  }
  if (preferred[0]) user.preferredMfa = preferred[0].kind
}

/** SetUserSettings: the old way, for SMS only; an empty list switches it off. */
export async function setUserSettings(
  service: Service,
  input: Input<'SetUserSettings'>,
): Output<'SetUserSettings'> {
  const { pool, user } = await holderOf(service, input.AccessToken)
  const others = input.MFAOptions.filter(
    ({ AttributeName, DeliveryMedium }) =>
      AttributeName !== 'phone_number' || DeliveryMedium !== 'SMS',
  )
  if (others.length) invalid('Only SMS to phone_number can be set as an MFA option.')
  setPreferences(pool, user, { SMSMfaSettings: { Enabled: input.MFAOptions.length > 0 } })
  return {}
}
