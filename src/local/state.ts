// Everything that a pool knows, as plain data: it can be written to a file and read again.
import { refuse } from '../errors.ts'
import type { Jwk } from './crypto.ts'
import type { OpenProof, Verifier } from './proofs.ts'
import type { ClientSettings, MfaKind, PoolSettings } from './settings.ts'
import type { PasskeyFacts } from './webauthn.ts'

/** All pools of one server. Moments are milliseconds since 1970 unless a name says otherwise. */
export interface ServerState {
  readonly pools: Map<string, Pool>
  readonly clients: Map<string, Client>
  /** Sign-ins under way, by the text that the client holds. */
  readonly sessions: Map<string, Session>
  /** Proofs asked for, by their secret block. */
  readonly proofs: Map<string, PendingProof>
  /** Sign-ins that wait for the proof of a device, for clients that send no session for that. */
  readonly deviceSignIns: Map<string, Session>
  /** All tokens, by the `event_id` of the sign-in that they came of. */
  readonly families: Map<string, Family>
  /** The sign-in of every refresh token, by the token's fingerprint. */
  readonly refreshTokens: Map<string, string>
  /** What was sent, oldest first. */
  readonly outbox: Sent[]
  /** How far the clock has been put forward. */
  ahead: number
  /** When what is over was last cleared away. */
  sweptAt: number
}

/** A user pool. */
export interface Pool {
  readonly id: string
  readonly region: string
  settings: PoolSettings
  /** What was given and only told back. */
  extras: Readonly<Record<string, unknown>>
  readonly createdAt: number
  modifiedAt: number
  /** What its tokens are signed with; made when the first is asked for. */
  keys?: TokenKeys | undefined
  /** What simulated answers for people who do not exist are made from, in hex. */
  readonly secret: string
  /** What its codes as a second factor by e-mail say. */
  emailMfa?: Readonly<Record<string, unknown>> | undefined
  /** By the name that never changes. */
  readonly users: Map<string, User>
  /** Names that nobody has and that something counts against, the last one counted at the end. */
  nobodies?: Map<string, Nobody> | undefined
  readonly groups: Map<string, Group>
}

/** The keys of a pool: its two kinds of tokens have different ones. */
export interface TokenKeys {
  readonly id: TokenKey
  readonly access: TokenKey
}

/** A key that tokens are signed with. */
export interface TokenKey {
  readonly kid: string
  readonly privateKey: Jwk
  readonly publicKey: Jwk
}

/** A group of a pool. */
export interface Group {
  readonly name: string
  readonly description?: string | undefined
  readonly precedence?: number | undefined
  readonly roleArn?: string | undefined
  readonly createdAt: number
}

/** An app client. */
export interface Client {
  readonly id: string
  readonly poolId: string
  readonly secret?: string | undefined
  settings: ClientSettings
  /** What was given and only told back. */
  extras: Readonly<Record<string, unknown>>
  readonly createdAt: number
  modifiedAt: number
}

/** Where an account stands. */
export type UserStatus = 'UNCONFIRMED' | 'CONFIRMED' | 'FORCE_CHANGE_PASSWORD' | 'RESET_REQUIRED'

/** What a code is for. */
export type CodePurpose = 'signUp' | 'recovery' | 'email' | 'phone_number'

/** What counts against a name. */
export interface Tries {
  /** Wrong passwords in a row, and until when none is looked at. */
  failures: number
  failedAt?: number | undefined
  lockedUntil: number
  /** When an operation was asked for, for the hourly limits. */
  readonly asked: Map<string, number[]>
}

/** A name that nobody has, as far as it was tried. */
export interface Nobody extends Tries {
  readonly username: string
  readonly password?: undefined
  /** Until when the codes would be good that would have been sent. */
  readonly codes: Map<CodePurpose, number>
  /** When all of it is over. */
  until: number
}

/** Somebody in a pool. */
export interface User extends Tries {
  readonly username: string
  readonly sub: string
  readonly attributes: Map<string, string>
  /** What an attribute will be, once the code that went there comes back. */
  readonly pending: Map<string, string>
  status: UserStatus
  enabled: boolean
  readonly createdAt: number
  modifiedAt: number
  password?: Password | undefined
  readonly history: Verifier[]
  readonly codes: Map<CodePurpose, Code>
  /** The second factors that are switched on. */
  readonly mfa: Set<MfaKind>
  preferredMfa?: MfaKind | undefined
  totp?: Totp | undefined
  /** The secret of one that was not verified yet. */
  pendingTotp?: string | undefined
  readonly devices: Map<string, Device>
  readonly passkeys: Map<string, Passkey>
  registration?: Registration | undefined
  readonly groups: Set<string>
  /** Whether there was a sign-in. */
  signedIn?: boolean | undefined
}

