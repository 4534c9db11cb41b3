// What leads to an account that can be signed in to: sign-up, its code, a new password for a forgotten one.
import { isAuthError } from '../errors.ts'
import type { AttributeInput, TextByName } from '../wire/operations.ts'
import type { Do, Outcome } from './event.ts'
import { canRepeat, renew } from './line.ts'
import type { Line } from './line.ts'
import { initiate } from './requests.ts'

const listOf = (given: TextByName | undefined): AttributeInput[] | undefined =>
  given && Object.entries(given).map(([Name, Value]) => ({ Name, Value }))

/** What every request about an account says. */
const about = ({ beginning, metadata }: Line): Named => ({
  Username: beginning.username,
  ClientMetadata: metadata,
})

interface Named {
  readonly Username: string
  readonly ClientMetadata: TextByName | undefined
}

/** Makes an account. */
export async function signUp(line: Line): Promise<Outcome> {
  const { core, given, password } = line
  const input = {
    ...about(line),
    Password: password,
    UserAttributes: listOf(given.attributes),
    ValidationData: listOf(given.validationData),
  }
  const { UserConfirmed, Session, CodeDeliveryDetails } = await core.call('SignUp', input, line)
  line.session = Session
  return UserConfirmed
    ? { type: 'done', what: 'confirmed' }
    : { type: 'codeSent', to: 'confirmSignUp', details: CodeDeliveryDetails }
}

/** Confirms an account, with the session of its sign-up where that was now. */
export async function confirmSignUp(
  line: Line,
  { code }: Pick<Do<'confirmSignUp'>, 'code'>,
  proof: string | undefined = line.open ? undefined : line.session,
): Promise<Outcome> {
  const input = { ...about(line), ConfirmationCode: code, Session: proof }
  try {
    const { Session } = await line.core.call('ConfirmSignUp', input, line)
    line.signUpSession = Session
  } catch (error) {
    if (proof === undefined || !isSessionOver(error)) throw error
    // The code is good without the session, which only saves the sign-in after it.
    line.session = undefined
    return confirmSignUp(line, { code })
  }
  return { type: 'done', what: 'confirmed' }
}

const isSessionOver = (error: unknown): boolean =>
  isAuthError(error) && error.code.startsWith('session-')

/** Has a code sent. */
export async function send(line: Line, { what }: Do<'send'>): Promise<Outcome> {
  const operation = what === 'confirmSignUp' ? 'ResendConfirmationCode' : 'ForgotPassword'
  const { CodeDeliveryDetails } = await line.core.call(operation, about(line), line)
  return { type: 'codeSent', to: what, details: CodeDeliveryDetails }
}

/** Gives an account a new password. */
export async function resetPassword(
  line: Line,
  { code, password }: Do<'resetPassword'>,
): Promise<Outcome> {
  const input = { ...about(line), ConfirmationCode: code, Password: password }
  await line.core.call('ConfirmForgotPassword', input, line)
  line.password = password
  // What was to be used instead of the password that was forgotten.
  if (line.beginning.flow === 'USER_AUTH') line.prefer = 'PASSWORD_SRP'
  renew(line)
  return { type: 'done', what: 'passwordReset' }
}

/** Signs in to what was made ready, as far as that needs nobody. */
export async function signInAfter(line: Line): Promise<Outcome> {
  line.session = line.open = undefined
  const { signUpSession, password } = line
  if (signUpSession === undefined && !canRepeat(line)) return { type: 'stopped' }
  try {
    return await initiate(line)
  } catch (error) {
    if (signUpSession === undefined || password === undefined || !isSessionOver(error)) throw error
    line.signUpSession = undefined
    return initiate(line)
  }
}
