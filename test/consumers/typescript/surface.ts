// Everything that the library exports, used where the host's types are not known.
import { AuthError, createAuth, isAuthError } from 'latchkey'
import type {
  AccessTokenInput,
  AnalyticsMetadata,
  Attribute,
  AttributeInput,
  Auth,
  AuthenticationResult,
  AuthErrorCode,
  AuthErrorFacts,
  AuthEvent,
  AuthFactor,
  AuthFlow,
  CallInput,
  CallOptions,
  ChallengeName,
  ChallengeOutput,
  Clock,
  ContextInput,
  CodeDeliveryDetails,
  CodeDeliveryOutput,
  CodeOf,
  DeliveryMedium,
  Device,
  DevicePage,
  DeviceSecretVerifierConfig,
  EpochSeconds,
  Fetch,
  FetchInit,
  FetchResponse,
  Given,
  Hmac,
  InitiateAuthOutput,
  MfaOption,
  MfaOptionInput,
  MfaSettings,
  NamedInput,
  NewDeviceMetadata,
  NoOutput,
  OperationName,
  Operations,
  Options,
  Random,
  RequestEvent,
  RetryEvent,
  ServiceErrorName,
  Signal,
  SignalLike,
  TextByName,
  UserContext,
  UserContextData,
  WebAuthnCredential,
  WebAuthnCredentialPage,
} from 'latchkey'
import {
  N,
  createKeyPair,
  deviceClaim,
  g,
  k,
  newDevice,
  passwordClaim,
  privateKey,
  scrambler,
  sessionKey,
  sharedSecret,
  timestamp,
} from 'latchkey/srp'
import type {
  ClaimInput,
  DeviceClaim,
  DeviceClaimInput,
  DeviceSecret,
  KeyPair,
  ModPow,
  NewDevice,
  NewDeviceInput,
  PasswordClaim,
  PasswordClaimInput,
} from 'latchkey/srp'

import { createLocalPool } from 'latchkey/local'
import type {
  AliasName,
  Answer,
  Authenticator,
  AuthenticatorOptions,
  ClientSettings,
  CreationOptions,
  CredentialJson,
  FirstFactor,
  LocalInit,
  LocalInput,
  LocalPool,
  LocalPoolOptions,
  LocalSettings,
  LoggedRequest,
  Message,
  MessagePurpose,
  MfaKind,
  NewPerson,
  Outbox,
  Partly,
  PasswordPolicy,
  Person,
  PersonsDevice,
  PoolSettings,
  Request as LocalRequest,
  RequestOptions,
  Round,
  SchemaAttribute,
  Trigger,
  TriggerEvent,
  Triggers,
  Trouble,
  TroubleKind,
  Troubles,
  Users,
  UserStatus,
} from 'latchkey/local'
import { listen } from 'latchkey/local/node'
import type { Listening, ListenOptions } from 'latchkey/local/node'

const clock: Clock = { now: () => 0, after: () => () => undefined }
const random: Random = (length) => new Uint8Array(length)
const hmac: Hmac = async (key, text) => key + text
const headers: Given<TextByName> = async (operation: OperationName) => ({ 'x-for': operation })
const response: FetchResponse = {
  status: 200,
  headers: { get: () => null },
  text: async () => '{}',
}
const fetch: Fetch = async (url: string, { method, body, signal }: FetchInit) => {
  const sent: string = url + method + body
  const abortable: Signal = signal
  return abortable.aborted || sent === '' ? Promise.reject(new Error()) : response
}

function tell(event: AuthEvent): string {
  if (event.type === 'step') return event.at
  if (event.type === 'retry') return afterRetry(event)
  const request: RequestEvent = event
  return `${request.operation} ${request.milliseconds} ${request.code ?? 'ok'}`
}

function afterRetry({ code, delay, attempt }: RetryEvent): string {
  return `${attempt} ${code} ${delay}`
}

