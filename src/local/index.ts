// The public surface of latchkey/local: a user pool in memory, for tests and demos.
export { createLocalPool } from './pool.ts'

export type {
  Authenticator,
  AuthenticatorOptions,
  CreationOptions,
  CredentialJson,
  RequestOptions,
} from './authenticator.ts'
export type { Message, MessagePurpose, Outbox } from './outbox.ts'
export type { LocalInit, LocalPool, LocalPoolOptions, LoggedRequest } from './pool.ts'
export type { Answer, Request } from './server.ts'
export type {
  AliasName,
  ClientSettings,
  FirstFactor,
  MfaKind,
  Partly,
  PasswordPolicy,
  PoolSettings,
  SchemaAttribute,
} from './settings.ts'
export type { Round, UserStatus } from './state.ts'
export type { Trigger, TriggerEvent, Triggers } from './triggers.ts'
export type { NewPerson, Person, Users } from './users.ts'
export type { Trouble, TroubleKind, Troubles } from './weather.ts'
