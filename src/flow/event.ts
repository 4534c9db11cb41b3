// What happens to a flow, and what is to be done about it, as data. Both may hold what a person typed:
// unlike steps they are never shown to anybody.
import type { AuthError } from '../errors.ts'
import type { User } from '../session/tokens.ts'
import type {
  AuthenticationResult,
  ChallengeName,
  CodeDeliveryDetails,
  TextByName,
} from '../wire/operations.ts'
import type { Answers, BusyStep, FirstFactor, RestingStep, WaitingStep } from './step.ts'

/** A step at rest before it has its number. */
export type Draft<Given = RestingStep> = Given extends RestingStep ? Omit<Given, 'id'> : never

/** Where an event leads, and what is to be done there. */
export type Next = readonly [Draft] | readonly [BusyDraft, Effect]

/** A busy step before it has its number: where it came from is where it returns to. */
export type BusyDraft = Pick<BusyStep, 'at' | 'username'> & { readonly from: Draft }

/** A challenge of the service, with what the sign-in knows about it. */
export interface Posed {
  readonly name: ChallengeName
  readonly parameters: TextByName
  readonly expiresAt: number
  /** The first factors that the service offered at the beginning. */
  readonly available: readonly FirstFactor[]
  /** Whether the sign-in could be repeated as far as this without the person. */
  readonly canResend: boolean
  /** How many questions of Lambda there were, with this one. */
  readonly round: number
  /** What the person answered in the sign-in that is being repeated. */
  readonly chosen?: TextByName | undefined
  /** Why the person is asked again. */
  readonly reason?: AuthError | undefined
}

/** What happens to a flow. */
export type FlowEvent =
  | { readonly type: 'begun'; readonly username: string; readonly effect: Effect }
  | { readonly type: 'resumed'; readonly step: Draft }
  | { readonly type: 'answered'; readonly input: Answers[WaitingStep['at']] }
  | { readonly type: 'resend' }
  | Outcome

/** What came of an effect. */
export type Outcome =
  | { readonly type: 'posed'; readonly posed: Posed }
  | { readonly type: 'granted'; readonly result: AuthenticationResult }
  | { readonly type: 'kept'; readonly user: User; readonly asks: boolean }
  | { readonly type: 'passwordWanted'; readonly factor: 'PASSWORD' | 'PASSWORD_SRP' }
  | { readonly type: 'secretMade'; readonly expiresAt: number }
  | {
      readonly type: 'codeSent'
      readonly to: Sending
      readonly details: CodeDeliveryDetails | undefined
    }
  | { readonly type: 'done'; readonly what: 'confirmed' | 'passwordReset' }
  | { readonly type: 'stopped' }
  | {
      readonly type: 'refused'
      readonly error: AuthError
      /** The challenge whose answer was refused. */
      readonly challenge?: ChallengeName | undefined
      /** Whether the request named a device, which may be the reason. */
      readonly byDevice?: boolean | undefined
    }

/** What a code outside of a sign-in is for. */
export type Sending = 'confirmSignUp' | 'resetPassword'

/** One of what has to be done. */
export type Do<Name extends Effect['do']> = Extract<Effect, { readonly do: Name }>

/** What has to be done. */
export type Effect =
  | { readonly do: 'initiate' }
  | { readonly do: 'respond'; readonly to: ChallengeName; readonly answers: TextByName }
  | {
      readonly do: 'prove'
      readonly to: 'PASSWORD_VERIFIER' | 'DEVICE_PASSWORD_VERIFIER'
      readonly parameters: TextByName
    }
  | { readonly do: 'meetDevice' }
  | {
      readonly do: 'choose'
      readonly factor: FirstFactor
      readonly password?: string | undefined
    }
  | { readonly do: 'askPasskey'; readonly options?: string | undefined }
  | { readonly do: 'makeSecret' }
  | { readonly do: 'proveSecret'; readonly code: string; readonly appName: string | undefined }
  | { readonly do: 'again' }
  | { readonly do: 'againWithoutDevice' }
  | { readonly do: 'repeat'; readonly reason?: AuthError | undefined }
  | { readonly do: 'signUp' }
  | { readonly do: 'confirmSignUp'; readonly code: string }
  | { readonly do: 'send'; readonly what: Sending }
  | { readonly do: 'resetPassword'; readonly code: string; readonly password: string }
  | { readonly do: 'signInAfter' }
  | { readonly do: 'keep'; readonly result: AuthenticationResult }
  | { readonly do: 'rememberDevice'; readonly remember: boolean }