export const options: Options = {
  userPoolId: 'eu-west-1_Ab12Cd34E',
  clientId: 'client',
  clientSecret: 'secret',
  endpoint: 'https://example.com/',
  allowInsecureEndpoint: false,
  timeout: 1000,
  headers,
  clientMetadata: { campaign: 'spring' },
  userContextData: () => ({ encodedData: 'data', ipAddress: undefined }),
  onEvent: (event) => void tell(event),
  fetch,
  clock,
  random,
  hmac,
}

// Everything that may be left out may be undefined as well.
createAuth({
  userPoolId: 'eu-west-1_Ab12Cd34E',
  clientId: 'client',
  clientSecret: undefined,
  endpoint: undefined,
  allowInsecureEndpoint: undefined,
  timeout: undefined,
  headers: undefined,
  clientMetadata: undefined,
  userContextData: undefined,
  onEvent: undefined,
  fetch: undefined,
  clock: undefined,
  random: undefined,
  hmac: undefined,
  signInValidity: undefined,
  storage: undefined,
  tabStorage: undefined,
  passkeys: undefined,
  modPow: undefined,
})
// @ts-expect-error: the client's id is needed
createAuth({ userPoolId: 'eu-west-1_Ab12Cd34E' })
// @ts-expect-error: there is no such option
createAuth({ ...options, region: 'eu-west-1' })

export const auth: Auth = createAuth(options)

export async function signIn(name: string, password: string, signal?: Signal): Promise<string> {
  const flow: AuthFlow = 'USER_PASSWORD_AUTH'
  const input: CallInput<'InitiateAuth'> = {
    AuthFlow: flow,
    AuthParameters: { USERNAME: name, PASSWORD: password },
  }
  const callOptions: CallOptions = { signal }
  const begun: InitiateAuthOutput = await auth.call('InitiateAuth', input, callOptions)
  const challenge: ChallengeName | undefined = begun.ChallengeName
  if (challenge === undefined) return tokenOf(begun)
  const answered: ChallengeOutput = await auth.call('RespondToAuthChallenge', {
    ChallengeName: challenge,
    ChallengeResponses: { USERNAME: name, SMS_MFA_CODE: '123456' },
    Session: begun.Session,
  })
  return tokenOf(answered)
}

function tokenOf({ AuthenticationResult: result }: ChallengeOutput): string {
  const tokens: AuthenticationResult = result ?? {}
  const device: NewDeviceMetadata | undefined = tokens.NewDeviceMetadata
  return tokens.AccessToken ?? device?.DeviceKey ?? ''
}

export async function readAccount(AccessToken: string): Promise<unknown[]> {
  const user = await auth.call('GetUser', { AccessToken })
  const attributes: readonly Attribute[] = user.UserAttributes
  const mfa: readonly MfaOption[] = user.MFAOptions ?? []
  const { ConfiguredUserAuthFactors } = await auth.call('GetUserAuthFactors', { AccessToken })
  const factor: AuthFactor | undefined = ConfiguredUserAuthFactors?.[0]
  const { Devices } = await auth.call('ListDevices', { AccessToken, Limit: 60 })
  const device: Device | undefined = Devices?.[0]
  const { Credentials } = await auth.call('ListWebAuthnCredentials', { AccessToken })
  const passkey: WebAuthnCredential | undefined = Credentials[0]
  const createdAt: EpochSeconds | undefined = passkey?.CreatedAt
  return [user.Username, attributes[0]?.Value, mfa, factor, device?.DeviceKey, createdAt]
}

