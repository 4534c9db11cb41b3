// The service's half of SRP. The password is never kept: only its salt and verifier, which also serve
// to check a password that was sent in the clear.
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { fromBase64, toBase64, utf8 } from '../bytes.ts'
import { privateKey, scrambler, sessionKey } from '../srp/exchange.ts'
import { N, g, k, power, reduce } from '../srp/group.ts'
import { toNumber } from '../srp/numbers.ts'

/** What is kept of a password, both in hex. */
export interface Verifier {
  readonly salt: string
  readonly verifier: string
}

/** Whose password it is: a pool's name and a user, or a device's group and key. */
export interface Owner {
  readonly pool: string
  readonly user: string
}

/** One proof that was asked for. */
export interface OpenProof extends Owner {
  readonly A: string
  readonly b: string
  readonly B: string
  readonly verifier: string
}

/** What a client hands in. */
export interface Proof {
  readonly secretBlock: string
  readonly signature: string
  readonly timestamp: string
}

const number = (hex: string): bigint => BigInt(`0x${hex}`)

/** What to keep of a password. */
export function verifierOf({ pool, user }: Owner, password: string, random: Uint8Array): Verifier {
  const salt = toNumber(random)
  const verifier = power(g, privateKey(pool, user, password, salt))
  return { salt: salt.toString(16), verifier: verifier.toString(16) }
}

/** Whether it is the password. */
export function isPassword({ pool, user }: Owner, password: string, kept: Verifier): boolean {
  return power(g, privateKey(pool, user, password, number(kept.salt))) === number(kept.verifier)
}

/** Asks for a proof: draws b and makes B = k * v + g^b. */
export function askForProof(
  owner: Owner,
  verifier: string,
  A: string,
  random: Uint8Array,
): OpenProof {
  const b = toNumber(random)
  const B = reduce(k * number(verifier) + power(g, b)) % N
  return { ...owner, A, b: b.toString(16), B: B.toString(16), verifier }
}

/** Whether the proof was made with the password. */
export function isProof(open: OpenProof, { secretBlock, signature, timestamp }: Proof): boolean {
  const [A, b, B, verifier] = [open.A, open.b, open.B, open.verifier].map(number) as Four
  // From such an A the key follows without the password.
  if (A % N === 0n) return false
  const u = scrambler(A, B)
  const S = power(reduce((A % N) * power(verifier, u)), b)
  const signed = hmac
    .create(sha256, sessionKey(S, u))
    .update(utf8(open.pool + open.user))
    .update(fromBase64(secretBlock) ?? utf8(''))
    .update(utf8(timestamp))
    .digest()
  return toBase64(signed) === signature
}

type Four = [bigint, bigint, bigint, bigint]
