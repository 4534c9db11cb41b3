import { coreKey } from './core.ts'
import type { Auth, Core } from './core.ts'
import { resolveOptions } from './options.ts'
import type { Options } from './options.ts'
import { createSession } from './session/session.ts'
import { call } from './wire/call.ts'
import type { Call } from './wire/call.ts'
import { createServiceClock } from './wire/clock.ts'

/**
 * Checks the options and returns the way to the user pool. Sends nothing. Throws a `TypeError` that
 * names the option that is wrong.
 */
export function createAuth(options: Options): Auth {
  const config = resolveOptions(options)
  const wire = { config, clock: createServiceClock(config.clock) }
  const { now } = wire.clock
  const send: Call = (operation, input, callOptions) => call(wire, operation, input, callOptions)
  const session = createSession(config, send, now)
  const core: Core = { config, call: send, now, session }
  const { tokens, signOut } = session
  return Object.freeze({
    call: send,
    now,
    session: Object.freeze({ tokens, signOut }),
    [coreKey]: core,
  })
}
