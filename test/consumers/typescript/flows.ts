// The flows, used where the host's types are not known.
import { recover, signIn, signUp, unhandled } from 'latchkey'
import type {
  Answers,
  AnswerTo,
  Auth,
  AutofillOptions,
  BeginOptions,
  BusyStep,
  Call,
  ChooseFactorStep,
  ChooseMfaSetUpStep,
  ChooseMfaStep,
  CodeAnswer,
  CodeStep,
  ConfirmSignUpStep,
  CustomAnswer,
  CustomStep,
  DoneAnswer,
  EmailAnswer,
  FirstFactor,
  Flow,
  FlowOptions,
  FlowSettings,
  Handlers,
  InitialFlow,
  KeyValueStorage,
  KindAnswer,
  NewPasswordAnswer,
  NewPasswordStep,
  OtherFactorAnswer,
  PasskeyRequest,
  Passkeys,
  PasskeyStep,
  PasswordAnswer,
  PasswordStep,
  Persistence,
  RecoverInput,
  RememberAnswer,
  RememberDeviceStep,
  ResetPasswordAnswer,
  ResetPasswordStep,
  RestingStep,
  ResumeOptions,
  RetryAnswer,
  RetryStep,
  SecondFactor,
  Session,
  SetUpEmailStep,
  SetUpPhoneStep,
  SetUpTotpAnswer,
  SetUpTotpStep,
  SignedInStep,
  SignedOut,
  SignInFlow,
  SignInInput,
  SignOutOptions,
  SignUpInput,
  StartStep,
  Step,
  StepEvent,
  Tokens,
  TotpLabel,
  User,
  WaitingStep,
} from 'latchkey'

declare const auth: Auth

const settings: FlowSettings = { resumeAcrossTabs: true }
const entering: SignInFlow = signIn(auth, settings)
const joining: Flow<SignUpInput> = signUp(auth, settings)
const recovering: Flow<RecoverInput> = recover(auth)

const often: BeginOptions = { keepPassword: false, persist: 'tab', deviceName: 'phone' }
const flow: InitialFlow = 'USER_AUTH'
const prefer: FirstFactor = 'EMAIL_OTP'
const input: SignInInput = { ...often, username: 'ann', flow, prefer }
const options: FlowOptions = { signal: undefined, clientMetadata: { from: 'here' } }
const offer: AutofillOptions = { ...options, discover: true, rpId: 'example.com' }
const link: ResumeOptions = { ...options, answer: '123456' }
const label: TotpLabel = { issuer: 'Example' }

/** An answer to every step that waits. */
const answer: Handlers<Promise<RestingStep>> = {
  start: (_: StartStep) => entering.begin(input),
  password: (step: PasswordStep) => entering.answer(step, password),
  chooseFactor: (step: ChooseFactorStep) => entering.answer(step, factor),
  passkey: (step: PasskeyStep) => entering.answer(step, retry),
  code: (step: CodeStep) => entering.answer(step, code, options),
  chooseMfa: (step: ChooseMfaStep) => entering.answer(step, { kind: kindOf(step.kinds) }),
  chooseMfaSetUp: (step: ChooseMfaSetUpStep) => entering.answer(step, kind),
  setUpTotp: (step: SetUpTotpStep) => entering.answer(step, app),
  setUpEmail: (step: SetUpEmailStep) => entering.answer(step, email),
  setUpPhone: (step: SetUpPhoneStep) => entering.answer(step, done),
  newPassword: (step: NewPasswordStep) => entering.answer(step, own),
  custom: (step: CustomStep) => entering.answer(step, custom),
  confirmSignUp: (step: ConfirmSignUpStep) => joining.answer(step, code),
  resetPassword: (step: ResetPasswordStep) => recovering.answer(step, reset),
  retry: (step: RetryStep) => entering.answer(step, retry),
  rememberDevice: (step: RememberDeviceStep) => entering.answer(step, remember),
  signedIn: (step: SignedInStep) => Promise.resolve(step),
}
const password: PasswordAnswer = { password: 'secret' }
const factor: OtherFactorAnswer = { factor: prefer }
const retry: RetryAnswer = { retry: true }
const code: CodeAnswer = { code: '123456' }
const kind: KindAnswer = { kind: 'SOFTWARE_TOKEN_MFA' }
const app: SetUpTotpAnswer = { code: '123456', appName: undefined }
const email: EmailAnswer = { email: 'ann@example.com' }
const done: DoneAnswer = { done: true }
const own: NewPasswordAnswer = { password: 'secret', attributes: { name: 'Ann' } }
const custom: CustomAnswer = { answer: 'yes' }
const reset: ResetPasswordAnswer = { code: '123456', password: 'secret' }
const remember: RememberAnswer = { remember: true }
const byName: AnswerTo<CodeStep> & Answers['code'] = { code: '123456' }
const kindOf = (kinds: readonly SecondFactor[]): SecondFactor => kinds[0] ?? 'SMS_MFA'

export function titleOf(step: Step): string {
  switch (step.at) {
    case 'busy': {
      const busy: BusyStep = step
      return titleOf(busy.from)
    }
    case 'start':
    case 'signedIn':
      return step.at
    case 'setUpTotp':
      return entering.totpSecret(step, label).uri
    default: {
      const waiting: WaitingStep = step
      return waiting.at
    }
  }
}

export function titleOfRest(step: Extract<Step, StartStep | SignedInStep>): string {
  switch (step.at) {
    case 'start':
      return step.done ?? 'start'
    case 'signedIn':
      return step.user.sub
    default:
      throw unhandled(step)
  }
}

export async function run(): Promise<Tokens> {
  const stop = entering.subscribe(() => titleOf(entering.step))
  const step = await entering.resume(link)
  const next = await (answer[step.at] as (step: RestingStep) => Promise<RestingStep>)(step)
  if (next.at === 'code') await entering.answer(next, byName)
  if (next.at === 'confirmSignUp') await joining.resend(next, options)
  await entering.autofill(offer)
  entering.cancel()
  stop()
  const session: Session = auth.session
  const call: Call = auth.call
  await call('GetUser', { AccessToken: (await session.tokens()).accessToken })
  return session.tokens()
}

export const storage: KeyValueStorage = {
  getItem: async (key) => (key === '' ? null : undefined),
  setItem: async () => undefined,
  removeItem: () => undefined,
}
export const passkeys: Passkeys = {
  get: async ({ options: asked, mediation }: PasskeyRequest) => ({ id: asked['id'], mediation }),
}
const leaving: SignOutOptions = { everywhere: true, forgetDevice: true }
export const leave = (): Promise<SignedOut> => auth.session.signOut(leaving)
export const persistence: Persistence = 'browser'
export const who = ({ username, sub }: User): string => username + sub
export const told = ({ flow: name, at, code: why }: StepEvent): string => name + at + (why ?? '')
