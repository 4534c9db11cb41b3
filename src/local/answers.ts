// The answers to challenges: one row each, with what it looks at and what it leads to.
import { timestamp as writtenTime } from '../srp/timestamp.ts'
import type { ChallengeName, ChallengeOutput, TextByName } from '../wire/operations.ts'
import { checkTaken, claimAlias } from './aliases.ts'
import { checkAttributes, checkRequired, setAttribute } from './attributes.ts'
import { fail, invalid, wrongCredentials } from './fault.ts'
import { migrate } from './migration.ts'
import {
  checkLock,
  checkPassword,
  checkPolicy,
  countFailure,
  passedPassword,
  setPassword,
} from './passwords.ts'
import { firstFactors, poseFirstFactors, posePasskey } from './pose-choice.ts'
import { poseDeviceProof, rememberedDevice } from './pose-device.ts'
import { poseCode, poseMfa } from './pose-factor.ts'
import { poseProof } from './pose-password.ts'
import { isProof } from './proofs.ts'
import { userHandleOf } from './service.ts'
import type { MfaKind } from './settings.ts'
import type { PendingProof, Session } from './state.ts'
import { advance, finish, letLambdaLead } from './steps.ts'
import { markUsed, stepOf } from './totp.ts'
import { runTrigger } from './triggers.ts'
import {
  accountOf,
  checkReset,
  confirmedOnly,
  learn,
  occasionOf,
  person,
  withRound,
} from './under-way.ts'
import type { SignIn } from './under-way.ts'
import { checkAssertion } from './webauthn.ts'

/** What an answer works with. */
interface Answer {
  readonly signIn: SignIn
  readonly session: Session
  readonly given: TextByName
}

type Row = (answer: Answer) => Promise<ChallengeOutput> | ChallengeOutput

/** A response that must be there. */
export function need(given: TextByName, name: string): string {
  const value = given[name]
  return value === undefined || value === '' ? invalid(`Missing required parameter ${name}`) : value
}

// ---- Proofs, which are found by their secret block

/** The proof that a secret block belongs to. */
export function findProof(
  signIn: Pick<SignIn, 'service' | 'client'>,
  given: TextByName,
  challenge: string,
): PendingProof {
  const { service, client } = signIn
  const proof = service.state.proofs.get(need(given, 'PASSWORD_CLAIM_SECRET_BLOCK'))
  const isOurs = proof?.facts.clientId === client.id && proof.challenge === challenge
  return isOurs && proof.until > service.now() ? proof : wrongCredentials()
}

/** Whether a proof holds. */
function holds({ service }: SignIn, proof: PendingProof, given: TextByName): boolean {
  const secretBlock = need(given, 'PASSWORD_CLAIM_SECRET_BLOCK')
  const signature = need(given, 'PASSWORD_CLAIM_SIGNATURE')
  const timestamp = need(given, 'TIMESTAMP')
  const made = isProof(proof, { secretBlock, signature, timestamp })
  // A day with a zero in front, or another language's: the service reads no moment in that.
  const told = Date.parse(timestamp)
  const isWritten = Number.isFinite(told) && writtenTime(told) === timestamp
  // How far the time may be off is an open point; five minutes are what others allow. A client beside a
  // pool whose clock was put forward has the time of its device.
  const now = service.now()
  const near = [now, now - service.state.ahead].some((moment) => Math.abs(told - moment) <= 300_000)
  return made && isWritten && near
}

/** A block serves for one proof, right or wrong. */
function useUp({ service }: SignIn, given: TextByName): void {
  service.state.proofs.delete(need(given, 'PASSWORD_CLAIM_SECRET_BLOCK'))
}

