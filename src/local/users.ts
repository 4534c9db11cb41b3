// People of a pool, as tests and seeds put them there: past every check that the service would make.
import { refuse } from '../errors.ts'
import { setAttribute } from './attributes.ts'
import { setPassword } from './passwords.ts'
import { newUser } from './people.ts'
import { findUser } from './service.ts'
import type { Service } from './service.ts'
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
  /** As if the service had forgotten it. */
  forgetDevice(username: string, deviceKey: string): void
}

/** The people of one pool. */
export function createUsers(service: Service, pool: Pool): Users {
  const get = (username: string): User => {
    const user = findUser(pool, username)
    if (!user) throw new TypeError(`latchkey/local: there is no ${username}`)
    return user
  }
  return {
    create({ username, password, temporary, attributes, status, groups, mfa, preferredMfa }) {
      // Commands come from other processes.
      const came = (username as unknown) === '' ? 'nothing' : typeof username
      if (came !== 'string') refuse('username', 'string', came)
      if (findUser(pool, username))
        throw new TypeError(`latchkey/local: there is a ${username} already`)
      const user = newUser(service, pool, username, attributes)
      if (password !== undefined) setPassword(service, pool, user, password, temporary)
      user.status = status ?? (temporary ? 'FORCE_CHANGE_PASSWORD' : 'CONFIRMED')
      for (const group of groups ?? []) user.groups.add(group)
      for (const kind of mfa ?? []) user.mfa.add(kind)
      if (user.mfa.has('SOFTWARE_TOKEN_MFA'))
        user.totp = { secret: toBase32(service.random(32)), verified: true, used: new Set() }
      user.preferredMfa = preferredMfa
      return told(user)
    },
    get: (username) => {
      const user = findUser(pool, username)
      return user && told(user)
    },
    list: () => [...pool.users.values()].map(told),
    setPassword(username, password, { temporary } = {}) {
      const user = get(username)
      setPassword(service, pool, user, password, temporary)
      user.status = temporary ? 'FORCE_CHANGE_PASSWORD' : 'CONFIRMED'
    },
    setAttributes(username, attributes) {
      const user = get(username)
      for (const [name, value] of Object.entries(attributes)) setAttribute(user, name, value)
    },
    setStatus(username, status) {
      get(username).status = status
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
    forgetDevice(username, deviceKey) {
      get(username).devices.delete(deviceKey)
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
