// What comes next in a sign-in: every challenge that the pool can pose, and the tokens at the end.
import { toBase64, toBase64Url } from '../bytes.ts'
import type { ChallengeName, ChallengeOutput } from '../wire/operations.ts'
import { requiredAttributes } from './attributes.ts'
import { deliver } from './codes.ts'
import type { Address } from './codes.ts'
import { fail, invalid, wrongCredentials } from './fault.ts'
import { imagined, imaginedName, nobodyOf } from './nobody.ts'
import { ownerOf, verifierFor } from './passwords.ts'
import type { Account } from './passwords.ts'
import { usedKinds } from './people.ts'
import { askForProof } from './proofs.ts'
import type { Owner } from './proofs.ts'
import { randomDigits, randomId, randomText } from './service.ts'
import type { Service } from './service.ts'
import { openSession, sessionEnd, sweep } from './sessions.ts'
import type { FirstFactor, MfaKind } from './settings.ts'
import type {
  Client,
  Device,
  PendingProof,
  Pool,
  Round,
  Session,
  SignInFacts,
  User,
} from './state.ts'
import { startFamily } from './tokens.ts'
import type { TokenSource } from './tokens.ts'
import { attributesFor, runTrigger } from './triggers.ts'
import type { Occasion } from './triggers.ts'

/** A sign-in and everything around it. */
export interface SignIn {
  readonly service: Service
  readonly pool: Pool
  readonly client: Client
  /** Nobody, where the pool hides who exists. */
  readonly user: User | undefined
  readonly facts: SignInFacts
  readonly metadata: Readonly<Record<string, string>> | undefined
}

/** The same with more known. */
export const learn = (signIn: SignIn, more: Partial<SignInFacts>): SignIn => ({
  ...signIn,
  facts: { ...signIn.facts, ...more },
})

/** What Lambda is told about a sign-in. */
export const occasionOf = ({ pool, client, user, facts }: SignIn): Occasion => ({
  pool,
  client,
  username: user?.username ?? facts.typed,
  attributes: user ? attributesFor(user) : new Map(),
})

/** The name that never changes; of nobody, the one that would be behind what was typed. */
const nameOf = ({ pool, user, facts }: SignIn): string =>
  user?.username ?? imaginedName(pool, facts.typed)

/** What a password is looked at for. */
export const accountOf = ({ service, pool, user, facts }: SignIn): Account =>
  user ?? nobodyOf(service, pool, facts.typed)

/** Who it is, or an end for somebody who is nobody. */
export const person = ({ user }: SignIn): User => user ?? wrongCredentials()

/** Who has to set a new password gets in by nothing else. */
export function checkReset({ user }: SignIn): void {
  if (user?.status === 'RESET_REQUIRED')
    fail('PasswordResetRequired', 'Password reset required for the user')
}

/** A code confirms an account; everything else needs one that is confirmed. */
export function confirmedOnly(signIn: SignIn): void {
  if (signIn.user?.status === 'UNCONFIRMED') fail('UserNotConfirmed', 'User is not confirmed.')
  checkReset(signIn)
}

/** Poses a challenge in a session of its own. */
function pose(
  { service, client, facts }: SignIn,
  challenge: ChallengeName,
  parameters: Readonly<Record<string, string>>,
  more: Omit<Partial<Session>, 'facts' | 'challenge'> = {},
): ChallengeOutput {
  return {
    ChallengeName: challenge,
    ChallengeParameters: parameters,
    Session: openSession(service, client, { facts, challenge, ...more }),
  }
}

// ---- The order of things

/** What comes after a first factor, or after any step that follows it. */
export async function advance(signIn: SignIn, source?: TokenSource): Promise<ChallengeOutput> {
  const user = person(signIn)
  const { facts } = signIn
  if (facts.byPassword && user.status === 'FORCE_CHANGE_PASSWORD') return poseNewPassword(signIn)
  if (!facts.secondDone) {
    const second = await poseSecondFactor(signIn)
    if (second) return second
  }
  if (isLed(signIn)) {
    const deviceOwed = facts.deviceOwed ?? (!facts.secondDone && Boolean(rememberedDevice(signIn)))
    return letLambdaLead(learn(signIn, { secondDone: true, deviceOwed }))
  }
  return finish(signIn, source)
}

/** Whether Lambda says what comes next. */
const isLed = ({ facts }: SignIn): boolean => facts.flow === 'CUSTOM_AUTH'

