import { host } from '../ports.ts'
import type { Clock } from '../ports.ts'
import type { ChallengeOutput } from './operations.ts'

/** The service's time, as far as its answers have told. */
export interface ServiceClock {
  /** Milliseconds since 1970 as the service counts them. */
  readonly now: () => number
  /** Learns from an answer of the service: its `Date`, or a token that it has just issued. */
  learn(sentAt: number, date: string | null, output: ChallengeOutput | undefined): void
}

/** Starts with the belief that the device is right. */
export function createServiceClock(clock: Clock): ServiceClock {
  let offset = 0
  return {
    now: () => clock.now() + offset,
    learn(sentAt, date, output) {
      const took = clock.now() - sentAt
      const stamp = Date.parse(date ?? '') || issuedAt(output)
      // An answer that took longer, or no time at all because the clock was set, teaches nothing.
      if (stamp > 0 && stamp < Infinity && took >= 0 && took < 10_000)
        // The stamp is cut to whole seconds and was made somewhere on the way: the middle of both.
        offset = stamp + 500 - sentAt - took / 2
    },
  }
}

/** When the access token of an answer was issued, in milliseconds, or NaN. */
function issuedAt(output: ChallengeOutput | undefined): number {
  try {
    const [, payload] = output!.AuthenticationResult!.AccessToken!.split('.')
    const json = host.atob(payload!.replaceAll('-', '+').replaceAll('_', '/'))
    return (JSON.parse(json) as { iat: number }).iat * 1000
  } catch {
    return NaN
  }
}
