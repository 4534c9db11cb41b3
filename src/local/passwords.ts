// Passwords: the policy, the check, the lock after wrong ones, the history.
import { fail, wrongCredentials } from './fault.ts'
import { imaginedVerifier } from './nobody.ts'
import { isPassword, verifierOf } from './proofs.ts'
import type { Owner, Verifier } from './proofs.ts'
import { poolName } from './service.ts'
import type { Service } from './service.ts'
import type { Pool, Tries, User } from './state.ts'

const day = 86_400_000

/** Refuses a password that the policy does not allow, and says which rule. */
export function checkPolicy(
  { settings }: Pool,
  password: string,
  words = 'did not conform with',
): void {
  const policy = settings.Policies.PasswordPolicy
  const rules: readonly [boolean, string][] = [
    [password.length >= policy.MinimumLength, 'Password not long enough'],
    [!policy.RequireUppercase || /[A-Z]/.test(password), 'Password must have uppercase characters'],
    [!policy.RequireLowercase || /[a-z]/.test(password), 'Password must have lowercase characters'],
    [!policy.RequireNumbers || /\d/.test(password), 'Password must have numeric characters'],
    [
      !policy.RequireSymbols || /[\^$*.[\]{}()?"!@#%&/\\,><':;|_~`=+\- ]/.test(password),
      'Password must have symbol characters',
    ],
  ]
  const broken = rules.find(([kept]) => !kept)
  if (broken) fail('InvalidPassword', `Password ${words} policy: ${broken[1]}`)
}

/** Gives somebody a password. A temporary one comes to an end and does not count as used before. */
export function setPassword(
  service: Service,
  pool: Pool,
  user: User,
  password: string,
  temporary = false,
): void {
  const { PasswordHistorySize, TemporaryPasswordValidityDays } =
    pool.settings.Policies.PasswordPolicy
  const owner = ownerOf(pool, user)
  const before = [user.password, ...user.history].slice(0, PasswordHistorySize)
  if (before.some((kept) => kept && isPassword(owner, password, kept)))
    fail('PasswordHistoryPolicyViolation', 'Password has previously been used')
  if (user.password && user.password.until === undefined)
    user.history.splice(0, user.history.length, user.password, ...user.history.slice(0, 24))
  user.password = {
    ...verifierOf(owner, password, service.random(16)),
    until: temporary ? service.now() + TemporaryPasswordValidityDays * day : undefined,
  }
  user.modifiedAt = service.now()
}

/** Somebody, or nobody: of whom a password is looked at. */
export type Account = Pick<User, 'username' | 'password'> & Tries

/** Whose password it is. */
export const ownerOf = (pool: Pool, { username }: Pick<Account, 'username'>): Owner => ({
  pool: poolName(pool),
  user: username,
})

/** What a password is held against: where there is none, something that none fits. */
export const verifierFor = (
  pool: Pool,
  { username, password }: Pick<Account, 'username' | 'password'>,
): Verifier => password ?? imaginedVerifier(pool, username)

/** Refuses to look at a password while the account is locked. */
export function checkLock(service: Service, user: Tries): void {
  if (service.limits && user.lockedUntil > service.now())
    fail('NotAuthorized', 'Password attempts exceeded')
}

/** Counts a wrong password. Five are free; after each further one the wait doubles, up to 15 minutes. */
export function countFailure(service: Service, user: Tries): void {
  // A quarter of an hour without a try, after the lock, and all is forgotten.
  const quiet = service.now() - Math.max(user.lockedUntil, user.failedAt ?? 0)
  if (quiet >= 900_000) user.failures = 0
  user.failedAt = service.now()
  user.failures++
  if (user.failures >= 5)
    user.lockedUntil = service.now() + Math.min(2 ** (user.failures - 5), 900) * 1000
}

/** Forgets the wrong ones. */
export function forgiveFailures(user: Tries): void {
  user.failures = 0
  user.lockedUntil = 0
}

/** Compares a password that was sent in the clear. */
export function checkPassword(service: Service, pool: Pool, user: Account, password: string): void {
  checkLock(service, user)
  // Computed for everybody: the time that it takes would tell, too.
  const fits = isPassword(ownerOf(pool, user), password, verifierFor(pool, user))
  if (!user.password || !fits) {
    countFailure(service, user)
    wrongCredentials()
  }
  passedPassword(service, user)
}

/** What follows a right password, however it was proved. */
export function passedPassword(service: Service, user: Account): void {
  const { until } = user.password ?? {}
  if (until !== undefined && until <= service.now())
    fail('NotAuthorized', 'Temporary password has expired and must be reset by an administrator.')
  forgiveFailures(user)
}
