import { expectTypeOf } from 'vitest'
import { createAuth, recover, signIn, signUp, unhandled } from '../../src/index.ts'
import type {
  AnswerTo,
  Auth,
  AuthError,
  BusyStep,
  ChooseFactorStep,
  ChooseMfaSetUpStep,
  ChooseMfaStep,
  CodeStep,
  ConfirmSignUpStep,
  CustomStep,
  FirstFactor,
  Flow,
  Handlers,
  NewPasswordStep,
  PasskeyStep,
  PasswordStep,
  RememberDeviceStep,
  ResetPasswordStep,
  RestingStep,
  RetryStep,
  SecondFactor,
  SetUpEmailStep,
  SetUpPhoneStep,
  SetUpTotpStep,
  SignedInStep,
  SignInFlow,
  SignInInput,
  SignUpInput,
  StartStep,
  Step,
  Tokens,
  User,
  WaitingStep,
} from '../../src/index.ts'

// Nothing here runs: that it compiles is the test.

declare const auth: Auth
declare const any: Step
declare const waiting: WaitingStep
declare const code: CodeStep
declare const password: PasswordStep
declare const chooseFactor: ChooseFactorStep
declare const passkey: PasskeyStep
declare const chooseMfa: ChooseMfaStep
declare const chooseMfaSetUp: ChooseMfaSetUpStep
declare const setUpTotp: SetUpTotpStep
declare const setUpEmail: SetUpEmailStep
declare const setUpPhone: SetUpPhoneStep
declare const newPassword: NewPasswordStep
declare const custom: CustomStep
declare const confirmSignUp: ConfirmSignUpStep
declare const resetPassword: ResetPasswordStep
declare const retry: RetryStep
declare const rememberDevice: RememberDeviceStep
declare const start: StartStep
declare const signedIn: SignedInStep
declare const busy: BusyStep

const flow = signIn(auth)
const { answer } = flow

// A flow

expectTypeOf(flow).toEqualTypeOf<SignInFlow>()
expectTypeOf(signUp(auth)).toEqualTypeOf<Flow<SignUpInput>>()
expectTypeOf(recover(auth)).toExtend<Flow<{ username: string }>>()
expectTypeOf(flow.step).toEqualTypeOf<Step>()
expectTypeOf(flow.begin).returns.resolves.toEqualTypeOf<RestingStep>()
expectTypeOf(flow.answer).returns.resolves.toEqualTypeOf<RestingStep>()
expectTypeOf(flow.resume).returns.resolves.toEqualTypeOf<RestingStep>()
expectTypeOf(flow.autofill).returns.resolves.toEqualTypeOf<RestingStep>()
expectTypeOf(flow.cancel).returns.toBeVoid()
expectTypeOf(flow.subscribe(() => undefined)).returns.toBeVoid()
expectTypeOf(flow.totpSecret(setUpTotp)).toEqualTypeOf<{
  readonly secret: string
  readonly uri: string
}>()
expectTypeOf(createAuth).returns.toExtend<Parameters<typeof signIn>[0]>()
expectTypeOf(auth.session.tokens).returns.resolves.toEqualTypeOf<Tokens>()
// @ts-expect-error -- a step is moved by answers, not by hand
flow.step = start
// @ts-expect-error -- only sign-in has suggestions
expectTypeOf(signUp(auth).autofill).toBeFunction()
// @ts-expect-error -- not what createAuth returns
signIn({ call: auth.call })
// @ts-expect-error -- the options of the flow are named
signIn(auth, { resumeAcrossTab: true })

// Beginnings

