// What comes next in a sign-in, until the tokens at the end.
import type { ChallengeOutput } from '../wire/operations.ts'
import { fail, invalid, wrongCredentials } from './fault.ts'
import { usedKinds } from './people.ts'
import { addDevice, poseDevice, rememberedDevice } from './pose-device.ts'
import { poseMfa, poseMfaChoice, poseMfaSetup } from './pose-factor.ts'
import { poseNewPassword, poseProof } from './pose-password.ts'
import { startFamily } from './tokens.ts'
import type { TokenSource } from './tokens.ts'
import { runTrigger } from './triggers.ts'
import { checkReset, learn, nameOf, occasionOf, person, pose } from './under-way.ts'
import type { SignIn } from './under-way.ts'

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
