// Passkeys of somebody who is signed in.
import { toBase64Url } from '../bytes.ts'
import { fail, invalid } from './fault.ts'
import { pageOf } from './pages.ts'
import { seconds, userHandleOf } from './service.ts'
import type { Input, Output, Service } from './service.ts'
import type { Pool } from './state.ts'
import { holderOf } from './holders.ts'
import { checkRegistration } from './webauthn.ts'
import type { Flaw } from './webauthn.ts'

const most = 20

function relyingPartyOf({ settings }: Pool): string {
  const allowed = settings.Policies.SignInPolicy.AllowedFirstAuthFactors
  if (!allowed.includes('WEB_AUTHN'))
    return fail('WebAuthnNotEnabled', 'WebAuthn is not enabled for this user pool.')
  const { RelyingPartyId } = settings.WebAuthnConfiguration
  return (
    RelyingPartyId ??
    fail('WebAuthnConfigurationMissing', 'The relying party ID of the user pool is not configured.')
  )
}

/** StartWebAuthnRegistration. */
export async function startWebAuthnRegistration(
  service: Service,
  input: Input<'StartWebAuthnRegistration'>,
): Output<'StartWebAuthnRegistration'> {
  const { pool, client, user } = await holderOf(service, input.AccessToken)
  const id = relyingPartyOf(pool)
  if (user.passkeys.size >= most)
    fail('LimitExceeded', 'The maximum number of WebAuthn credentials has been reached.')
  const challenge = toBase64Url(service.random(32))
  user.registration = { challenge, clientId: client.id, until: service.now() + 300_000 }
  const name = user.attributes.get('email') ?? user.username
  return {
    CredentialCreationOptions: {
      authenticatorSelection: {
        requireResidentKey: true,
        residentKey: 'required',
        userVerification: pool.settings.WebAuthnConfiguration.UserVerification,
      },
      challenge,
      excludeCredentials: [...user.passkeys.keys()].map((id) => ({ id, type: 'public-key' })),
      pubKeyCredParams: [
        { alg: -7, type: 'public-key' },
        { alg: -257, type: 'public-key' },
      ],
      rp: { id, name: id },
      timeout: 60_000,
      user: { displayName: name, id: userHandleOf(user), name },
    },
  }
}

const refusals: Readonly<Record<Flaw, readonly [type: string, message: string]>> = {
  malformed: ['InvalidParameter', 'Invalid credential.'],
  challenge: ['WebAuthnChallengeNotFound', 'The challenge was not found or has expired.'],
  origin: ['WebAuthnOriginNotAllowed', 'The origin is not allowed.'],
  'relying-party': ['WebAuthnRelyingPartyMismatch', 'The relying party ID does not match.'],
  user: ['WebAuthnCredentialNotSupported', 'User presence or verification is missing.'],
  key: ['WebAuthnCredentialNotSupported', 'The credential is not supported.'],
  proof: ['InvalidParameter', 'Invalid credential.'],
}

/** CompleteWebAuthnRegistration. */
export async function completeWebAuthnRegistration(
  service: Service,
  input: Input<'CompleteWebAuthnRegistration'>,
): Output<'CompleteWebAuthnRegistration'> {
  const { pool, client, user } = await holderOf(service, input.AccessToken)
  const relyingPartyId = relyingPartyOf(pool)
  const begun = user.registration
  if (!begun || begun.until <= service.now())
    return fail('WebAuthnChallengeNotFound', 'The challenge was not found or has expired.')
  if (begun.clientId !== client.id)
    fail('WebAuthnClientMismatch', 'The registration was started by another app client.')
  const checked = checkRegistration(input.Credential, {
    challenge: begun.challenge,
    relyingPartyId,
    userVerification: pool.settings.WebAuthnConfiguration.UserVerification,
    allowsOrigin: (origin) => service.allowsOrigin(origin, relyingPartyId),
  })
  if ('flaw' in checked) return fail(...refusals[checked.flaw])
  user.registration = undefined
  const passkey = checked.value
  if ([...pool.users.values()].some(({ passkeys }) => passkeys.has(passkey.id)))
    invalid('The credential is registered already.')
  const { authenticatorAttachment, response } = Object(input.Credential) as {
    readonly authenticatorAttachment?: unknown
    readonly response: { readonly transports?: unknown }
  }
  const { transports } = response
  user.passkeys.set(passkey.id, {
    ...passkey,
    name: authenticatorAttachment === 'platform' ? 'Platform passkey' : 'Roaming passkey',
    relyingPartyId,
    transports: Array.isArray(transports) ? transports.map(String) : [],
    attachment: typeof authenticatorAttachment === 'string' ? authenticatorAttachment : undefined,
    createdAt: service.now(),
  })
  return {}
}

/** ListWebAuthnCredentials, in pages. */
export async function listWebAuthnCredentials(
  service: Service,
  input: Input<'ListWebAuthnCredentials'>,
): Output<'ListWebAuthnCredentials'> {
  const { user } = await holderOf(service, input.AccessToken)
  const { page, next } = pageOf(user.passkeys.values(), {
    ...{ list: `passkeys ${user.sub}`, keyOf: ({ id }) => id },
    ...{ limit: input.MaxResults, most, token: input.NextToken },
  })
  return {
    Credentials: page.map(({ id, name, relyingPartyId, transports, attachment, createdAt }) => ({
      ...(attachment === undefined ? {} : { AuthenticatorAttachment: attachment }),
      AuthenticatorTransports: transports,
      CreatedAt: seconds(createdAt),
      CredentialId: id,
      FriendlyCredentialName: name,
      RelyingPartyId: relyingPartyId,
    })),
    ...(next === undefined ? {} : { NextToken: next }),
  }
}

/** DeleteWebAuthnCredential. */
export async function deleteWebAuthnCredential(
  service: Service,
  input: Input<'DeleteWebAuthnCredential'>,
): Output<'DeleteWebAuthnCredential'> {
  const { user } = await holderOf(service, input.AccessToken)
  if (!user.passkeys.delete(input.CredentialId))
    fail('ResourceNotFound', 'The credential does not exist.')
  return {}
}
