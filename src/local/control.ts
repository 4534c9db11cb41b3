// What tests and the demo do to a pool from behind, as commands of JSON: for pools in another process.
import { Fault } from './fault.ts'
import { members, oneOf, text, typed } from './forms.ts'
import type { Form } from './forms.ts'
import { checkWanted, fits } from './outbox.ts'
import type { LocalPool, LocalSettings, LoggedRequest } from './pool.ts'
import type { Message, UserStatus } from './state.ts'
import type { NewPerson, Person, PersonsDevice } from './users.ts'
import type { Trouble } from './weather.ts'

/** One command. */
export type Command =
  | { readonly do: 'outbox'; readonly wanted?: Partial<Message>; readonly clear?: boolean }
  | { readonly do: 'clock'; readonly advance?: number }
  | { readonly do: 'faults'; readonly add?: Trouble; readonly clear?: boolean }
  | { readonly do: 'users'; readonly create?: NewPerson }
  | { readonly do: 'user'; readonly username: string; readonly change: Change }
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
  | { readonly do: 'devices'; readonly username: string; readonly forget?: string }
  | { readonly do: 'totp'; readonly username: string }
  | ({ readonly do: 'settings' } & LocalSettings)
  | { readonly do: 'requests'; readonly clear?: boolean }
  | { readonly do: 'snapshot' }

/** What each command answers. */
export interface Replies {
  readonly outbox: readonly Message[]
  readonly clock: { readonly now: number }
  /** Those that are still to come. */
  readonly faults: readonly Trouble[]
  readonly users: readonly Person[]
  readonly user: object
  readonly password: object
  readonly attributes: object
  readonly status: object
  readonly devices: readonly PersonsDevice[]
  readonly totp: { readonly code: string }
  readonly settings: ReturnType<LocalPool['configure']>
  readonly requests: readonly LoggedRequest[]
  /** For the option `state`. */
  readonly snapshot: { readonly state: string }
}

/** What can be done to somebody without saying more. */
type Change = 'confirm' | 'disable' | 'enable' | 'reset' | 'delete' | 'signOut'

const changes: readonly Change[] = ['confirm', 'disable', 'enable', 'reset', 'delete', 'signOut']

type CommandOf<Name extends Command['do']> = Extract<Command, { readonly do: Name }>

/** What a command may have beside its name, and what is done then. */
interface Row<Name extends Command['do']> {
  readonly form: Form
  readonly act: (pool: LocalPool, command: CommandOf<Name>) => Replies[Name]
}

const row = <Name extends Command['do']>(
  forms: { readonly [Member in keyof Required<Omit<CommandOf<Name>, 'do'>>]: Form },
  needed: readonly (keyof Omit<CommandOf<Name>, 'do'> & string)[],
  act: Row<Name>['act'],
): Row<Name> => ({
  form: members<Omit<CommandOf<Name>, 'do'>>(forms, needed, 'part of the command'),
  act,
})

const flag = typed('boolean')
// What does the work looks at these more closely.
const later: Form = () => undefined

const rows: { readonly [Name in Command['do']]: Row<Name> } = {
  outbox: row<'outbox'>(
    { wanted: typed('object'), clear: flag },
    [],
    ({ outbox }, { wanted = {}, clear }) => {
      checkWanted(wanted)
      const messages = outbox.messages.filter((message) => fits(message, wanted))
      if (clear) outbox.clear()
      return messages
    },
  ),
  clock: row<'clock'>({ advance: later }, [], ({ clock }, { advance = 0 }) => {
    clock.advance(advance)
    return { now: clock.now() }
  }),
  faults: row<'faults'>({ add: typed('object'), clear: flag }, [], ({ faults }, { add, clear }) => {
    if (clear) faults.clear()
    if (add) faults.add(add)
    return faults.left
  }),
  users: row<'users'>({ create: typed('object') }, [], ({ users }, { create }) => {
    if (create) users.create(create)
    return users.list()
  }),
  user: row<'user'>(
    { username: text, change: oneOf(changes) },
    ['username', 'change'],
    ({ users }, { username, change }) => {
      users[change](username)
      return {}
    },
  ),
  password: row<'password'>(
    { username: text, password: text, temporary: flag },
    ['username', 'password'],
    ({ users }, { username, password, temporary = false }) => {
      users.setPassword(username, password, { temporary })
      return {}
    },
  ),
  attributes: row<'attributes'>(
    { username: text, attributes: later },
    ['username'],
    ({ users }, { username, attributes }) => {
      users.setAttributes(username, attributes)
      return {}
    },
  ),
  status: row<'status'>(
    { username: text, status: later },
    ['username'],
    ({ users }, { username, status }) => {
      users.setStatus(username, status)
      return {}
    },
  ),
  devices: row<'devices'>(
    { username: text, forget: text },
    ['username'],
    ({ users }, { username, forget }) => {
      if (forget !== undefined) users.forgetDevice(username, forget)
      return users.devices(username)
    },
  ),
  totp: row<'totp'>({ username: text }, ['username'], (pool, { username }) => ({
    code: pool.totp(username),
  })),
  settings: row<'settings'>(
    { pool: later, client: later, limits: later },
    [],
    (local, { pool, client, limits }) => local.configure({ pool, client, limits }),
  ),
  requests: row<'requests'>({ clear: flag }, [], ({ requests }, { clear }) => {
    const logged = [...requests]
    if (clear) requests.length = 0
    return logged
  }),
  snapshot: row<'snapshot'>({}, [], (pool) => ({ state: pool.snapshot() })),
}

/** Does what a command says. A command that makes no sense is a `TypeError`. */
export function control(pool: LocalPool, command: Command): Replies[Command['do']] {
  const { do: name, ...rest } = Object(command) as Command
  if (!Object.hasOwn(rows, name))
    throw new TypeError(`latchkey/local: a command is one of ${Object.keys(rows).join(', ')}`)
  const { form, act } = rows[name] as Row<Command['do']>
  form('', rest)
  try {
    return act(pool, command)
  } catch (error) {
    // The pool refuses as it would refuse anybody: a password that was used before, and the like.
    throw error instanceof Fault ? new TypeError(`${error.type}: ${error.message}`) : error
  }
}
