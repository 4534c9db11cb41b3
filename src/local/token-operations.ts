// What is done with tokens themselves.
import { fail } from './fault.ts'
import { holderOf } from './holders.ts'
import { checkPlainSecret } from './secrets.ts'
import { clientOf } from './service.ts'
import type { Input, Output, Service } from './service.ts'
import { refresh, revoke, revokeAll } from './refresh.ts'

/** GetTokensFromRefreshToken. */
export async function getTokensFromRefreshToken(
  service: Service,
  input: Input<'GetTokensFromRefreshToken'>,
): Output<'GetTokensFromRefreshToken'> {
  const { client } = clientOf(service, input.ClientId)
  checkPlainSecret(client, input.ClientSecret)
  const tokens = await refresh(service, client, input.RefreshToken, {
    deviceKey: input.DeviceKey,
    rotates: true,
    metadata: input.ClientMetadata as Readonly<Record<string, string>> | undefined,
  })
  return { AuthenticationResult: tokens }
}

/** RevokeToken. */
export function revokeToken(service: Service, input: Input<'RevokeToken'>): Output<'RevokeToken'> {
  const client = service.state.clients.get(input.ClientId)
  if (!client || (client.secret !== undefined && input.ClientSecret !== client.secret))
    return fail('Unauthorized', 'Invalid client or secret')
  revoke(service, client, input.Token)
  return Promise.resolve({})
}

/** GlobalSignOut. */
export async function globalSignOut(
  service: Service,
  input: Input<'GlobalSignOut'>,
): Output<'GlobalSignOut'> {
  const { user } = await holderOf(service, input.AccessToken)
  revokeAll(service, user)
  return {}
}
