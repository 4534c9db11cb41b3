// The two operations of a sign-in, and everything that is looked at before a step is taken.
import type { ChallengeName, ChallengeOutput, Operations, TextByName } from '../wire/operations.ts'
import {
  answerChallenge,
  answerDeviceProof,
  answerProof,
  begin,
  checkDeviceKey,
  deviceNamed,
  findProof,
  need,
} from './answers.ts'
import { fail, invalid } from './fault.ts'
import { migrate } from './migration.ts'
import { imaginedName } from './nobody.ts'
import { checkPassword } from './passwords.ts'
import { firstFactors, isCodeEnough } from './pose-choice.ts'
import { deviceSession } from './pose-device.ts'
import { poseProof } from './pose-password.ts'
import { refresh } from './refresh.ts'
import { checkSecretHash } from './secrets.ts'
import { clientOf, findUser, folded, textOf } from './service.ts'
import type { Input, Service } from './service.ts'
import { findSession, spend } from './sessions.ts'
import type { Client, Session, SignInFacts } from './state.ts'
import { advance, finish, letLambdaLead } from './steps.ts'
import { runTrigger } from './triggers.ts'
import { accountOf, checkReset, confirmedOnly, learn, occasionOf } from './under-way.ts'
import type { SignIn } from './under-way.ts'

type InitiateAuthOutput = Operations['InitiateAuth']['output']

/** Whether the app client allows a flow, and the service's words where it does not. */
function checkFlow({ settings }: Client, flow: string): void {
  const plain = settings.ExplicitAuthFlows.map((name) => name.replace(/^ALLOW_/, ''))
  const old: Readonly<Record<string, string>> = {
    CUSTOM_AUTH: 'CUSTOM_AUTH_FLOW_ONLY',
    ADMIN_USER_PASSWORD_AUTH: 'ADMIN_NO_SRP_AUTH',
  }
  // The names without ALLOW_ only add to what was always allowed, but for one of them.
  const isOld = !settings.ExplicitAuthFlows.some((name) => name.startsWith('ALLOW_'))
  const always = [
    'REFRESH_TOKEN_AUTH',
    ...(plain.includes(old['CUSTOM_AUTH']!) ? [] : ['USER_SRP_AUTH']),
  ]
  const allowed =
    plain.includes(flow) || plain.includes(old[flow] ?? flow) || (isOld && always.includes(flow))
  if (allowed) return
  if (flow === 'ADMIN_USER_PASSWORD_AUTH') invalid('Auth flow not enabled for this client')
  if (flow === 'USER_SRP_AUTH') invalid('USER_SRP_AUTH is not enabled for the client.')
  invalid(`${flow} flow not enabled for this client`)
}

