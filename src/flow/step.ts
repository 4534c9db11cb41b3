// The vocabulary of a flow: where it can be, what a person answers. Nothing here is secret.
import type { AuthError } from '../errors.ts'
import type { User } from '../session/tokens.ts'
import type { ChallengeName, DeliveryMedium, TextByName } from '../wire/operations.ts'

/** What a sign-in of the flow `USER_AUTH` can begin with. */
export type FirstFactor = Extract<
  ChallengeName,
  'PASSWORD' | 'PASSWORD_SRP' | 'EMAIL_OTP' | 'SMS_OTP' | 'WEB_AUTHN'
>

/** What is asked for besides a password. */
export type SecondFactor = Extract<ChallengeName, 'SMS_MFA' | 'SOFTWARE_TOKEN_MFA' | 'EMAIL_OTP'>

/** What every step says. */
interface Every {
  /** Another one for every step: an answer to an old one is refused. */
  readonly id: string
  /** Who it is about, as it was typed. */
  readonly username?: string | undefined
  /** Why the last try led here. */
  readonly error?: AuthError | undefined
}

/** What every step says that the service waits behind. */
interface UnderWay extends Every {
  readonly username: string
  /** Milliseconds since 1970 by `auth.now()`: the service forgets the sign-in then. */
  readonly expiresAt: number
}

/** Nothing is under way: `begin`. After a refusal, `error` says why. */
export interface StartStep extends Every {
  readonly at: 'start'
  /** What was done, where it did not lead to a sign-in by itself: the person signs in now. */
  readonly done?: 'confirmed' | 'passwordReset' | undefined
}

/** The service is being asked. */
export interface BusyStep extends Every {
  readonly at: 'busy'
  /** What was answered: a page can go on showing it. */
  readonly from: RestingStep
}

/** USER_AUTH: a password is wanted. */
export interface PasswordStep extends UnderWay {
  readonly at: 'password'
  readonly factor: 'PASSWORD' | 'PASSWORD_SRP'
  /** What could be used instead. */
  readonly others: readonly FirstFactor[]
}

/** USER_AUTH: the person chooses how to sign in. */
export interface ChooseFactorStep extends UnderWay {
  readonly at: 'chooseFactor'
  readonly factors: readonly FirstFactor[]
}

/** A passkey is wanted, and a click for it: the browser or the person ended the last ceremony. */
export interface PasskeyStep extends UnderWay {
  readonly at: 'passkey'
  /** What could be used instead. */
  readonly others: readonly FirstFactor[]
}

/** A code is wanted: of a text message, an e-mail or an authenticator app. */
export interface CodeStep extends UnderWay {
  readonly at: 'code'
  readonly challenge: 'SMS_MFA' | 'EMAIL_OTP' | 'SMS_OTP' | 'SOFTWARE_TOKEN_MFA'
  /** Absent for an authenticator app. */
  readonly medium?: DeliveryMedium | undefined
  /** Where the code went, masked by the service. */
  readonly destination?: string | undefined
  /** What the person called the authenticator app. */
  readonly appName?: string | undefined
  /** How many wrong codes this step has had. */
  readonly attempts: number
  /** Whether `resend` can send another, as long as the password is remembered. */
  readonly canResend: boolean
  /** What could be used instead. */
  readonly others: readonly FirstFactor[]
}

/** Several second factors are set up: the person chooses one. */
export interface ChooseMfaStep extends UnderWay {
  readonly at: 'chooseMfa'
  readonly kinds: readonly SecondFactor[]
}

/** The pool wants a second factor and the person has none: which shall it be? */
export interface ChooseMfaSetUpStep extends UnderWay {
  readonly at: 'chooseMfaSetUp'
  readonly kinds: readonly SecondFactor[]
}

/** An authenticator app is being set up: show `flow.totpSecret(step)`, ask for its first code. */
export interface SetUpTotpStep extends UnderWay {
  readonly at: 'setUpTotp'
  /** How many wrong codes this step has had. */
  readonly attempts: number
}

/** An address for codes is wanted. */
export interface SetUpEmailStep extends UnderWay {
  readonly at: 'setUpEmail'
}

/**
 * A telephone number for codes is wanted. The service takes none in a sign-in: your server has to set
 * it. The sign-in is then repeated.
 */
export interface SetUpPhoneStep extends UnderWay {
  readonly at: 'setUpPhone'
}

/** The first password was a temporary one: the person chooses their own. */
export interface NewPasswordStep extends UnderWay {
  readonly at: 'newPassword'
  /** What the person still has to tell, without the service's prefix. */
  readonly requiredAttributes: readonly string[]
  /** What is known of them. These cannot be changed here. */
  readonly attributes: TextByName
}

/** A question of the pool's own Lambda. */
export interface CustomStep extends UnderWay {
  readonly at: 'custom'
  /** What the Lambda tells, its `publicChallengeParameters`. */
  readonly parameters: TextByName
  /** 1 for the first question. A wrong answer may lead to the same question in the next round. */
  readonly round: number
}

