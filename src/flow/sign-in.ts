import type { Auth } from '../core.ts'
import { offerPasskey } from './autofill.ts'
import type { AutofillOptions } from './autofill.ts'
import { readBeginning } from './begin.ts'
import type { SignInInput } from './begin.ts'
import { createFlow } from './flow.ts'
import type { Flow, FlowSettings } from './flow.ts'
import type { RestingStep } from './step.ts'

/** A sign-in. */
export interface SignInFlow extends Flow<SignInInput> {
  /**
   * Offers a passkey among the names that the browser suggests for a field with
   * `autocomplete="username webauthn"`. Call it when the field is focused for the first time, not when
   * the page opens. Resolves with the step that came of it, or with the step as it was: whoever does not
   * pick a passkey never notices.
   */
  readonly autofill: (options?: AutofillOptions) => Promise<RestingStep>
}

/** Starts a sign-in: nothing is sent before `begin`. */
export function signIn(auth: Auth, settings?: FlowSettings): SignInFlow {
  const [flow, runner] = createFlow<SignInInput>(
    auth,
    'signIn',
    async ({ begin }, input) => begin(readBeginning(input), { do: 'initiate' }, input),
    settings,
  )
  return Object.freeze(Object.assign(flow, { autofill: offerPasskey(runner) }))
}