void flow.begin({ username: 'ann', password: 'secret' })
void flow.begin({ username: 'ann' })
void flow.begin({ username: 'ann', flow: 'CUSTOM_AUTH', persist: 'tab', signal: undefined })
// @ts-expect-error -- somebody has to sign in
void flow.begin({ password: 'secret' })
// @ts-expect-error -- not a text
void flow.begin({ username: 'ann', password: 1 })
// @ts-expect-error -- no such flow for people
void flow.begin({ username: 'ann', flow: 'ADMIN_NO_SRP_AUTH' })
// @ts-expect-error -- a second factor is not begun with
void flow.begin({ username: 'ann', prefer: 'SMS_MFA' })
// @ts-expect-error -- no such place
void flow.begin({ username: 'ann', persist: 'disk' })
// @ts-expect-error -- no such option
void flow.begin({ username: 'ann', remember: true })
// @ts-expect-error -- null is not a way to leave something out
void flow.begin({ username: 'ann', password: null })
void signUp(auth).begin({ username: 'ann', attributes: { email: 'ann@example.com' } })
void signUp(auth).begin({ username: 'ann', password: 'secret', flow: 'USER_PASSWORD_AUTH' })
void recover(auth).begin({ username: 'ann', flow: 'USER_AUTH' })
// @ts-expect-error -- no such way to sign in
void recover(auth).begin({ username: 'ann', flow: 'REFRESH_TOKEN_AUTH' })
// @ts-expect-error -- attributes are texts by name
void signUp(auth).begin({ username: 'ann', attributes: [{ Name: 'email' }] })
// @ts-expect-error -- a sign-in has no attributes
void flow.begin({ username: 'ann', attributes: {} })
// @ts-expect-error -- what is recovered is the password
void recover(auth).begin({ username: 'ann', password: 'secret' })
expectTypeOf<SignInInput['prefer']>().toEqualTypeOf<FirstFactor | undefined>()

// Answers: each step takes its own

void answer(code, { code: '123456' })
void answer(code, { factor: 'PASSWORD_SRP' })
void answer(password, { password: 'secret' })
void answer(password, { factor: 'EMAIL_OTP' })
void answer(chooseFactor, { factor: 'WEB_AUTHN' })
void answer(passkey, { retry: true })
void answer(passkey, { factor: 'PASSWORD' })
void answer(chooseMfa, { kind: 'SMS_MFA' })
void answer(chooseMfaSetUp, { kind: 'EMAIL_OTP' })
void answer(setUpTotp, { code: '123456', appName: 'phone' })
void answer(setUpEmail, { email: 'ann@example.com' })
void answer(setUpPhone, { done: true })
void answer(newPassword, { password: 'secret', attributes: { name: 'Ann' } })
void answer(custom, { answer: 'yes', more: { why: 'because' } })
void answer(confirmSignUp, { code: '123456' })
void answer(resetPassword, { code: '123456', password: 'secret' })
void answer(retry, { retry: true }, { clientMetadata: { from: 'here' } })
void answer(rememberDevice, { remember: false })

// @ts-expect-error -- a code is not a password
void answer(code, { password: 'secret' })
// @ts-expect-error -- a code is a text: a number loses the zeros in front
void answer(code, { code: 123456 })
// @ts-expect-error -- nothing answered
void answer(code, {})
// @ts-expect-error -- no such factor
void answer(code, { factor: 'SMS_MFA' })
// @ts-expect-error -- a member too many
void answer(code, { code: '123456', remember: true })
// @ts-expect-error -- a password is not a code
void answer(password, { code: '123456' })
// @ts-expect-error -- a factor is chosen, not a kind
void answer(chooseFactor, { kind: 'WEB_AUTHN' })
// @ts-expect-error -- a click is a click
void answer(passkey, { retry: false })
// @ts-expect-error -- a first factor is no second
void answer(chooseMfa, { kind: 'SMS_OTP' })
// @ts-expect-error -- a choice is not a code
void answer(chooseMfaSetUp, { code: '123456' })
// @ts-expect-error -- the code is missing
void answer(setUpTotp, { appName: 'phone' })
// @ts-expect-error -- not an address
void answer(setUpEmail, { code: '123456' })
// @ts-expect-error -- the service takes no number here
void answer(setUpPhone, { phone: '+491701234567' })
// @ts-expect-error -- the password is missing
void answer(newPassword, { attributes: { name: 'Ann' } })
// @ts-expect-error -- attributes are texts
void answer(newPassword, { password: 'secret', attributes: { age: 7 } })
// @ts-expect-error -- an answer is a text
void answer(custom, { answer: true })
// @ts-expect-error -- both are wanted
void answer(resetPassword, { code: '123456' })
// @ts-expect-error -- both are wanted
void answer(resetPassword, { password: 'secret' })
// @ts-expect-error -- a sign-up takes no password with its code
void answer(confirmSignUp, { code: '123456', password: 'secret' })
// @ts-expect-error -- yes or no
void answer(rememberDevice, { remember: 'yes' })
// @ts-expect-error -- nothing is asked at the beginning
void answer(start, { password: 'secret' })
// @ts-expect-error -- nothing is asked at the end
void answer(signedIn, {})
// @ts-expect-error -- nothing is asked meanwhile
void answer(busy, { code: '123456' })
// @ts-expect-error -- which step it is has to be known
void answer(waiting, { code: '123456' })
// @ts-expect-error -- which step it is has to be known
void answer(any, { code: '123456' })
// @ts-expect-error -- only what sends codes can send another
void flow.resend(newPassword)
// @ts-expect-error -- only this step has a secret to show
flow.totpSecret(code)
void flow.resend(code)
void flow.resend(confirmSignUp)
void flow.resend(resetPassword)