/** The address was never confirmed: the code of the sign-up is wanted. */
export interface ConfirmSignUpStep extends Every {
  readonly at: 'confirmSignUp'
  readonly username: string
  readonly medium?: DeliveryMedium | undefined
  readonly destination?: string | undefined
  readonly attempts: number
  readonly canResend: boolean
}

/** A new password is wanted, and the code that proves whose it is. */
export interface ResetPasswordStep extends Every {
  readonly at: 'resetPassword'
  readonly username: string
  readonly medium?: DeliveryMedium | undefined
  readonly destination?: string | undefined
  readonly attempts: number
  readonly canResend: boolean
}

/** The network failed in the middle, where nobody has to type anything: try again. */
export interface RetryStep extends UnderWay {
  readonly at: 'retry'
}

/** Signed in already; the pool leaves it to the person whether this device is remembered. */
export interface RememberDeviceStep extends Every {
  readonly at: 'rememberDevice'
  readonly username: string
  readonly user: User
}

/** The end. The tokens are with `auth.session`. */
export interface SignedInStep extends Every {
  readonly at: 'signedIn'
  readonly username: string
  readonly user: User
}

/** What each step takes for an answer. */
export interface Answers {
  readonly password: PasswordAnswer | OtherFactorAnswer
  readonly chooseFactor: OtherFactorAnswer
  readonly passkey: RetryAnswer | OtherFactorAnswer
  readonly code: CodeAnswer | OtherFactorAnswer
  readonly chooseMfa: KindAnswer
  readonly chooseMfaSetUp: KindAnswer
  readonly setUpTotp: SetUpTotpAnswer
  readonly setUpEmail: EmailAnswer
  readonly setUpPhone: DoneAnswer
  readonly newPassword: NewPasswordAnswer
  readonly custom: CustomAnswer
  readonly confirmSignUp: CodeAnswer
  readonly resetPassword: ResetPasswordAnswer
  readonly retry: RetryAnswer
  readonly rememberDevice: RememberAnswer
}

/** A password, as it was typed. */
export interface PasswordAnswer {
  readonly password: string
}
/** Another way to sign in than the one that was begun; costs one request more. */
export interface OtherFactorAnswer {
  readonly factor: FirstFactor
}
/** A code, as it was typed. */
export interface CodeAnswer {
  readonly code: string
}
/** One of the second factors that the step names. */
export interface KindAnswer {
  readonly kind: SecondFactor
}
/** The first code of a new authenticator app, and what the person calls it. */
export interface SetUpTotpAnswer {
  readonly code: string
  readonly appName?: string | undefined
}
/** Where codes shall go. */
export interface EmailAnswer {
  readonly email: string
}
/** It was done elsewhere. */
export interface DoneAnswer {
  readonly done: true
}
/** Once more. */
export interface RetryAnswer {
  readonly retry: true
}
/** The person's own password, and what is required of them besides. */
export interface NewPasswordAnswer {
  readonly password: string
  readonly attributes?: TextByName | undefined
}
/** The answer, and whatever else the Lambda reads. */
export interface CustomAnswer {
  readonly answer: string
  readonly more?: TextByName | undefined
}
/** The code that was sent, and the new password. */
export interface ResetPasswordAnswer {
  readonly code: string
  readonly password: string
}
/** Whether the pool shall know this device again. */
export interface RememberAnswer {
  readonly remember: boolean
}

/** Where a flow can be. Plain data that can be shown, logged and compared. */
export type Step = StartStep | BusyStep | WaitingStep | SignedInStep

/** A step that waits for an answer. */
export type WaitingStep =
  | PasswordStep
  | ChooseFactorStep
  | PasskeyStep
  | CodeStep
  | ChooseMfaStep
  | ChooseMfaSetUpStep
  | SetUpTotpStep
  | SetUpEmailStep
  | SetUpPhoneStep
  | NewPasswordStep
  | CustomStep
  | ConfirmSignUpStep
  | ResetPasswordStep
  | RetryStep
  | RememberDeviceStep

/** A step at which nothing is under way: what `begin` and `answer` resolve with. */
export type RestingStep = Exclude<Step, BusyStep>

/** The step, or the one that it came from and returns to. */
export const resting = (step: Step): RestingStep => (step.at === 'busy' ? step.from : step)

/** The answer that a step takes. One of a step that is not told apart yet takes none. */
export type AnswerTo<Given extends WaitingStep> = [Taker<Given>] extends [
  (answer: infer Answer) => void,
]
  ? Answer
  : never
type Taker<Given> = Given extends WaitingStep ? (answer: Answers[Given['at']]) => void : never

/** A function for every step: one that is left out does not compile. */
export type Handlers<Result> = {
  readonly [At in RestingStep['at']]: (step: Extract<Step, { readonly at: At }>) => Result
}

/** For the `default` of a `switch` over `step.at`: a step that is left out does not compile. */
export function unhandled(step: never): Error {
  return new TypeError(`latchkey: no case for the step "${(step as Step).at}"`)
}
