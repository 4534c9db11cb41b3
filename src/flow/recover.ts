import type { Auth } from '../core.ts'
import { readBeginning } from './begin.ts'
import type { RecoverInput } from './begin.ts'
import { createFlow } from './flow.ts'
import type { Flow, FlowSettings } from './flow.ts'

/** Starts a recovery: a code to a verified address, a new password, and signed in with it. */
export function recover(auth: Auth, settings?: FlowSettings): Flow<RecoverInput> {
  const [flow] = createFlow<RecoverInput>(
    auth,
    'recover',
    async ({ begin }, input) =>
      begin(
        // There will be a password by then.
        readBeginning({ ...input, password: 'new' }),
        { do: 'send', what: 'resetPassword' },
        input,
      ),
    settings,
  )
  return Object.freeze(flow)
}
