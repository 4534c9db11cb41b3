// The public surface of latchkey/local: a user pool in memory, for tests and demos.
export { createLocalPool } from './pool.ts'

export type {
  Authenticator,
  AuthenticatorOptions,
  CreationOptions,
  CredentialJson,
  RequestOptions,
} from './authenticator.ts'
export type { Outbox } from './outbox.ts'
export type {
  LocalInit,
  LocalInput,
  LocalPool,
  LocalPoolOptions,
  LocalSettings,
  LoggedRequest,
} from './pool.ts'
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
export type { Message, MessagePurpose, Round, UserStatus } from './state.ts'
export type { Trigger, TriggerEvent, Triggers } from './triggers.ts'
export type { NewPerson, Person, PersonsDevice, Users } from './users.ts'
export type { Trouble, TroubleKind, Troubles } from './weather.ts'