/** The device or the second factor that is due, if one is. */
async function poseSecondFactor(signIn: SignIn): Promise<ChallengeOutput | undefined> {
  const { pool, facts } = signIn
  const user = person(signIn)
  const device = rememberedDevice(signIn)
  const { MfaConfiguration, DeviceConfiguration } = pool.settings
  // Only a password wants a second factor; a code or a passkey is never asked for one.
  const kinds = facts.byPassword ? usedKinds(pool, user) : []
  const isRequired = facts.byPassword && MfaConfiguration === 'ON'
  // Whether a remembered device is asked for its proof where no second factor is due is an open point:
  // a pool that challenges new devices tracks them by that proof, so here it is.
  const wantsDevice =
    kinds.length > 0 || isRequired || DeviceConfiguration?.ChallengeRequiredOnNewDevice === true
  // A flow that Lambda leads asks for the device last of all, in the place of the second factor.
  if (device && wantsDevice) return isLed(signIn) ? undefined : poseDevice(signIn)
  if (kinds.length === 0) return isRequired ? poseMfaSetup(signIn) : undefined
  const preferred = user.preferredMfa && kinds.includes(user.preferredMfa) && user.preferredMfa
  if (preferred) return poseMfa(signIn, preferred)
  return kinds.length === 1 ? poseMfa(signIn, kinds[0]!) : poseMfaChoice(signIn, kinds)
}

/** The end: tokens, and for a device that is new its names. */
export async function finish(
  signIn: SignIn,
  source: TokenSource = 'Authentication',
): Promise<ChallengeOutput> {
  const { service, pool, client, facts, metadata } = signIn
  const user = person(signIn)
  // Whatever was begun before an administrator asked for another password.
  checkReset(signIn)
  const known = facts.deviceKey === undefined ? undefined : user.devices.get(facts.deviceKey)
  const isNew = pool.settings.DeviceConfiguration !== undefined && !known
  const device = isNew ? addDevice(service, pool, user) : known
  if (device) device.lastSignInAt = service.now()
  await runTrigger(
    service.triggers,
    'postAuthentication',
    'PostAuthentication_Authentication',
    occasionOf(signIn),
    { newDeviceUsed: isNew, clientMetadata: metadata },
    {},
  )
  user.signedIn = true
  const tracked = pool.settings.DeviceConfiguration ? device : undefined
  const tokens = await startFamily(service, { pool, client, user }, tracked?.key, source, metadata)
  return {
    AuthenticationResult: {
      ...tokens,
      ...(isNew && device
        ? { NewDeviceMetadata: { DeviceGroupKey: device.groupKey, DeviceKey: device.key } }
        : {}),
    },
    ChallengeParameters: {},
  }
}

// ---- Passwords

/** Asks for the proof of a password. */
export function poseProof(signIn: SignIn, A: string): ChallengeOutput {
  const { service, client, pool, user, facts } = signIn
  const name = nameOf(signIn)
  // What counts against nobody is not looked for here: to ask is no try.
  const account = user ?? { username: name }
  const parameters = { USER_ID_FOR_SRP: name, USERNAME: name }
  const kept = verifierFor(pool, account)
  const asked = poseProofOf(signIn, ownerOf(pool, account), kept, A, parameters)
  // The plain flow needs no session: the secret block says it all.
  if (facts.flow === 'USER_SRP_AUTH') return { ChallengeName: 'PASSWORD_VERIFIER', ...asked }
  const session = openSession(service, client, { facts, challenge: 'PASSWORD_VERIFIER' })
  return { ChallengeName: 'PASSWORD_VERIFIER', ...asked, Session: session }
}

/** Draws B and keeps what the answer will be checked with under the secret block. */
function poseProofOf(
  { service, client, facts }: SignIn,
  owner: Owner,
  { salt, verifier }: { readonly salt: string; readonly verifier: string },
  A: string,
  parameters: Readonly<Record<string, string>>,
  challenge: PendingProof['challenge'] = 'PASSWORD_VERIFIER',
): Pick<ChallengeOutput, 'ChallengeParameters'> {
  if (!/^[\da-f]{1,1024}$/i.test(A)) invalid('Invalid SRP_A')
  const open = askForProof(owner, verifier, A, service.random(40))
  sweep(service)
  const block = toBase64(service.random(1005))
  service.state.proofs.set(block, { ...open, challenge, facts, until: sessionEnd(service, client) })
  return {
    ChallengeParameters: { ...parameters, SALT: salt, SECRET_BLOCK: block, SRP_B: open.B },
  }
}

function poseNewPassword(signIn: SignIn): ChallengeOutput {
  const { attributes, username } = person(signIn)
  const missing = requiredAttributes(signIn.pool).filter((name) => !attributes.get(name))
  return pose(signIn, 'NEW_PASSWORD_REQUIRED', {
    USER_ID_FOR_SRP: username,
    requiredAttributes: JSON.stringify(missing.map((name) => `userAttributes.${name}`)),
    userAttributes: JSON.stringify(Object.fromEntries(attributes)),
  })
}

// ---- Second factors

