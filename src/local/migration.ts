// People whom only an older directory knows: Lambda brings them along.
import { claimAlias } from './aliases.ts'
import { nobodyOf } from './nobody.ts'
import { checkLock, setPassword } from './passwords.ts'
import { newUser } from './people.ts'
import { findUser } from './service.ts'
import type { Service } from './service.ts'
import type { Client, Pool, User } from './state.ts'
import { runTrigger } from './triggers.ts'

/** Asks Lambda for somebody, by the password that was typed or, in a recovery, without one. */
export async function migrate(
  service: Service,
  { pool, client }: { readonly pool: Pool; readonly client: Client },
  username: string,
  password: string | undefined,
  metadata: Readonly<Record<string, string>> | undefined,
): Promise<User | undefined> {
  if (!service.triggers.userMigration) return undefined
  const isRecovery = password === undefined
  // Wrong passwords of nobody count against the name: a lock that Lambda is asked past would be none.
  if (!isRecovery) checkLock(service, nobodyOf(service, pool, username))
  const answered = await runTrigger(
    service.triggers,
    'userMigration',
    isRecovery ? 'UserMigration_ForgotPassword' : 'UserMigration_Authentication',
    { pool, client, username, attributes: new Map() },
    isRecovery ? { clientMetadata: metadata } : { password, validationData: metadata },
    {},
  )
  if (!answered.userAttributes) return undefined
  const there = findUser(pool, username)
  // Somebody else was let in by the same name while Lambda was asked.
  if (there) return there
  const attributes = new Map(Object.entries(answered.userAttributes))
  for (const name of ['email', 'phone_number'])
    if (attributes.get(`${name}_verified`) === 'true')
      claimAlias(pool, name, attributes.get(name), { force: answered.forceAliasCreation === true })
  const user = newUser(service, pool, username, answered.userAttributes)
  const isOwing = isRecovery || answered.finalUserStatus === 'RESET_REQUIRED'
  user.status = isOwing ? 'RESET_REQUIRED' : 'CONFIRMED'
  if (!isRecovery) setPassword(service, pool, user, password)
  return user
}