/** A password was proved, or was not. */
export async function answerProof(
  signIn: SignIn,
  proof: PendingProof,
  given: TextByName,
): Promise<ChallengeOutput> {
  const { service } = signIn
  const account = accountOf(signIn)
  checkLock(service, account)
  const isRight = holds(signIn, proof, given)
  // Another password since the proof was asked for makes it worth nothing. Of somebody without one, and
  // of nobody, it is looked at all the same, and found wrong.
  if (proof.verifier !== account.password?.verifier || !isRight) {
    useUp(signIn, given)
    countFailure(service, account)
    wrongCredentials()
  }
  const named = deviceNamed(given)
  // Refused for its device, the same proof comes again without it, though the sign-in began with it: only
  // here it serves once more.
  checkDeviceKey(signIn, named)
  const deviceKey = named ?? proof.facts.deviceKey
  useUp(signIn, given)
  confirmedOnly(signIn)
  passedPassword(service, account)
  const proved = learn(signIn, { byPassword: true, deviceKey })
  return advance(withRound(proved, { challengeName: 'PASSWORD_VERIFIER', challengeResult: true }))
}

/** The device that an answer names. An empty name is none. */
export const deviceNamed = ({ DEVICE_KEY: key }: TextByName): string | undefined =>
  key === '' ? undefined : key

/** Refuses a device that the service has forgotten. */
export function checkDeviceKey({ user, pool }: SignIn, deviceKey: string | undefined): void {
  // Nobody has no devices either.
  if (pool.settings.DeviceConfiguration && deviceKey && !user?.devices.has(deviceKey))
    fail('ResourceNotFound', 'Device does not exist.')
}

// ---- The rows

/** A code that was sent: the address is verified by it. */
function answerCode(name: 'SMS_MFA_CODE' | 'EMAIL_OTP_CODE' | 'SMS_OTP_CODE'): Row {
  return ({ signIn, session, given }) => {
    if (need(given, name) !== session.code)
      fail('CodeMismatch', 'Invalid code or auth state for the user.')
    const user = person(signIn)
    const attribute = name === 'EMAIL_OTP_CODE' ? 'email' : 'phone_number'
    // The address was changed since: the code says nothing about the new one.
    if (!session.setsUp && user.attributes.get(attribute) !== session.sentTo)
      fail('CodeMismatch', 'Invalid code or auth state for the user.')
    claimAlias(signIn.pool, attribute, session.sentTo, { user, force: false })
    if (session.setsUp) {
      checkTaken(signIn.pool, user, attribute, session.sentTo!)
      setAttribute(user, attribute, session.sentTo!)
      user.mfa.add('EMAIL_OTP')
    }
    user.attributes.set(`${attribute}_verified`, 'true')
    if (signIn.facts.byPassword) return advance(afterSecond(signIn, name.replace('_CODE', '')))
    if (user.status === 'UNCONFIRMED') user.status = 'CONFIRMED'
    return advance(signIn)
  }
}

const afterSecond = (signIn: SignIn, challengeName: string): SignIn =>
  withRound(learn(signIn, { secondDone: true }), { challengeName, challengeResult: true })

