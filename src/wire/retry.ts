import type { AuthError } from '../errors.ts'
import type { Random } from '../ports.ts'

/**
 * Milliseconds to wait before a request that may be repeated is sent again; for ever where it must
 * not be. Full jitter, doubling from a second; the service's own word where it can be read.
 */
export function retryDelay(error: AuthError, attempt: number, random: Random): number {
  const { code, status, retryAfter } = error
  // An opaque failure may be a firewall's challenge, which asking again only repeats. With a status,
  // the answer had begun: what was asked for is done, and only its words are lost.
  const tries =
    code === 'unreachable' && status === undefined
      ? 2
      : code === 'service-error' || code === 'throttled'
        ? 3
        : 1
  if (attempt >= tries) return Infinity
  return retryAfter ?? (random(1)[0]! / 256) * 1000 * 2 ** (attempt - 1)
}
