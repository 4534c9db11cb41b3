// People who are not there, where that is hidden: what is made up of them, and what counts against their
// names. Whatever differed from somebody's would tell who is there.
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8 } from '../bytes.ts'
import { masked, mediumOf } from './codes.ts'
import type { Address, Delivery } from './codes.ts'
import type { Verifier } from './proofs.ts'
import { folded } from './service.ts'
import type { Service } from './service.ts'
import type { Nobody, Pool } from './state.ts'

/** Something that depends on the pool and a text alone, in hex. */
function digest({ secret }: Pool, text: string): string {
  const bytes = sha256(utf8(`${secret} ${text}`))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** The name that would be behind what was typed: where an address stands for one, it is like a subject. */
export function imaginedName(pool: Pool, typed: string): string {
  const name = folded(pool, typed)
  const { AliasAttributes: aliases, UsernameAttributes } = pool.settings
  const isAlias =
    (aliases.includes('email') && name.includes('@')) ||
    (aliases.includes('phone_number') && /^\+\d+$/.test(name))
  // A subject is a name by itself, also one that was made up here.
  const isSubject = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(name)
  if (isSubject || !(isAlias || UsernameAttributes.length)) return name
  return digest(pool, `name ${name}`).replace(/(.{8})(.{4})(.{4})(.{4})(.{12}).*/, '$1-$2-$3-$4-$5')
}

/** Where a code would have gone, had there been anybody. */
export function imagined(pool: Pool, attribute: Address, typed: string): Delivery {
  const name = folded(pool, typed)
  const number = String(parseInt(digest(pool, `phone ${name}`).slice(0, 8), 16)).padStart(4, '0')
  const address = attribute === 'email' ? `${name}@${name}` : number
  return {
    AttributeName: attribute,
    DeliveryMedium: mediumOf(attribute),
    Destination: masked(attribute, /^\+\d+$/.test(name) && attribute !== 'email' ? name : address),
  }
}

/** What would be kept of the password behind a name: the salt never changes, and no password fits. */
export const imaginedVerifier = (pool: Pool, name: string): Verifier => ({
  salt: digest(pool, `salt ${name}`).slice(0, 32).replace(/^0+/, ''),
  verifier: digest(pool, `verifier ${name}`),
})

const hour = 3_600_000

/** So many names are counted against in one pool. Who tries more of them makes the oldest forgotten. */
const most = 10_000

/** What counts against a name that nobody has. Nothing in it is older than an hour, but for a code. */
export function nobodyOf(service: Service, pool: Pool, typed: string): Nobody {
  const username = imaginedName(pool, typed)
  const nobodies = (pool.nobodies ??= new Map<string, Nobody>())
  const nobody = nobodies.get(username) ?? {
    ...{ username, failures: 0, lockedUntil: 0, asked: new Map(), codes: new Map(), until: 0 },
  }
  nobody.until = Math.max(nobody.until, service.now() + hour)
  // The last that was counted against is the last to be forgotten.
  nobodies.delete(username)
  nobodies.set(username, nobody)
  if (nobodies.size > most) nobodies.delete(nobodies.keys().next().value!)
  return nobody
}
