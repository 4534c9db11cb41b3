import type { AuthErrorCode } from './errors.ts'
import type { Step } from './flow/step.ts'
import type { OperationName } from './wire/operations.ts'

/** A request ended, well or not. */
export interface RequestEvent {
  readonly type: 'request'
  readonly operation: OperationName
  /** 1 for the first try of a call. */
  readonly attempt: number
  readonly milliseconds: number
  /** Why it failed; absent after a success. */
  readonly code?: AuthErrorCode | 'aborted' | undefined
  /** Absent where no answer came. */
  readonly status?: number | undefined
  readonly requestId?: string | undefined
}

/** A request will be sent again. */
export interface RetryEvent {
  readonly type: 'retry'
  readonly operation: OperationName
  /** The number of the try that failed. */
  readonly attempt: number
  readonly code: AuthErrorCode
  /** Milliseconds until the next try. */
  readonly delay: number
}

/** A flow moved. */
export interface StepEvent {
  readonly type: 'step'
  readonly flow: 'signIn' | 'signUp' | 'recover'
  /** Where it is now. */
  readonly at: Step['at']
  /** Why, where something was refused. */
  readonly code?: AuthErrorCode | undefined
}

/** What `onEvent` is told. Never holds a secret. */
export type AuthEvent = RequestEvent | RetryEvent | StepEvent

/** Tells a listener. What it throws is its own trouble: seen by the host, not by whoever tells. */
export function tell<Told extends readonly unknown[]>(
  listener: ((...told: Told) => void) | undefined,
  ...told: Told
): void {
  try {
    listener?.(...told)
  } catch (error) {
    void Promise.reject(error)
  }
}
