// What every operation works with, and how it finds pools, app clients and people.
import { toBase64Url, utf8 } from '../bytes.ts'
import type { Random } from '../ports.ts'
import type { OperationName, Operations } from '../wire/operations.ts'
import { fail } from './fault.ts'
import type { Outbox } from './outbox.ts'
import type { Shape } from './shapes.ts'
import type { Client, Pool, ServerState, User } from './state.ts'
import type { Triggers } from './triggers.ts'

/** Operations that only a signed request may ask for. */
export interface SignedOperations {
  readonly operations: Readonly<Record<string, (service: Service, input: never) => unknown>>
  /** What their inputs must look like. */
  readonly shapes: Readonly<Record<string, Shape>>
  /** Those without any output. */
  readonly silent: ReadonlySet<string>
}

/** One server with its pools. */
export interface Service {
  readonly state: ServerState
  /** Where new pools are. */
  readonly region: string
  /** The administrator's side, if there is one. */
  readonly signed?: SignedOperations | undefined
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly random: Random
  readonly outbox: Pick<Outbox, 'send'>
  readonly triggers: Triggers
  /** Whether lockouts and hourly limits count. */
  readonly limits: boolean
  /** Whether pages of this origin may use passkeys. */
  readonly allowsOrigin: (origin: string, relyingPartyId: string) => boolean
}

/** The app client of an id, and its pool. */
export function clientOf(service: Service, id: string): { client: Client; pool: Pool } {
  const client = service.state.clients.get(id)
  if (!client) return fail('ResourceNotFound', `User pool client ${id} does not exist.`)
  return { client, pool: poolOf(service, client.poolId) }
}

/** The pool of an id. */
export function poolOf(service: Service, id: string): Pool {
  const pool = service.state.pools.get(id)
  return pool ?? fail('ResourceNotFound', `User pool ${id} does not exist.`)
}

/** The part of a pool's id that is hashed. */
export const poolName = ({ id }: Pool): string => id.slice(id.indexOf('_') + 1)

/** A name as the pool compares it. */
export const folded = ({ settings }: Pool, name: string): string =>
  settings.UsernameConfiguration.CaseSensitive ? name : name.toLowerCase()

/** Who is meant by a name: a user name, a subject, or an address that the pool takes for one. */
export function findUser(pool: Pool, name: string): User | undefined {
  const wanted = folded(pool, name)
  const named = pool.users.get(wanted)
  if (named) return named
  const { AliasAttributes, UsernameAttributes } = pool.settings
  for (const user of pool.users.values()) {
    if (user.sub === name) return user
    for (const alias of [...AliasAttributes, ...UsernameAttributes])
      if (isAliasOf(pool, user, alias, wanted)) return user
  }
  return undefined
}

/** Whether an attribute of somebody's counts as their name. An alias has to be verified first. */
export function isAliasOf(pool: Pool, user: User, alias: string, wanted: string): boolean {
  const value = user.attributes.get(alias)
  if (value === undefined || folded(pool, value) !== wanted) return false
  const { UsernameAttributes } = pool.settings
  return (
    alias === 'preferred_username' ||
    (UsernameAttributes as readonly string[]).includes(alias) ||
    user.attributes.get(`${alias}_verified`) === 'true'
  )
}

/** A random text of letters that an id may have. */
export const randomText = ({ random }: Service, bytes: number): string => toBase64Url(random(bytes))

/** Small letters and digits, as pools and app clients are named with. */
export const randomLetters = ({ random }: Pick<Service, 'random'>, count: number): string =>
  Array.from(random(count), (byte) => (byte % 36).toString(36)).join('')

/** A random id of the form that the service gives: like a UUID, but of no version. */
export function randomId({ random }: Service): string {
  const hex = Array.from(random(16), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')
}

/** So many digits. */
export const randomDigits = ({ random }: Service, count: number): string =>
  Array.from(random(count * 2), (byte) => (byte < 250 ? String(byte % 10) : ''))
    .join('')
    .slice(0, count)
    .padEnd(count, '7')

/** Somebody's name for authenticators. */
export const userHandleOf = ({ sub }: User): string => toBase64Url(utf8(sub))

/** Seconds since 1970, as the service writes moments. */
export const seconds = (milliseconds: number): number => milliseconds / 1000

/** What an operation is given. */
export type Input<Name extends OperationName> = Operations[Name]['input']

/** What an operation gives. */
export type Output<Name extends OperationName> = Promise<Operations[Name]['output']>

/** `ClientMetadata`, of which no value is missing once the input was checked. */
export const textOf = (given: object | undefined): Readonly<Record<string, string>> | undefined =>
  given as Readonly<Record<string, string>> | undefined
