// What tests and the demo do to a pool from behind, as commands of JSON: for pools in another process.
import { Fault } from './fault.ts'
import type { Message } from './outbox.ts'
import type { LocalPool, LoggedRequest } from './pool.ts'
import type { ClientSettings, Partly, PoolSettings } from './settings.ts'
import type { UserStatus } from './state.ts'
import type { NewPerson, Person, Users } from './users.ts'
import type { Trouble } from './weather.ts'

/** One command. */
export type Command =
  | { readonly do: 'outbox'; readonly wanted?: Partial<Message>; readonly clear?: boolean }
  | { readonly do: 'clock'; readonly advance?: number }
  | { readonly do: 'faults'; readonly add?: Trouble; readonly clear?: boolean }
  | { readonly do: 'users'; readonly create?: NewPerson }
  | {
      readonly do: 'user'
      readonly username: string
      readonly change: 'confirm' | 'disable' | 'enable' | 'reset' | 'delete'
    }
  | {
      readonly do: 'password'
      readonly username: string
      readonly password: string
      readonly temporary?: boolean
    }
  | {
      readonly do: 'attributes'
      readonly username: string
      readonly attributes: Readonly<Record<string, string>>
    }
  | { readonly do: 'status'; readonly username: string; readonly status: UserStatus }
  | { readonly do: 'totp'; readonly username: string }
  | {
      readonly do: 'settings'
      readonly pool?: Partly<PoolSettings>
      readonly client?: Partly<ClientSettings>
    }
  | { readonly do: 'requests'; readonly clear?: boolean }

/** What each command answers. */
export interface Replies {
  readonly outbox: readonly Message[]
  readonly clock: { readonly now: number }
  readonly faults: object
  readonly users: readonly Person[]
  readonly user: object
  readonly password: object
  readonly attributes: object
  readonly status: object
  readonly totp: { readonly code: string }
  readonly settings: { readonly pool: PoolSettings; readonly client: ClientSettings }
  readonly requests: readonly LoggedRequest[]
}

type Row<Name extends Command['do']> = (
  pool: LocalPool,
  command: Extract<Command, { readonly do: Name }>,
) => Replies[Name]

const changes: readonly (keyof Users)[] = ['confirm', 'disable', 'enable', 'reset', 'delete']

const rows: { readonly [Name in Command['do']]: Row<Name> } = {
  outbox: ({ outbox }, { wanted = {}, clear }) => {
    const fits = (message: Message): boolean =>
      Object.entries(wanted).every(([name, value]) => message[name as keyof Message] === value)
    const messages = outbox.messages.filter(fits)
    if (clear) outbox.clear()
    return messages
  },
  clock: ({ clock }, { advance = 0 }) => {
    clock.advance(advance)
    return { now: clock.now() }
  },
  faults: ({ faults }, { add, clear }) => {
    if (clear) faults.clear()
    if (add) faults.add(add)
    return {}
  },
  users: ({ users }, { create }) => {
    if (create) users.create(create)
    return users.list()
  },
  user: ({ users }, { username, change }) => {
    if (!changes.includes(change)) throw new TypeError(`latchkey/local: no change ${change}`)
    users[change](username)
    return {}
  },
  password: ({ users }, { username, password, temporary = false }) => {
    users.setPassword(username, password, { temporary })
    return {}
  },
  attributes: ({ users }, { username, attributes }) => {
    users.setAttributes(username, attributes)
    return {}
  },
  status: ({ users }, { username, status }) => {
    users.setStatus(username, status)
    return {}
  },
  totp: (pool, { username }) => ({ code: pool.totp(username) }),
  settings: (pool, { pool: ofPool = {}, client = {} }) => pool.configure({ pool: ofPool, client }),
  requests: ({ requests }, { clear }) => {
    const logged = [...requests]
    if (clear) requests.length = 0
    return logged
  },
}

/** Does what a command says. A command that makes no sense is a `TypeError`. */
export function control(pool: LocalPool, command: Command): Replies[Command['do']] {
  const name = (Object(command) as { readonly do?: unknown }).do as Command['do']
  if (!Object.hasOwn(rows, name))
    throw new TypeError(`latchkey/local: a command is one of ${Object.keys(rows).join(', ')}`)
  try {
    return (rows[name] as Row<Command['do']>)(pool, command)
  } catch (error) {
    // The pool refuses as it would refuse anybody: a password that was used before, and the like.
    throw error instanceof Fault ? new TypeError(`${error.type}: ${error.message}`) : error
  }
}
