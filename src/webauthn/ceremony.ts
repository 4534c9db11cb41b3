// One passkey ceremony at a time: a browser refuses a second, so the first is ended and waited for.
import { createEnding, heed } from '../ending.ts'
import { AuthError } from '../errors.ts'
import type { AuthErrorCode } from '../errors.ts'
import type { Clock, PasskeyRequest, Passkeys } from '../ports.ts'
import { within } from '../turns.ts'
import { browserPasskeys } from './browser.ts'

/** A passkey's assertion, as far as it is looked at here. */
export interface Assertion {
  readonly id?: string
  readonly response?: { readonly userHandle?: string }
}

interface Ceremony {
  end(): void
  readonly settled: Promise<unknown>
}

// Of the page, as the ceremonies are: two flows of one page must not hold two.
let current: Ceremony | undefined

/** Asks for a passkey. Rejects with an `AuthError` that tells a person's no from a device that cannot. */
export async function askForPasskey(
  {
    clock,
    passkeys = browserPasskeys,
  }: { readonly clock: Clock; readonly passkeys?: Passkeys | undefined },
  { signal, ...request }: PasskeyRequest,
): Promise<Assertion> {
  const { signal: ours, end, letGo } = createEnding(signal)
  const before = current
  let settle!: () => void
  const mine: Ceremony = { end, settled: new Promise<void>((resolve) => (settle = resolve)) }
  current = mine
  const { timeout, allowCredentials: allowed } = request.options as {
    readonly timeout?: unknown
    readonly allowCredentials?: readonly Assertion[]
  }
  let startedAt = clock.now()
  try {
    before?.end()
    // A port that does not heed its signal must not keep every other ceremony waiting.
    if (before) await within(clock, 1000, () => before.settled).catch(() => undefined)
    heed(signal)
    // Another one came while this one waited.
    if (ours.aborted) throw new AuthError({ code: 'passkey-cancelled' })
    // An empty list would let any passkey in.
    if (allowed?.length === 0) throw new AuthError({ code: 'passkey-none' })
    startedAt = clock.now()
    const assertion = (await passkeys.get({ ...request, signal: ours })) as Assertion
    // Some authenticators offer what was not asked for.
    if (!allowed || allowed.some(({ id }) => id === assertion.id)) return assertion
    throw new AuthError({ code: 'passkey-none' })
  } catch (cause) {
    heed(signal)
    if (cause instanceof AuthError) throw cause
    const late = typeof timeout === 'number' && clock.now() - startedAt >= timeout
    throw new AuthError({ code: codeOf(cause, late), cause })
  } finally {
    letGo()
    settle()
    if (current === mine) current = undefined
  }
}

/** What happened, by the name of what the browser threw. */
function codeOf(error: unknown, late: boolean): AuthErrorCode {
  const { name } = Object(error) as { readonly name?: unknown }
  if (name === 'SecurityError') return 'passkey-domain-mismatch'
  if (name === 'NotFoundError') return 'passkey-none'
  // Browsers say the same for a person's no, for a missing click and for no passkey at all: they hide
  // from a page which passkeys there are.
  if (name === 'NotAllowedError' || name === 'AbortError')
    return late ? 'passkey-timeout' : 'passkey-cancelled'
  return 'passkey-unavailable'
}