const rows: Readonly<Partial<Record<ChallengeName, Row>>> = {
  SMS_MFA: answerCode('SMS_MFA_CODE'),
  SMS_OTP: answerCode('SMS_OTP_CODE'),
  EMAIL_OTP: answerCode('EMAIL_OTP_CODE'),

  SOFTWARE_TOKEN_MFA: ({ signIn, given }) => {
    const { totp } = person(signIn)
    const code = need(given, 'SOFTWARE_TOKEN_MFA_CODE')
    const step = totp && stepOf(totp.secret, code, signIn.service.now())
    if (!totp || step === undefined) return fail('CodeMismatch', 'Invalid code received for user')
    if (totp.used.has(step)) fail('ExpiredCode', 'Your software token has already been used once.')
    markUsed(totp.used, step)
    return advance(afterSecond(signIn, 'SOFTWARE_TOKEN_MFA'))
  },

  SELECT_MFA_TYPE: ({ signIn, session, given }) => {
    // The provider's documents write EMAIL_MFA, clients EMAIL_OTP.
    const chosen = need(given, 'ANSWER').replace('EMAIL_MFA', 'EMAIL_OTP')
    if (!session.choices?.includes(chosen)) invalid('Invalid MFA type selected.')
    return poseMfa(signIn, chosen as MfaKind)
  },

  MFA_SETUP: async ({ signIn, session, given }) => {
    const user = person(signIn)
    if (session.totpVerified) return advance(afterSecond(signIn, 'MFA_SETUP'))
    const address = given['EMAIL']
    if (address === undefined || !session.choices?.includes('EMAIL_OTP'))
      return invalid('Missing required parameter EMAIL')
    const wanted = [{ Name: 'email', Value: address }]
    checkAttributes(signIn.pool, signIn.client, wanted, user.attributes)
    checkTaken(signIn.pool, user, 'email', address)
    return poseCode(signIn, 'EMAIL_OTP', 'email', address)
  },

  NEW_PASSWORD_REQUIRED: ({ signIn, given }) => {
    const { service, pool, client } = signIn
    const user = person(signIn)
    const prefix = 'userAttributes.'
    const attributes = Object.entries(given)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, Value]) => ({ Name: name.slice(prefix.length), Value }))
    for (const { Name, Value } of attributes) {
      const before = user.attributes.get(Name)
      if (before !== undefined && before !== Value)
        invalid(`Cannot modify an already provided ${Name}`)
    }
    checkAttributes(pool, client, attributes, user.attributes)
    for (const [name, value] of attributes.map(pairOf)) checkTaken(pool, user, name, value)
    checkRequired(pool, new Map([...user.attributes, ...attributes.map(pairOf)]))
    const password = need(given, 'NEW_PASSWORD')
    checkPolicy(pool, password, 'does not conform to')
    setPassword(service, pool, user, password)
    for (const { Name, Value = '' } of attributes) setAttribute(user, Name, Value)
    user.status = 'CONFIRMED'
    return advance(signIn, 'NewPasswordChallenge')
  },

  CUSTOM_CHALLENGE: async ({ signIn, session, given }) => {
    const { service, metadata, user } = signIn
    const verified = await runTrigger(
      service.triggers,
      'verifyAuthChallengeResponse',
      'VerifyAuthChallengeResponse_Authentication',
      occasionOf(signIn),
      {
        privateChallengeParameters: session.privateParameters ?? {},
        challengeAnswer: given['ANSWER'] ?? '',
        userNotFound: !user,
        clientMetadata: metadata,
      },
      { answerCorrect: false },
    )
    const round = {
      challengeName: 'CUSTOM_CHALLENGE',
      challengeResult: verified.answerCorrect === true,
      challengeMetadata: session.challengeMetadata,
    }
    return letLambdaLead(withRound(signIn, round))
  },

  SELECT_CHALLENGE: ({ signIn, given }) =>
    choose(signIn, need(given, 'ANSWER') as ChallengeName, given),
  PASSWORD: ({ signIn, given }) => choose(signIn, 'PASSWORD', given),
  PASSWORD_SRP: ({ signIn, given }) => choose(signIn, 'PASSWORD_SRP', given),

  WEB_AUTHN: ({ signIn, session, given }) =>
    answerPasskey(signIn, session, need(given, 'CREDENTIAL')),

  DEVICE_SRP_AUTH: ({ signIn, given }) => {
    const device = person(signIn).devices.get(need(given, 'DEVICE_KEY'))
    // No other device than the one that was remembered when this was asked.
    if (!device?.verifier || device.key !== signIn.facts.deviceKey)
      return fail('ResourceNotFound', 'Device does not exist.')
    return poseDeviceProof(signIn, device, need(given, 'SRP_A'))
  },
}

const pairOf = ({
  Name,
  Value = '',
}: {
  readonly Name: string
  readonly Value?: string | undefined
}) => [Name, Value] as const