/** InitiateAuth. */
export async function initiateAuth(
  service: Service,
  input: Input<'InitiateAuth'>,
  supported: readonly string[] = flows,
): Promise<InitiateAuthOutput> {
  const { client, pool } = clientOf(service, input.ClientId)
  const given = input.AuthParameters ?? {}
  const flow = input.AuthFlow.replace(/^REFRESH_TOKEN$/, 'REFRESH_TOKEN_AUTH').replace(
    'ADMIN_NO_SRP_AUTH',
    'ADMIN_USER_PASSWORD_AUTH',
  )
  if (!supported.includes(flow)) invalid('Initiate Auth method not supported.')
  // Such an app client has to have this flow off: what it is told is why.
  if (flow === 'REFRESH_TOKEN_AUTH' && client.settings.RefreshTokenRotation.Feature === 'ENABLED')
    fail('UnsupportedOperation', 'This API does not support refresh token rotation')
  checkFlow(client, flow)
  const metadata = textOf(input.ClientMetadata)
  if (flow === 'REFRESH_TOKEN_AUTH') return exchange(service, client, given, metadata)

  const typed = need(given, 'USERNAME')
  checkSecretHash(client, typed, given['SECRET_HASH'])
  const { PASSWORD: password, PREFERRED_CHALLENGE: preferred } = given
  const isByPassword = flow.endsWith('USER_PASSWORD_AUTH') || preferred === 'PASSWORD'
  const user =
    findUser(pool, typed) ??
    (isByPassword && password !== undefined
      ? await migrate(service, { pool, client }, typed, password, metadata)
      : undefined)
  if (!user && client.settings.PreventUserExistenceErrors === 'LEGACY')
    return fail('UserNotFound', 'User does not exist.')
  if (user && !user.enabled) return fail('NotAuthorized', 'User is disabled.')
  const facts: SignInFacts = {
    poolId: pool.id,
    clientId: client.id,
    username: user?.username,
    sub: user?.sub,
    typed,
    flow,
    deviceKey: deviceNamed(given),
    byPassword: false,
    secondDone: false,
    rounds: [],
  }
  const signIn: SignIn = { service, pool, client, user, facts, metadata }
  if (flow === 'USER_AUTH') checkReset(signIn)
  else confirmedOnly(signIn)
  checkDeviceKey(signIn, facts.deviceKey)
  await runTrigger(
    service.triggers,
    'preAuthentication',
    'PreAuthentication_Authentication',
    occasionOf(signIn),
    { userNotFound: !user, validationData: metadata },
    {},
  )
  if (flow === 'USER_SRP_AUTH') return poseProof(signIn, need(given, 'SRP_A'))
  if (flow === 'USER_PASSWORD_AUTH' || flow === 'ADMIN_USER_PASSWORD_AUTH') {
    checkPassword(service, pool, accountOf(signIn), need(given, 'PASSWORD'))
    return advance(learn(signIn, { byPassword: true }))
  }
  if (flow === 'CUSTOM_AUTH') {
    if (given['CHALLENGE_NAME'] !== 'SRP_A') return letLambdaLead(signIn)
    const rounds = [{ challengeName: 'SRP_A', challengeResult: true }]
    return letLambdaLead(learn(signIn, { rounds }), need(given, 'SRP_A'))
  }
  const beginning = () => begin(signIn, preferred as ChallengeName | undefined, given)
  const output =
    input.Session === undefined
      ? await beginning()
      : await signInAfterSignUp(signIn, input.Session, beginning)
  if (output.AuthenticationResult) return output
  return { AvailableChallenges: firstFactors(signIn), ...output }
}

const flows = [
  'USER_SRP_AUTH',
  'USER_PASSWORD_AUTH',
  'CUSTOM_AUTH',
  'USER_AUTH',
  'REFRESH_TOKEN_AUTH',
]

/** The confirmation of a sign-up counts as the first factor, once. */
async function signInAfterSignUp(
  signIn: SignIn,
  text: string,
  beginning: () => Promise<ChallengeOutput>,
): Promise<ChallengeOutput> {
  const session = findSession(signIn.service, signIn.client, text, ['SIGNED_UP'])
  if (!signIn.user || session.facts.username !== signIn.user.username)
    return fail('NotAuthorized', 'Invalid session for the user.')
  // For the first sign-in only, and nobody else's account of the same name.
  const { user } = signIn
  confirmedOnly(signIn)
  if (user.sub !== session.facts.sub || user.signedIn)
    return fail('NotAuthorized', 'Invalid session for the user.')
  // Where a code is not enough to sign in with, it is not either when it came of a sign-up.
  return spend(session, () => (isCodeEnough(signIn) ? finish(signIn) : beginning()))
}

/** REFRESH_TOKEN_AUTH. */
async function exchange(
  service: Service,
  client: Client,
  given: TextByName,
  metadata: Readonly<Record<string, string>> | undefined,
): Promise<InitiateAuthOutput> {
  const token = need(given, 'REFRESH_TOKEN')
  const tokens = await refresh(service, client, token, {
    deviceKey: given['DEVICE_KEY'],
    rotates: false,
    metadata,
    // Nobody is named here: the hash is made with the name that the token was issued to.
    checkOwner: (username) => {
      checkSecretHash(client, username, given['SECRET_HASH'])
    },
  })
  return { AuthenticationResult: tokens, ChallengeParameters: {} }
}

