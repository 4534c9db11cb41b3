// A sign-in under way, and everything around it.
import type { ChallengeName, ChallengeOutput } from '../wire/operations.ts'
import { fail, wrongCredentials } from './fault.ts'
import { imaginedName, nobodyOf } from './nobody.ts'
import type { Account } from './passwords.ts'
import type { Service } from './service.ts'
import { openSession } from './sessions.ts'
import type { Client, Pool, Round, Session, SignInFacts, User } from './state.ts'
import { attributesFor } from './triggers.ts'
import type { Occasion } from './triggers.ts'

/** A sign-in and everything around it. */
export interface SignIn {
  readonly service: Service
  readonly pool: Pool
  readonly client: Client
  /** Nobody, where the pool hides who exists. */
  readonly user: User | undefined
  readonly facts: SignInFacts
  readonly metadata: Readonly<Record<string, string>> | undefined
}

/** The same with more known. */
export const learn = (signIn: SignIn, more: Partial<SignInFacts>): SignIn => ({
  ...signIn,
  facts: { ...signIn.facts, ...more },
})

/** The rounds with one more. */
export const withRound = (signIn: SignIn, round: Round): SignIn =>
  learn(signIn, { rounds: [...signIn.facts.rounds, round] })

/** What Lambda is told about a sign-in. */
export const occasionOf = ({ pool, client, user, facts }: SignIn): Occasion => ({
  pool,
  client,
  username: user?.username ?? facts.typed,
  attributes: user ? attributesFor(user) : new Map(),
})

/** The name that never changes; of nobody, the one that would be behind what was typed. */
export const nameOf = ({ pool, user, facts }: SignIn): string =>
  user?.username ?? imaginedName(pool, facts.typed)

/** What a password is looked at for. */
export const accountOf = ({ service, pool, user, facts }: SignIn): Account =>
  user ?? nobodyOf(service, pool, facts.typed)

/** Who it is, or an end for somebody who is nobody. */
export const person = ({ user }: SignIn): User => user ?? wrongCredentials()

/** Who has to set a new password gets in by nothing else. */
export function checkReset({ user }: SignIn): void {
  if (user?.status === 'RESET_REQUIRED')
    fail('PasswordResetRequired', 'Password reset required for the user')
}

/** A code confirms an account; everything else needs one that is confirmed. */
export function confirmedOnly(signIn: SignIn): void {
  if (signIn.user?.status === 'UNCONFIRMED') fail('UserNotConfirmed', 'User is not confirmed.')
  checkReset(signIn)
}

/** Poses a challenge in a session of its own. */
export function pose(
  { service, client, facts }: SignIn,
  challenge: ChallengeName,
  parameters: Readonly<Record<string, string>>,
  more: Omit<Partial<Session>, 'facts' | 'challenge'> = {},
): ChallengeOutput {
  return {
    ChallengeName: challenge,
    ChallengeParameters: parameters,
    Session: openSession(service, client, { facts, challenge, ...more }),
  }
}