/** A password, as far as it is kept. */
export interface Password extends Verifier {
  /** The end of a temporary one. */
  readonly until?: number | undefined
}

/** A code that was sent. */
export interface Code {
  readonly code: string
  /** Where it went: it says nothing about another address. */
  readonly sentTo: string
  readonly until: number
}

/** An authenticator app. */
export interface Totp {
  readonly secret: string
  readonly verified: boolean
  readonly name?: string | undefined
  /** The half minutes whose code was used. */
  readonly used: Set<number>
}

/** A device of somebody's. */
export interface Device {
  readonly key: string
  readonly groupKey: string
  /** Missing until it is confirmed. */
  verifier?: Verifier | undefined
  name?: string | undefined
  remembered: boolean
  readonly createdAt: number
  modifiedAt: number
  lastSignInAt: number
}

/** A passkey of somebody's. */
export interface Passkey extends PasskeyFacts {
  counter: number
  readonly name: string
  readonly relyingPartyId: string
  readonly transports: readonly string[]
  readonly attachment?: string | undefined
  readonly createdAt: number
}

/** A registration of a passkey that was begun. */
export interface Registration {
  readonly challenge: string
  readonly clientId: string
  readonly until: number
}

/** All tokens that came of one sign-in. */
export interface Family {
  readonly originJti: string
  readonly eventId: string
  readonly authTime: number
  readonly poolId: string
  readonly clientId: string
  readonly username: string
  readonly sub: string
  readonly deviceKey?: string | undefined
  readonly until: number
  revoked: boolean
  /** With all the others of the same person. */
  signedOut?: boolean | undefined
  /** Fingerprint of the refresh token that counts. */
  current: string
  /** Of the one that it was exchanged for, and when. */
  parent?: { readonly fingerprint: string; readonly spentAt: number } | undefined
}

/** A sign-in under way, as far as it has got. */
export interface SignInFacts {
  readonly poolId: string
  readonly clientId: string
  /** Whose; nobody's where the pool hides who exists. */
  readonly username: string | undefined
  /** The same person's subject: somebody new may have the name by the time of the answer. */
  readonly sub: string | undefined
  /** The name that was typed. */
  readonly typed: string
  readonly flow: string
  readonly deviceKey?: string | undefined
  /** Whether a password was proved: only then is a second factor asked for. */
  readonly byPassword: boolean
  /** Whether the second factor, or the device in its place, is done with. */
  readonly secondDone: boolean
  /** Whether a device was let off the second factor for a proof that it has still to give. */
  readonly deviceOwed?: boolean | undefined
  /** The rounds so far, as Lambda is told, in a flow that Lambda leads. */
  readonly rounds: readonly Round[]
}

/** One answered challenge, as Lambda is told. */
export interface Round {
  readonly challengeName: string
  readonly challengeResult: boolean
  readonly challengeMetadata?: string | undefined
}

/** A proof that was asked for. */
export interface PendingProof extends OpenProof {
  /** A password's and a device's are not taken for one another. */
  readonly challenge: 'PASSWORD_VERIFIER' | 'DEVICE_PASSWORD_VERIFIER'
  readonly facts: SignInFacts
  readonly until: number
}

/** A challenge that waits for its answer. */
export interface Session {
  readonly facts: SignInFacts
  readonly challenge: string
  until: number
  used: boolean
  /** The code that was sent. */
  readonly code?: string | undefined
  /** The challenge of a passkey ceremony. */
  readonly webauthn?: string | undefined
  /** What can be chosen. */
  readonly choices?: readonly string[] | undefined
  /** Where it went: it says nothing about another address. */
  readonly sentTo?: string | undefined
  /** Whether that becomes the address, and a second factor, by it. */
  readonly setsUp?: boolean | undefined
  /** What Lambda keeps to itself, and its note for the next round. */
  readonly privateParameters?: Readonly<Record<string, string>> | undefined
  readonly challengeMetadata?: string | undefined
  /** An authenticator app was set up. */
  readonly totpVerified?: boolean | undefined
}

/** A message that would have been sent. */
export interface Message {
  readonly to: string
  readonly medium: 'EMAIL' | 'SMS'
  readonly purpose: MessagePurpose
  readonly username: string
  readonly poolId: string
  /** The code, or the temporary password of an invitation. */
  readonly code: string
  readonly subject?: string | undefined
  readonly text: string
  readonly sentAt: number
}

/** Why a message is sent. */
export type MessagePurpose = 'signUp' | 'recovery' | 'attribute' | 'mfa' | 'signIn' | 'invitation'

/** A message, and whether somebody who waited for one was given it. */
export interface Sent {
  readonly message: Message
  given: boolean
}

