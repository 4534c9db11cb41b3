// People of a pool, as tests and seeds put them there: past every check that the service would make.
import { setAttribute } from './attributes.ts'
import { listOf, members, oneOf, text, texts, typed } from './forms.ts'
import { setPassword } from './passwords.ts'
import { newUser } from './people.ts'
import { revokeAll } from './refresh.ts'
import { findUser } from './service.ts'
import type { Service } from './service.ts'
import { mfaKinds } from './settings.ts'
import type { MfaKind } from './settings.ts'
import type { Pool, User, UserStatus } from './state.ts'
import { toBase32 } from './totp.ts'

/** Somebody to put into a pool. */
export interface NewPerson {
  readonly username: string
  readonly password?: string | undefined
  /** A temporary password has to be changed at the first sign-in. */
  readonly temporary?: boolean | undefined
  readonly attributes?: Readonly<Record<string, string>> | undefined
  /** Default: confirmed, or to change a temporary password. */
  readonly status?: UserStatus | undefined
  readonly groups?: readonly string[] | undefined
  /** Second factors that are switched on; an authenticator app gets a secret. */
  readonly mfa?: readonly MfaKind[] | undefined
  readonly preferredMfa?: MfaKind | undefined
}

/** Somebody, as far as tests look. */
export interface Person {
  readonly username: string
  readonly sub: string
  readonly status: UserStatus
  readonly enabled: boolean
  readonly attributes: Readonly<Record<string, string>>
  readonly mfa: readonly MfaKind[]
  readonly devices: readonly string[]
  readonly passkeys: readonly string[]
}

/** A device of somebody's, as far as tests look. */
export interface PersonsDevice {
  readonly key: string
  readonly name: string | undefined
  /** Whether it has given its secret, without which it is nobody's in particular. */
  readonly confirmed: boolean
  /** Whether it may stand for a second factor. */
  readonly remembered: boolean
  readonly createdAt: number
  readonly lastSignInAt: number
}

/** The people of a pool. All take a name as it would be typed. */
export interface Users {
  create(person: NewPerson): Person
  get(username: string): Person | undefined
  list(): Person[]
  setPassword(username: string, password: string, options?: { temporary?: boolean }): void
  setAttributes(username: string, attributes: Readonly<Record<string, string>>): void
  setStatus(username: string, status: UserStatus): void
  confirm(username: string): void
  disable(username: string): void
  enable(username: string): void
  /** Asks for a new password, as an administrator can. */
  reset(username: string): void
  delete(username: string): void
  /** Ends every sign-in of somebody's, as if they had asked for that elsewhere. */
  signOut(username: string): void
  devices(username: string): PersonsDevice[]
  /** As if the service had forgotten it. */
  forgetDevice(username: string, deviceKey: string): void
}

const statuses: readonly UserStatus[] = [
  ...(['UNCONFIRMED', 'CONFIRMED', 'FORCE_CHANGE_PASSWORD', 'RESET_REQUIRED'] as const),
]
const status = oneOf(statuses)

const person = members<NewPerson>(
  {
    username: typed('string'),
    password: text,
    temporary: typed('boolean'),
    attributes: texts,
    status,
    groups: listOf(typed('string')),
    mfa: listOf(oneOf(mfaKinds)),
    preferredMfa: oneOf(mfaKinds),
  },
  ['username'],
)

/** The people of one pool. */
export function createUsers(service: Service, pool: Pool): Users {
  const get = (username: string): User => {
    const user = findUser(pool, username)
    if (!user) throw new TypeError(`latchkey/local: there is no ${username}`)
    return user
  }
  return {
    create(given) {
      person('', given)
      const { username, password, temporary, attributes } = given
      if (findUser(pool, username))
        throw new TypeError(`latchkey/local: there is a ${username} already`)
      const user = newUser(service, pool, username, attributes)
      if (password !== undefined) setPassword(service, pool, user, password, temporary)
      user.status = given.status ?? (temporary ? 'FORCE_CHANGE_PASSWORD' : 'CONFIRMED')
      for (const group of given.groups ?? []) user.groups.add(group)
      for (const kind of given.mfa ?? []) user.mfa.add(kind)
      if (user.mfa.has('SOFTWARE_TOKEN_MFA'))
        user.totp = { secret: toBase32(service.random(32)), verified: true, used: new Set() }
      user.preferredMfa = given.preferredMfa
      return told(user)
    },
    get: (username) => {
      const user = findUser(pool, username)
      return user && told(user)
    },
    list: () => [...pool.users.values()].map(told),
    setPassword(username, password, { temporary } = {}) {
      const user = get(username)
      text('password', password)
      setPassword(service, pool, user, password, temporary)
      user.status = temporary ? 'FORCE_CHANGE_PASSWORD' : 'CONFIRMED'
    },
    setAttributes(username, attributes) {
      const user = get(username)
      texts('attributes', attributes)
      for (const [name, value] of Object.entries(attributes)) setAttribute(user, name, value)
    },
    setStatus(username, given) {
      const user = get(username)
      status('status', given)
      user.status = given
    },
    confirm(username) {
      get(username).status = 'CONFIRMED'
    },
    disable(username) {
      get(username).enabled = false
    },
    enable(username) {
      get(username).enabled = true
    },
    reset(username) {
      get(username).status = 'RESET_REQUIRED'
    },
    delete(username) {
      pool.users.delete(get(username).username)
    },
    signOut(username) {
      revokeAll(service, get(username))
    },
    devices: (username) =>
      [...get(username).devices.values()].map(
        ({ key, name, verifier, remembered, createdAt, lastSignInAt }) => ({
          ...{ key, name, confirmed: verifier !== undefined, remembered, createdAt, lastSignInAt },
        }),
      ),
    forgetDevice(username, deviceKey) {
      if (!get(username).devices.delete(deviceKey))
        throw new TypeError(`latchkey/local: ${username} has no such device`)
    },
  }
}

const told = (user: User): Person => ({
  username: user.username,
  sub: user.sub,
  status: user.status,
  enabled: user.enabled,
  attributes: Object.fromEntries(user.attributes),
  mfa: [...user.mfa],
  devices: [...user.devices.keys()],
  passkeys: [...user.passkeys.keys()],
})
