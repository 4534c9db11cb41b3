// Addresses and names that belong to one person at a time.
import { fail } from './fault.ts'
import { folded, isAliasOf } from './service.ts'
import type { Pool, User } from './state.ts'

/** Refuses what is somebody else's name. An alias that has to be verified is looked at then. */
export function checkTaken(pool: Pool, user: User, name: string, value: string): void {
  if (!isTaken(pool, name, value, user)) return
  fail(
    'AliasExists',
    name === 'preferred_username'
      ? 'User account already exists for the alias.'
      : `An account with the given ${name} already exists.`,
  )
}

/** Whether an attribute's value is by itself the name of somebody, other than the one who is to have it. */
export function isTaken(pool: Pool, name: string, value: string, user?: User): boolean {
  const { AliasAttributes, UsernameAttributes } = pool.settings
  const isName = (UsernameAttributes as readonly string[]).includes(name)
  const isAlias = name === 'preferred_username' && AliasAttributes.includes(name)
  if ((!isName && !isAlias) || value === '') return false
  const wanted = folded(pool, value)
  return [...pool.users.values()].some(
    (other) => other !== user && isAliasOf(pool, other, name, wanted),
  )
}

/** Takes an address from everybody else for somebody, or refuses where that is not wanted. */
export function claimAlias(
  pool: Pool,
  attribute: string,
  value: string | undefined,
  { user, force }: { readonly user?: User | undefined; readonly force: boolean },
): void {
  const { AliasAttributes } = pool.settings
  if (!(AliasAttributes as readonly string[]).includes(attribute) || value === undefined) return
  for (const other of pool.users.values()) {
    if (other === user || !isAliasOf(pool, other, attribute, folded(pool, value))) continue
    if (!force) fail('AliasExists', `An account with the ${attribute} already exists.`)
    other.attributes.set(`${attribute}_verified`, 'false')
  }
}