export async function changeAccount(AccessToken: string): Promise<DeliveryMedium | undefined> {
  const attribute: AttributeInput = { Name: 'email', Value: 'ada@example.com' }
  const { CodeDeliveryDetailsList } = await auth.call('UpdateUserAttributes', {
    AccessToken,
    UserAttributes: [attribute],
  })
  const enabled: MfaSettings = { Enabled: true, PreferredMfa: true }
  await auth.call('SetUserMFAPreference', { AccessToken, SoftwareTokenMfaSettings: enabled })
  const old: MfaOptionInput = { AttributeName: 'phone_number', DeliveryMedium: 'SMS' }
  await auth.call('SetUserSettings', { AccessToken, MFAOptions: [old] })
  const verifier: DeviceSecretVerifierConfig = { PasswordVerifier: 'dg==', Salt: 'cw==' }
  await auth.call('ConfirmDevice', {
    AccessToken,
    DeviceKey: 'device',
    DeviceSecretVerifierConfig: verifier,
  })
  const details: CodeDeliveryDetails | undefined = CodeDeliveryDetailsList?.[0]
  return details?.DeliveryMedium
}

export async function recover(Username: string): Promise<'done' | AuthErrorCode> {
  const counted: AnalyticsMetadata = { AnalyticsEndpointId: 'endpoint' }
  const device: UserContextData = { EncodedData: 'data' }
  try {
    await auth.call('ConfirmForgotPassword', {
      Username,
      ConfirmationCode: '123456',
      Password: 'new',
      AnalyticsMetadata: counted,
      UserContextData: device,
    })
    return 'done'
  } catch (caught) {
    if (!isAuthError(caught)) throw caught
    const code: AuthErrorCode = caught.code
    if (!isAuthError(caught, 'ConfirmForgotPassword')) return code
    const narrowed: CodeOf<'ConfirmForgotPassword'> = caught.code
    // @ts-expect-error: this operation registers no passkey
    if (narrowed === 'passkey-not-supported') return 'done'
    switch (caught.code) {
      case 'wrong-code':
      case 'code-expired':
        return caught.retryable ? 'throttled' : narrowed
      default:
        return caught.code
    }
  }
}

// @ts-expect-error: there is no such operation
void auth.call('AdminGetUser', { Username: 'ada' })
// @ts-expect-error: the name is needed
void auth.call('ForgotPassword', {})

const facts: AuthErrorFacts<'throttled'> = { code: 'throttled', operation: 'GetUser', status: 400 }
export const made: AuthError<'throttled'> = new AuthError(facts)
export const isError: Error = made

export type Refusals = Operations['SignUp']['errors'] & ServiceErrorName

/** A signal needs no more than this. */
export const structural: SignalLike = {
  aborted: false,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
}

export const risk: UserContext = { encodedData: 'data', ipAddress: '203.0.113.7' }
export const holder: AccessTokenInput = { AccessToken: 'token' }
export const person: ContextInput & NamedInput = { ClientId: 'client', Username: 'ada' }

export type Pages = DevicePage & WebAuthnCredentialPage & CodeDeliveryOutput & NoOutput

const modPow: ModPow = (base: bigint, exponent: bigint, modulus: bigint) =>
  Promise.resolve(base ** exponent % modulus)

/** A sign-in with a password and a device, by hand. */
export async function proveBoth(metadata: NewDeviceMetadata): Promise<ChallengeOutput> {
  const keyPair: KeyPair = await createKeyPair(random(40), modPow)
  const { ChallengeParameters: challenge }: InitiateAuthOutput = await auth.call('InitiateAuth', {
    AuthFlow: 'USER_SRP_AUTH',
    AuthParameters: { USERNAME: 'ada', SRP_A: keyPair.publicKey },
  })
  const common: ClaimInput = { keyPair, challenge, now: clock.now() }
  const password: PasswordClaimInput = { ...common, userPoolId: 'x_y', password: 'p', modPow }
  const claimed: PasswordClaim = await passwordClaim(password)
  const wanted: NewDeviceInput = { metadata, secret: random(40), salt: random(16) }
  const made: NewDevice = await newDevice(wanted)
  const device: DeviceSecret = made.device
  await auth.call('ConfirmDevice', {
    AccessToken: 'token',
    DeviceKey: device.key,
    DeviceSecretVerifierConfig: made.verifier,
  })
  const second: DeviceClaimInput = { ...common, device, username: claimed.USERNAME }
  const proof: DeviceClaim = await deviceClaim(second)
  return auth.call('RespondToAuthChallenge', {
    ChallengeName: 'DEVICE_PASSWORD_VERIFIER',
    ChallengeResponses: proof,
  })
}

