// Who holds an access token, and when it is believed.
import { fail } from './fault.ts'
import { readJwt } from './jwt.ts'
import { clientOf } from './service.ts'
import type { Service } from './service.ts'
import type { Client, Family, Pool, User } from './state.ts'
import { keysOf, scope } from './tokens.ts'

/** Somebody who has shown an access token. */
export interface Holder {
  readonly pool: Pool
  readonly client: Client
  readonly user: User
  readonly family: Family
  readonly deviceKey: string | undefined
}

/** Who holds an access token, if it can be believed. */
export async function holderOf(service: Service, token: string): Promise<Holder> {
  const jwt = readJwt(token)
  const claims = jwt?.claims ?? {}
  const client = service.state.clients.get(String(claims['client_id']))
  if (!jwt || claims['token_use'] !== 'access' || !client)
    return fail('NotAuthorized', 'Invalid Access Token')
  const { pool } = clientOf(service, client.id)
  const { access } = await keysOf(service, pool)
  if (jwt.kid !== access.kid || !(await jwt.isOf(access)))
    return fail('NotAuthorized', 'Could not verify signature for Access Token')
  if ((claims['exp'] as number) * 1000 <= service.now())
    return fail('NotAuthorized', 'Access Token has expired')
  const user = pool.users.get(String(claims['username']))
  if (!user) return fail('UserNotFound', 'User does not exist.')
  if (user.sub !== claims['sub']) return fail('NotAuthorized', 'Invalid access token.')
  const family = service.state.families.get(String(claims['event_id']))
  if (!family || family.revoked) return fail('NotAuthorized', 'Access Token has been revoked')
  if (!String(claims['scope']).split(' ').includes(scope))
    return fail('NotAuthorized', 'Access Token does not have required scopes')
  if (!user.enabled) return fail('NotAuthorized', 'User is disabled.')
  if (user.status === 'UNCONFIRMED') return fail('UserNotConfirmed', 'User is not confirmed.')
  return { pool, client, user, family, deviceKey: claims['device_key'] as string | undefined }
}
