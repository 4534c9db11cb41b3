// Threat protection, which this pool does not have.
import { fail } from './fault.ts'
import { poolOf } from './service.ts'
import type { Input, Output, Service } from './service.ts'

/** UpdateAuthEventFeedback: there is nothing to tell. */
export function updateAuthEventFeedback(
  service: Service,
  input: Input<'UpdateAuthEventFeedback'>,
): Output<'UpdateAuthEventFeedback'> {
  poolOf(service, input.UserPoolId)
  return fail('UserPoolAddOnNotEnabled', 'User pool add-ons are not enabled for this pool.')
}