/** The parts of the arithmetic. */
export async function arithmetic(a: bigint, B: bigint): Promise<Uint8Array> {
  const u = scrambler(g ** a % N, B + k)
  const x = privateKey('pool', 'user', 'password', 1n)
  const S: bigint = await sharedSecret({ a, B, u, x })
  const at: string = timestamp(0)
  return at === '' ? new Uint8Array(0) : sessionKey(S, u)
}

const policy: PasswordPolicy | undefined = undefined
const attribute: SchemaAttribute = { Name: 'team', Mutable: true }
const aliases: readonly AliasName[] = ['email']
const factors: readonly FirstFactor[] = ['PASSWORD', 'WEB_AUTHN']
const kinds: readonly MfaKind[] = ['SOFTWARE_TOKEN_MFA']
const settings: Partly<PoolSettings> = {
  AliasAttributes: aliases,
  EnabledMfas: kinds,
  Policies: { PasswordPolicy: policy, SignInPolicy: { AllowedFirstAuthFactors: factors } },
  Schema: [attribute],
}
const ofClient: Partly<ClientSettings> = { AccessTokenValidity: 5 }
const preSignUp: Trigger<object, { autoConfirmUser?: boolean }> = (
  event: TriggerEvent<object, { autoConfirmUser?: boolean }>,
) => ({ ...event, response: { autoConfirmUser: true } })
const triggers: Triggers = {
  preSignUp,
  defineAuthChallenge: ({ request }) => {
    const rounds: readonly Round[] = request.session
    void rounds
  },
}
const localOptions: LocalPoolOptions = { pool: settings, client: ofClient, triggers, limits: false }

/** A user pool of one's own. */
export async function inABox(): Promise<readonly LoggedRequest[]> {
  const pool: LocalPool = createLocalPool(localOptions)
  const person: NewPerson = { username: 'ada', password: 'Correct-Horse7' }
  const users: Users = pool.users
  const ada: Person = users.create(person)
  const status: UserStatus = ada.status
  const outbox: Outbox = pool.outbox
  const purpose: MessagePurpose = 'signIn'
  const message: Message = await outbox.next({ purpose })
  const kind: TroubleKind = 'throttle'
  const trouble: Trouble = { kind, retryAfter: 1 }
  const faults: Troubles = pool.faults
  faults.add(trouble)
  const origin: Omit<AuthenticatorOptions, 'random'> = { origin: 'https://example.com' }
  const authenticator: Authenticator = pool.authenticator(origin)
  const create = (options: CreationOptions): Promise<CredentialJson> =>
    authenticator.create(options)
  const get = (options: RequestOptions): Promise<CredentialJson> => authenticator.get(options)
  const init: LocalInit = { method: 'POST', body: status + message.code }
  const input: LocalInput = { href: 'http://localhost/' }
  const answer: FetchResponse = await pool.fetch(input, init)
  const changed: LocalSettings = { limits: answer.status === 200 }
  const { limits } = pool.configure(changed)
  const devices: PersonsDevice[] = limits ? users.devices(person.username) : []
  const request: LocalRequest = { method: 'GET', path: '/', header: () => undefined, body: '' }
  const answered: Answer | undefined = await pool.answer(request)
  const where: ListenOptions = { port: answered?.status }
  const listening: Listening = await listen(pool, where)
  createAuth({ userPoolId: pool.userPoolId, clientId: pool.clientId, fetch: pool.fetch })
  await listening.close()
  return [create, get, devices].length ? pool.requests : []
}
