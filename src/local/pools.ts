// Pools and app clients as data: made, with ids of the service's form.
import { randomLetters } from './service.ts'
import type { Service } from './service.ts'
import type { ClientSettings, PoolSettings } from './settings.ts'
import type { Client, Pool } from './state.ts'

/** Puts a pool into the server. */
export function newPool(
  service: Service,
  settings: PoolSettings,
  {
    id = `${service.region}_${randomLetters(service, 9)}`,
    extras,
  }: {
    readonly id?: string | undefined
    readonly extras?: Readonly<Record<string, unknown>> | undefined
  } = {},
): Pool {
  const at = service.now()
  const pool: Pool = {
    id,
    region: id.split('_')[0]!,
    settings,
    extras: extras ?? {},
    createdAt: at,
    modifiedAt: at,
    secret: randomLetters(service, 32),
    users: new Map(),
    groups: new Map(),
  }
  service.state.pools.set(id, pool)
  return pool
}

/** Gives a pool an app client. */
export function newClient(
  service: Service,
  pool: Pool,
  settings: ClientSettings,
  {
    id = randomLetters(service, 26),
    secret,
    extras,
  }: {
    readonly id?: string | undefined
    readonly secret?: string | undefined
    readonly extras?: Readonly<Record<string, unknown>> | undefined
  } = {},
): Client {
  const at = service.now()
  const client: Client = {
    id,
    poolId: pool.id,
    secret,
    settings,
    extras: extras ?? {},
    createdAt: at,
    modifiedAt: at,
  }
  service.state.clients.set(id, client)
  return client
}

/** Takes a pool out of the server, with all that is its. */
export function removePool({ state }: Service, pool: Pool): void {
  state.pools.delete(pool.id)
  for (const [id, { poolId }] of state.clients) if (poolId === pool.id) state.clients.delete(id)
  for (const held of [state.sessions, state.proofs, state.deviceSignIns])
    for (const [key, { facts }] of held) if (facts.poolId === pool.id) held.delete(key)
  for (const [fingerprint, eventId] of state.refreshTokens)
    if (state.families.get(eventId)?.poolId === pool.id) state.refreshTokens.delete(fingerprint)
  for (const [eventId, { poolId }] of state.families)
    if (poolId === pool.id) state.families.delete(eventId)
}
