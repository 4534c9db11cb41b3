import { resolveOptions } from './options.ts'
import type { Options } from './options.ts'
import { call } from './wire/call.ts'
import type { CallInput, CallOptions } from './wire/call.ts'
import { createServiceClock } from './wire/clock.ts'
import type { OperationName, Operations } from './wire/operations.ts'

/** The way to one app client of one user pool. */
export interface Auth {
  /**
   * Sends any of the service's 32 operations, in the service's own spelling. The client id, the
   * secret's hash, `clientMetadata` and `userContextData` are added where they belong and are left
   * out. Rejects with an `AuthError` for whatever the service or the network refuses.
   */
  readonly call: <Name extends OperationName>(
    operation: Name,
    input: CallInput<Name>,
    options?: CallOptions,
  ) => Promise<Operations[Name]['output']>
  /**
   * Milliseconds since 1970 by the service's clock, as far as its answers have told: for `latchkey/srp`,
   * and to show how long something still lasts.
   */
  readonly now: () => number
}

/**
 * Checks the options and returns the way to the user pool. Sends nothing. Throws a `TypeError` that
 * names the option that is wrong.
 */
export function createAuth(options: Options): Auth {
  const config = resolveOptions(options)
  const wire = { config, clock: createServiceClock(config.clock) }
  return Object.freeze<Auth>({
    call: (operation, input, callOptions) => call(wire, operation, input, callOptions),
    now: wire.clock.now,
  })
}