/** Answers a challenge in its session. */
export async function answerChallenge(
  name: ChallengeName,
  answer: Answer,
): Promise<ChallengeOutput> {
  const row = rows[name] ?? invalid('Unsupported challenge')
  return row(answer)
}

/** A device was proved, or was not. Its session is optional. */
export async function answerDeviceProof(
  signIn: SignIn,
  proof: PendingProof,
  given: TextByName,
): Promise<ChallengeOutput> {
  const device = rememberedDevice(signIn)
  if (device?.key !== need(given, 'DEVICE_KEY'))
    return fail('ResourceNotFound', 'Device does not exist.')
  const isRight = holds(signIn, proof, given)
  useUp(signIn, given)
  if (device.verifier?.verifier !== proof.verifier || !isRight) wrongCredentials()
  return finish(signIn, 'AuthenticateDevice')
}

// ---- The choice of a first factor

/** Begins with one of the first factors; one that cannot be had leads to the choice. */
export async function begin(
  signIn: SignIn,
  factor: ChallengeName | undefined,
  given: TextByName,
): Promise<ChallengeOutput> {
  const { service, pool } = signIn
  checkReset(signIn)
  if (!factor || !firstFactors(signIn).includes(factor)) return poseFirstFactors(signIn)
  if (factor === 'PASSWORD') {
    const password = need(given, 'PASSWORD')
    confirmedOnly(signIn)
    checkPassword(service, pool, accountOf(signIn), password)
    return advance(learn(signIn, { byPassword: true }))
  }
  if (factor === 'PASSWORD_SRP') {
    confirmedOnly(signIn)
    return poseProof(signIn, need(given, 'SRP_A'))
  }
  if (factor === 'WEB_AUTHN') {
    confirmedOnly(signIn)
    const credential = given['CREDENTIAL']
    return credential === undefined ? posePasskey(signIn) : wrongCredentials()
  }
  return factor === 'EMAIL_OTP'
    ? poseCode(signIn, 'EMAIL_OTP', 'email')
    : poseCode(signIn, 'SMS_OTP', 'phone_number')
}

/** Begins with what was chosen. What a choice that was not offered is called is an open point. */
const choose: typeof begin = async (signIn, factor, given) =>
  factor && firstFactors(signIn).includes(factor)
    ? begin(factor === 'PASSWORD' ? await broughtAlong(signIn, given) : signIn, factor, given)
    : wrongCredentials()

/** The sign-in of somebody whom, by the password, only an older directory knows. */
async function broughtAlong(signIn: SignIn, given: TextByName): Promise<SignIn> {
  const { service, facts, metadata } = signIn
  const user =
    signIn.user ?? (await migrate(service, signIn, facts.typed, need(given, 'PASSWORD'), metadata))
  if (user && !user.enabled) fail('NotAuthorized', 'User is disabled.')
  return { ...learn(signIn, { username: user?.username, sub: user?.sub }), user }
}

async function answerPasskey(
  signIn: SignIn,
  session: Session,
  text: string,
): Promise<ChallengeOutput> {
  const { service, pool } = signIn
  const user = person(signIn)
  const { RelyingPartyId = '', UserVerification } = pool.settings.WebAuthnConfiguration
  let credential: unknown
  try {
    credential = JSON.parse(text)
  } catch {
    return invalid('Invalid CREDENTIAL')
  }
  const passkey = user.passkeys.get(String((Object(credential) as { readonly id?: unknown }).id))
  if (!passkey) return wrongCredentials()
  const ceremony = {
    challenge: session.webauthn ?? '',
    relyingPartyId: RelyingPartyId,
    userVerification: UserVerification,
    allowsOrigin: (origin: string) => service.allowsOrigin(origin, RelyingPartyId),
  }
  const checked = await checkAssertion(credential, ceremony, passkey, userHandleOf(user))
  // What a bad assertion is called is an open point; this tells nobody anything.
  if ('flaw' in checked) return wrongCredentials()
  passkey.counter = checked.value
  return advance(signIn)
}
