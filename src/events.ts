import type { AuthErrorCode } from './errors.ts'
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

/** What `onEvent` is told. Never holds a secret. */
export type AuthEvent = RequestEvent | RetryEvent