/** State before anything has happened. */
export const emptyState = (): ServerState => ({
  pools: new Map(),
  clients: new Map(),
  sessions: new Map(),
  proofs: new Map(),
  deviceSignIns: new Map(),
  families: new Map(),
  refreshTokens: new Map(),
  outbox: [],
  ahead: 0,
  sweptAt: 0,
})

/** Of the text. It changes with every change after which an older text would be misread. */
const version = 1

// JSON has no maps and no sets: they are objects of one member whose name begins with a dollar. A name of
// the user's own that begins like that gets a second one, so that neither is taken for the other.
const renamed = (value: object, rename: (name: string) => string): object =>
  Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name.startsWith('$') ? rename(name) : name,
      member as unknown,
    ]),
  )

/** Plain data, maps and sets as a text. */
export const encode = (data: unknown): string =>
  JSON.stringify(data, (_, value: unknown) => {
    if (value instanceof Map) return { $map: [...(value as Map<unknown, unknown>)] }
    if (value instanceof Set) return { $set: [...(value as Set<unknown>)] }
    return isOurs(value) ? renamed(value, (name) => `$${name}`) : value
  })

/** What a text was made of. */
export const decode = (text: string): unknown =>
  JSON.parse(text, (_, value: unknown) => {
    if (!isOurs(value)) return value
    const { $map, $set } = value as { $map?: [unknown, unknown][]; $set?: unknown[] }
    if (Array.isArray($map)) return new Map($map)
    return Array.isArray($set) ? new Set($set) : renamed(value, (name) => name.slice(1))
  })

const isOurs = (value: unknown): value is object =>
  Object(value) === value &&
  !Array.isArray(value) &&
  Object.keys(value as object).some((name) => name.startsWith('$'))

/** State as a text. */
export const writeState = (state: ServerState): string => encode({ version, ...state })

/** State from its text. Refuses what is none, before a pool goes on with it or writes over it. */
export function readState(text: string): ServerState {
  const { version: written, ...state } = Object(parsed(text)) as ServerState & { version: unknown }
  if (written !== version)
    refuse('state', `of version ${version}, as snapshot gives it`, `version ${String(written)}`)
  check('state', state, kindsOfState)
  for (const [id, pool] of state.pools) check(`state.pools.${id}`, pool, kindsOfPool)
  for (const [id, client] of state.clients) {
    check(`state.clients.${id}`, client, kindsOfClient)
    if (!state.pools.has(client.poolId))
      refuse(`state.clients.${id}.poolId`, 'the id of a pool of the state', 'another')
  }
  for (const [id, { users }] of state.pools)
    for (const [name, user] of users) check(`state.pools.${id}.users.${name}`, user, kindsOfUser)
  return state
}

function parsed(text: string): unknown {
  try {
    return decode(text)
  } catch (cause) {
    return refuse('state', 'a text that snapshot gave', 'another', cause)
  }
}

/** The members without which nothing works, by what they are. */
type Kinds<Data> = {
  readonly [Name in keyof Data]?: 'map' | 'set' | 'list' | 'object' | 'string' | 'number'
}

const kindsOfState: Required<Kinds<ServerState>> = {
  pools: 'map',
  clients: 'map',
  sessions: 'map',
  proofs: 'map',
  deviceSignIns: 'map',
  families: 'map',
  refreshTokens: 'map',
  outbox: 'list',
  ahead: 'number',
  sweptAt: 'number',
}
const kindsOfPool: Kinds<Pool> = {
  ...{ id: 'string', region: 'string', settings: 'object', extras: 'object' },
  ...{ secret: 'string', users: 'map', groups: 'map' },
}
const kindsOfClient: Kinds<Client> = {
  ...{ id: 'string', poolId: 'string', settings: 'object', extras: 'object' },
}
const kindsOfUser: Kinds<User> = {
  ...{ username: 'string', sub: 'string', status: 'string', attributes: 'map', pending: 'map' },
  ...{ history: 'list', codes: 'map', mfa: 'set', devices: 'map', passkeys: 'map' },
  ...{ groups: 'set', asked: 'map', failures: 'number', lockedUntil: 'number' },
}

function check<Data>(path: string, data: Data, kinds: Kinds<Data>): void {
  const given = Object(data) as Readonly<Record<string, unknown>>
  for (const [name, kind] of Object.entries<string>(kinds as Readonly<Record<string, string>>)) {
    const came = kindOf(given[name])
    if (came !== kind) refuse(`${path}.${name}`, kind, came)
  }
}

function kindOf(value: unknown): string {
  if (value instanceof Map) return 'map'
  if (value instanceof Set) return 'set'
  return Array.isArray(value) ? 'list' : value === null ? 'nothing' : typeof value
}