/** Asks for a second factor. */
export async function poseMfa(signIn: SignIn, kind: MfaKind): Promise<ChallengeOutput> {
  const user = person(signIn)
  if (kind === 'SOFTWARE_TOKEN_MFA')
    return pose(signIn, kind, {
      USER_ID_FOR_SRP: user.username,
      ...(user.totp?.name ? { FRIENDLY_DEVICE_NAME: user.totp.name } : {}),
    })
  return poseCode(signIn, kind, kind === 'SMS_MFA' ? 'phone_number' : 'email')
}

function poseMfaChoice(signIn: SignIn, kinds: readonly MfaKind[]): ChallengeOutput {
  const parameters = {
    MFAS_CAN_CHOOSE: JSON.stringify(kinds),
    USER_ID_FOR_SRP: person(signIn).username,
  }
  return pose(signIn, 'SELECT_MFA_TYPE', parameters, { choices: kinds })
}

function poseMfaSetup(signIn: SignIn): ChallengeOutput {
  const kinds = signIn.pool.settings.EnabledMfas
  const parameters = {
    MFAS_CAN_SETUP: JSON.stringify(kinds),
    USER_ID_FOR_SRP: person(signIn).username,
  }
  return pose(signIn, 'MFA_SETUP', parameters, { choices: kinds })
}

/** Sends a code and asks for it, as a second factor or as the first. */
export async function poseCode(
  signIn: SignIn,
  challenge: 'SMS_MFA' | 'EMAIL_OTP' | 'SMS_OTP',
  attribute: Address,
  setUp?: string,
): Promise<ChallengeOutput> {
  const { service, pool, facts, user } = signIn
  const isSecond = facts.byPassword
  const code = randomDigits(service, isSecond ? 6 : 8)
  const value = setUp ?? user?.attributes.get(attribute)
  const sent =
    user && value !== undefined
      ? await deliver(
          service,
          { ...signIn, user },
          {
            ...{ attribute, value, code, purpose: isSecond ? 'mfa' : 'signIn' },
            source: 'Authentication',
          },
        )
      : imagined(pool, attribute, facts.typed)
  const parameters = {
    CODE_DELIVERY_DELIVERY_MEDIUM: sent.DeliveryMedium,
    CODE_DELIVERY_DESTINATION: sent.Destination,
    ...(isSecond && user ? { USER_ID_FOR_SRP: user.username } : {}),
  }
  const more = { code, sentTo: value, setsUp: setUp !== undefined }
  return pose(signIn, challenge, parameters, user ? more : {})
}

// ---- Devices

/** The device that the client says it is, if it was remembered. */
export function rememberedDevice({ user, facts, pool }: SignIn): Device | undefined {
  const device = user?.devices.get(facts.deviceKey ?? '')
  return pool.settings.DeviceConfiguration && device?.verifier && device.remembered
    ? device
    : undefined
}

/** Names a new device. */
function addDevice(service: Service, { region }: Pool, user: User): Device {
  const now = service.now()
  const device: Device = {
    key: `${region}_${randomId(service)}`,
    groupKey: `-${randomText(service, 6)}`,
    remembered: false,
    createdAt: now,
    modifiedAt: now,
    lastSignInAt: now,
  }
  user.devices.set(device.key, device)
  return device
}

const deviceSlot = ({ clientId, username, deviceKey }: SignInFacts): string =>
  JSON.stringify([clientId, username, deviceKey])

/** Asks for the device. Some clients answer without the session, so it is also kept by its names. */
function poseDevice(signIn: SignIn): ChallengeOutput {
  const { service, facts } = signIn
  const output = pose(signIn, 'DEVICE_SRP_AUTH', { USERNAME: person(signIn).username })
  const session = service.state.sessions.get(output.Session!)!
  service.state.deviceSignIns.set(deviceSlot(facts), session)
  return output
}

/** The session of a device's sign-in that was answered without one, while it waits for its answer. */
export function deviceSession(
  { state, now }: Service,
  names: Pick<SignInFacts, 'clientId' | 'username' | 'deviceKey'>,
): Session {
  const session = state.deviceSignIns.get(deviceSlot(names as SignInFacts))
  const isOpen = session && !session.used && session.until > now()
  return isOpen ? session : fail('NotAuthorized', 'Invalid session for the user.')
}

/** Asks for the proof of a device. */
export function poseDeviceProof(signIn: SignIn, device: Device, A: string): ChallengeOutput {
  const { service, client, facts } = signIn
  const owner = { pool: device.groupKey, user: device.key }
  const parameters = { DEVICE_KEY: device.key, USERNAME: person(signIn).username }
  const challenge = 'DEVICE_PASSWORD_VERIFIER'
  const asked = poseProofOf(signIn, owner, device.verifier!, A, parameters, challenge)
  const session = openSession(service, client, { facts, challenge })
  return { ChallengeName: 'DEVICE_PASSWORD_VERIFIER', ...asked, Session: session }
}