/** What is answered by its secret block rather than by its session. */
const proofs: readonly string[] = ['PASSWORD_VERIFIER', 'DEVICE_PASSWORD_VERIFIER']

/** RespondToAuthChallenge. */
export async function respondToAuthChallenge(
  service: Service,
  input: Input<'RespondToAuthChallenge'>,
): Promise<ChallengeOutput> {
  const { client } = clientOf(service, input.ClientId)
  const given = input.ChallengeResponses ?? {}
  const challenge = input.ChallengeName
  const typed = need(given, 'USERNAME')
  checkSecretHash(client, typed, given['SECRET_HASH'])
  const metadata = textOf(input.ClientMetadata)

  if (proofs.includes(challenge)) {
    const proof = findProof({ service, client }, given, challenge)
    const signIn = resumed(service, client, proof.facts, typed, metadata)
    const isDevice = challenge === 'DEVICE_PASSWORD_VERIFIER'
    const answer = () => (isDevice ? answerDeviceProof : answerProof)(signIn, proof, given)
    // Clients answer some of them without a session, and one sends an older one along.
    const needsSession = !isDevice && proof.facts.flow !== 'USER_SRP_AUTH'
    if (!needsSession) return answer()
    const session = findSession(service, client, input.Session, [challenge])
    // Somebody else's goes with no proof of this person's.
    resumed(service, client, session.facts, typed, metadata)
    return spend(session, answer)
  }

  const session = sessionFor(service, client, input, typed)
  const known = resumed(service, client, session.facts, typed, metadata)
  return spend(session, () => {
    const deviceKey = deviceNamed(given)
    // Any answer can name the device, as long as nothing was decided for another; only one that Lambda has
    // asked for names it for the first time.
    if (challenge === 'CUSTOM_CHALLENGE') checkDeviceKey(known, deviceKey)
    const names =
      deviceKey !== undefined &&
      challenge !== 'DEVICE_SRP_AUTH' &&
      known.facts.deviceKey === undefined
    const signIn = names ? learn(known, { deviceKey }) : known
    return answerChallenge(challenge, { signIn, session, given })
  })
}

function sessionFor(
  service: Service,
  client: Client,
  input: Input<'RespondToAuthChallenge'>,
  typed: string,
): Session {
  const challenge = input.ChallengeName
  const sent = service.state.sessions.get(input.Session ?? '')?.challenge
  // Some clients send no session here, and one that of the step before.
  if (challenge === 'DEVICE_SRP_AUTH' && sent !== challenge) {
    const { pool } = clientOf(service, client.id)
    const username = findUser(pool, typed)?.username
    const deviceKey = input.ChallengeResponses?.['DEVICE_KEY']
    return deviceSession(service, { clientId: client.id, username, deviceKey })
  }
  // A choice can be answered by what was chosen, too.
  const chosen = ['PASSWORD', 'PASSWORD_SRP'].includes(challenge) ? ['SELECT_CHALLENGE'] : []
  return findSession(service, client, input.Session, [challenge, ...chosen])
}

/** The sign-in that an answer belongs to; the name that comes with it has to be the same person's. */
function resumed(
  service: Service,
  client: Client,
  facts: SignInFacts,
  typed: string,
  metadata: Readonly<Record<string, string>> | undefined,
): SignIn {
  const { pool } = clientOf(service, client.id)
  const named = findUser(pool, typed)
  const user = facts.username === undefined ? undefined : pool.users.get(facts.username)
  const name = imaginedName(pool, facts.typed)
  const isNobody = [folded(pool, facts.typed), name].includes(folded(pool, typed))
  if (facts.username === undefined ? !isNobody : named !== user || user?.sub !== facts.sub)
    return fail('NotAuthorized', 'Invalid session for the user.')
  if (user && !user.enabled) return fail('NotAuthorized', 'User is disabled.')
  return { service, pool, client, user, facts, metadata }
}
