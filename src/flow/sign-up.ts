import type { Auth } from '../core.ts'
import { readBeginning } from './begin.ts'
import type { SignUpInput } from './begin.ts'
import { createFlow } from './flow.ts'
import type { Flow, FlowSettings } from './flow.ts'

/**
 * Starts a sign-up: an account, the code that confirms its address, and at once signed in where the
 * service's session allows that, or else by the password that was typed. Another address: `begin` anew.
 */
export function signUp(auth: Auth, settings?: FlowSettings): Flow<SignUpInput> {
  const [flow] = createFlow<SignUpInput>(
    auth,
    'signUp',
    async ({ begin }, input) => begin(readBeginning(input), { do: 'signUp' }, input),
    settings,
  )
  return Object.freeze(flow)
}