// ---- The choice of a first factor

/** Whether a code can be all that is asked for: not where a second factor is due after a password. */
export const isCodeEnough = ({ pool, user }: Pick<SignIn, 'pool' | 'user'>): boolean =>
  pool.settings.MfaConfiguration !== 'ON' && (!user || usedKinds(pool, user).length === 0)

/** What somebody could begin with, now. */
export function firstFactors({ pool, user }: Pick<SignIn, 'pool' | 'user'>): ChallengeName[] {
  const { settings } = pool
  const allowed = settings.Policies.SignInPolicy.AllowedFirstAuthFactors
  const has = (factor: FirstFactor) => allowed.includes(factor)
  const passwords: ChallengeName[] = has('PASSWORD') ? ['PASSWORD_SRP', 'PASSWORD'] : []
  if (!user) {
    // Nobody can do what a new account could.
    const codes = (['EMAIL_OTP', 'SMS_OTP'] as const).filter(has)
    return settings.MfaConfiguration === 'ON' ? passwords : [...codes, ...passwords]
  }
  if (!user.password) passwords.length = 0
  if (settings.MfaConfiguration === 'ON' || user.status === 'FORCE_CHANGE_PASSWORD')
    return passwords
  const passkeys: ChallengeName[] = has('WEB_AUTHN') && user.passkeys.size > 0 ? ['WEB_AUTHN'] : []
  const codes: ChallengeName[] = []
  if (isCodeEnough({ pool, user }) && has('EMAIL_OTP') && user.attributes.has('email'))
    codes.push('EMAIL_OTP')
  if (isCodeEnough({ pool, user }) && has('SMS_OTP') && user.attributes.has('phone_number'))
    codes.push('SMS_OTP')
  return [...codes, ...passwords, ...passkeys]
}

/** Lets the client choose. */
export const poseFirstFactors = (signIn: SignIn): ChallengeOutput =>
  pose(signIn, 'SELECT_CHALLENGE', {}, { choices: firstFactors(signIn) })

/** Asks for a passkey. */
export function posePasskey(signIn: SignIn): ChallengeOutput {
  const { service, pool } = signIn
  const user = person(signIn)
  const { RelyingPartyId, UserVerification } = pool.settings.WebAuthnConfiguration
  const challenge = toBase64Url(service.random(32))
  const options = {
    challenge,
    timeout: 180_000,
    rpId: RelyingPartyId,
    allowCredentials: [...user.passkeys.values()].map(({ id, transports }) => ({
      type: 'public-key',
      id,
      transports,
    })),
    userVerification: UserVerification,
  }
  const parameters = { CREDENTIAL_REQUEST_OPTIONS: JSON.stringify(options) }
  return pose(signIn, 'WEB_AUTHN', parameters, { webauthn: challenge })
}

// ---- Flows that Lambda leads

/** Asks Lambda what comes next. */
export async function letLambdaLead(signIn: SignIn, A?: string): Promise<ChallengeOutput> {
  const { service, facts, metadata, user } = signIn
  if (!service.triggers.defineAuthChallenge)
    invalid('Custom auth lambda trigger is not configured for the user pool.')
  const told = { session: facts.rounds, userNotFound: !user, clientMetadata: metadata }
  const defined = await runTrigger(
    service.triggers,
    'defineAuthChallenge',
    'DefineAuthChallenge_Authentication',
    occasionOf(signIn),
    told,
    {},
  )
  if (defined.failAuthentication) wrongCredentials()
  if (defined.issueTokens) {
    if (!user) return wrongCredentials()
    if (rememberedDevice(signIn)) return poseDevice(signIn)
    // The device that was to take the place of the second factor is gone: now that is due.
    const owing = learn(signIn, { deviceOwed: false })
    const second = facts.deviceOwed ? await poseSecondFactor(owing) : undefined
    return second ?? finish(signIn)
  }
  const { challengeName = '' } = defined
  if (challengeName === 'PASSWORD_VERIFIER' && A !== undefined) return poseProof(signIn, A)
  if (challengeName !== 'CUSTOM_CHALLENGE')
    return fail('InvalidLambdaResponse', 'Unrecognizable lambda output')
  const created = await runTrigger(
    service.triggers,
    'createAuthChallenge',
    'CreateAuthChallenge_Authentication',
    occasionOf(signIn),
    { ...told, challengeName },
    {},
  )
  return pose(
    signIn,
    'CUSTOM_CHALLENGE',
    { USERNAME: nameOf(signIn), ...created.publicChallengeParameters },
    {
      privateParameters: created.privateChallengeParameters ?? {},
      challengeMetadata: created.challengeMetadata,
    },
  )
}

/** The rounds with one more. */
export const withRound = (signIn: SignIn, round: Round): SignIn =>
  learn(signIn, { rounds: [...signIn.facts.rounds, round] })
