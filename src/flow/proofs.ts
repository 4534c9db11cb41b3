// Answers that nobody types: proofs of passwords and devices, passkeys, the secret of an authenticator app.
import { fromBase64Url } from '../bytes.ts'
import { AuthError } from '../errors.ts'
import { deviceClaim, passwordClaim } from '../srp/claim.ts'
import { askForPasskey } from '../webauthn/ceremony.ts'
import type { TextByName } from '../wire/operations.ts'
import type { Do, Outcome } from './event.ts'
import { bad, isPassword, newKeys, renew, threadOf } from './line.ts'
import type { Line } from './line.ts'
import { initiate, respond } from './requests.ts'
import type { FirstFactor } from './step.ts'

/** Proves the password, or the device. */
export async function prove(
  line: Line,
  { to, parameters: challenge }: Do<'prove'>,
): Promise<Outcome> {
  const { core, device, username, password } = line
  const { modPow, userPoolId } = core.config
  const keyPair = line.keyPair ?? bad(to)
  line.keyPair = undefined
  const input = { keyPair, challenge, now: core.now(), modPow }
  if (to === 'DEVICE_PASSWORD_VERIFIER')
    return respond(line, to, await deviceClaim({ ...input, device: device ?? bad(to), username }))
  const known = password ?? bad(to, 'session-expired')
  const claim = await passwordClaim({ ...input, userPoolId, password: known })
  line.username = claim.USERNAME
  return respond(line, to, claim)
}

/** Says which device this is. */
export async function meetDevice(line: Line): Promise<Outcome> {
  const { key } = line.device ?? bad('DEVICE_SRP_AUTH')
  return respond(line, 'DEVICE_SRP_AUTH', { DEVICE_KEY: key, SRP_A: await newKeys(line) })
}

/** Goes on with a first factor. */
export async function choose(
  line: Line,
  { factor, password }: Pick<Do<'choose'>, 'factor' | 'password'>,
): Promise<Outcome> {
  const { open } = line
  if (password !== undefined) {
    line.password = password
    renew(line)
  }
  if (isPassword(factor) && line.password === undefined) return { type: 'passwordWanted', factor }
  // The session waits with something else: the sign-in begins anew with this factor.
  if (open !== 'SELECT_CHALLENGE' && !(open === factor && isPassword(factor)))
    return initiate(line, factor)
  line.prefer = factor
  const answers = await withFactor(line, factor)
  return respond(line, open, open === factor ? answers : { ANSWER: factor, ...answers })
}

/** What goes with the choice of a first factor. */
async function withFactor(line: Line, factor: FirstFactor): Promise<TextByName> {
  if (factor === 'PASSWORD') return { PASSWORD: line.password }
  return factor === 'PASSWORD_SRP' ? { SRP_A: await newKeys(line) } : {}
}

/** Asks for a passkey. */
export async function askPasskey(
  line: Line,
  { options = line.passkeyOptions }: Do<'askPasskey'>,
): Promise<Outcome> {
  const { core, expiresAt, given, signal } = line
  line.passkeyOptions = undefined
  // Nobody is asked for a passkey that comes too late for its session.
  if (options === undefined || expiresAt <= core.now()) return choose(line, { factor: 'WEB_AUTHN' })
  const parsed = parsePasskeyOptions(options, given.passkey)
  // Good until there is an answer, whatever comes of that.
  line.passkeyOptions = options
  const assertion = await askForPasskey(core.config, { options: parsed, signal })
  line.passkeyOptions = undefined
  const outcome = await respond(line, 'WEB_AUTHN', { CREDENTIAL: JSON.stringify(assertion) })
  line.usedPasskey = true
  return outcome
}

/** The options of a passkey ceremony, for one passkey where it is known which. */
export function parsePasskeyOptions(
  text: string,
  only?: string,
): Readonly<Record<string, unknown>> {
  try {
    const options = JSON.parse(text) as { challenge: string; allowCredentials?: { id: string }[] }
    const { challenge, allowCredentials = [] } = options
    const allowed = allowCredentials.filter(({ id }) => only === undefined || id === only)
    if (fromBase64Url(challenge)!.length) return { ...options, allowCredentials: allowed }
  } catch {
    // Not JSON, or not the options of a ceremony.
  }
  throw new AuthError({ code: 'bad-response', detail: 'CREDENTIAL_REQUEST_OPTIONS' })
}

/** Has the service make a secret for an authenticator app. */
export async function makeSecret(line: Line): Promise<Outcome> {
  const { core, session, expiresAt } = line
  const output = await core.call('AssociateSoftwareToken', { Session: session }, line)
  line.secret = output.SecretCode ?? bad('SecretCode')
  line.secretProved = false
  line.session = output.Session ?? session
  return { type: 'secretMade', expiresAt }
}

/** Proves that the app has it. */
export async function proveSecret(
  line: Line,
  { code, appName }: Do<'proveSecret'>,
): Promise<Outcome> {
  if (!line.secretProved) {
    const input = { Session: line.session, UserCode: code, FriendlyDeviceName: appName }
    const { Status, Session } = await line.core.call('VerifySoftwareToken', input, line)
    if (Status !== 'SUCCESS') bad('Status', 'wrong-code')
    line.secretProved = true
    line.session = Session
    // A code counts once: a second try begins from here.
    line.ground = threadOf(line)
  }
  return respond(line, 'MFA_SETUP', {})
}