expectTypeOf<AnswerTo<CodeStep>>().toEqualTypeOf<
  { readonly code: string } | { readonly factor: FirstFactor }
>()
expectTypeOf<AnswerTo<ChooseMfaStep>>().toEqualTypeOf<{ readonly kind: SecondFactor }>()

// Steps

expectTypeOf<Step['error']>().toEqualTypeOf<AuthError | undefined>()
expectTypeOf<Step['id']>().toBeString()
expectTypeOf<SignedInStep['user']>().toEqualTypeOf<User>()
expectTypeOf<WaitingStep>().not.toExtend<StartStep>()
expectTypeOf<BusyStep>().not.toExtend<RestingStep>()
// @ts-expect-error -- a step is not changed
code.attempts = 0
// @ts-expect-error -- and neither is what it holds
newPassword.requiredAttributes[0] = 'name'
// @ts-expect-error -- a step has no session
expectTypeOf(code.session).toBeString()

// A step that is forgotten does not compile

export function complete(step: StartStep | CodeStep | SignedInStep): string {
  switch (step.at) {
    case 'start':
    case 'code':
    case 'signedIn':
      return step.at
    default:
      throw unhandled(step)
  }
}

export function incomplete(step: StartStep | CodeStep | SignedInStep): string {
  switch (step.at) {
    case 'start':
    case 'signedIn':
      return step.at
    default:
      // @ts-expect-error -- the code is forgotten
      throw unhandled(step)
  }
}

const handlers: Handlers<string> = {
  start: ({ done }) => done ?? '',
  password: ({ factor }) => factor,
  chooseFactor: ({ factors }) => factors.join(),
  passkey: ({ others }) => others.join(),
  code: ({ destination = '' }) => destination,
  chooseMfa: ({ kinds }) => kinds.join(),
  chooseMfaSetUp: ({ kinds }) => kinds.join(),
  setUpTotp: ({ id }) => id,
  setUpEmail: ({ username }) => username,
  setUpPhone: ({ username }) => username,
  newPassword: ({ requiredAttributes }) => requiredAttributes.join(),
  custom: ({ parameters }) => parameters['question'] ?? '',
  confirmSignUp: ({ medium = 'EMAIL' }) => medium,
  resetPassword: ({ destination = '' }) => destination,
  retry: ({ error }) => error?.code ?? '',
  rememberDevice: ({ user }) => user.sub,
  signedIn: ({ user }) => user.username,
}
const { retry: forgotten, ...others } = handlers
export const shown = forgotten(retry)
// @ts-expect-error -- one is forgotten
export const lacking: Handlers<string> = others
export const tooMany: Handlers<string> = {
  ...handlers,
  // @ts-expect-error -- there is no such step
  busy: () => '',
}
