// SRP-6a as the service speaks it, in the letters of RFC 5054: two sides come to one key, and the
// password is never sent. Pure: randomness and the power are arguments.
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { clean } from '@noble/hashes/utils.js'
import { utf8 } from '../bytes.ts'
import { refuse } from '../errors.ts'
import type { ModPow } from '../ports.ts'
import { N, g, k, powerBy, reduce } from './group.ts'
import { hash, pad, toNumber } from './numbers.ts'
import { distrust } from './trust.ts'
import { wantBytes, wantNumbers, wantTexts } from './want.ts'

/** The client's keys of one attempt. Only the public one can be seen. */
export interface KeyPair {
  /** The public key A in hex: `SRP_A`. */
  readonly publicKey: string
}

/** Both keys as numbers. */
export interface Keys {
  readonly a: bigint
  readonly A: bigint
}

const unused = /* @__PURE__ */ new WeakMap<KeyPair, Keys>()

/**
 * Makes the keys of one attempt, ahead of time if you like: while the password is being typed. `random`
 * is 40 bytes or more of a cryptographic generator; they are wiped.
 *
 * 320 bits are enough. The best attack on a short exponent in this group is Pollard's kangaroo, with
 * half as many bits of work as the exponent has: 160, and the group itself is worth 128 (NIST SP 800-57;
 * 130 by the first estimate of RFC 3526 section 8). RFC 5054 section 2.5.4 asks for at least 256 bits,
 * NIST SP 800-56A for twice the strength; the 64 beyond keep numbers with zeros in front above that. By
 * the RFC's second estimate, 210, more bits would add strength, but nobody takes 2^160 steps either.
 */
export async function createKeyPair(random: Uint8Array, modPow?: ModPow): Promise<KeyPair> {
  wantBytes('random', random, 40)
  const a = toNumber(random)
  clean(random)
  const A = await powerBy(modPow, g, a)
  // No power of 2 is 0 modulo a prime. From an A of 0 the key would follow without the password.
  if (!A) refuse('modPow', 'a modular power', 'a function that gives 0')
  const pair = Object.freeze({ publicKey: A.toString(16) })
  unused.set(pair, { a, A })
  return pair
}

/** Takes the keys out of a pair for the one answer that they are good for. */
export function takeKeys(pair: KeyPair): Keys {
  const keys = unused.get(pair) ?? refuse('keyPair', 'unused and of createKeyPair', 'another')
  unused.delete(pair)
  return keys
}

/** The scrambler u, which neither side can choose alone. */
export function scrambler(A: bigint, B: bigint): bigint {
  wantNumbers({ A, B })
  return toNumber(hash(pad(A), pad(B)))
}

/** The private key x of a password. `pool` is a pool's name or a device's group key. */
export function privateKey(pool: string, user: string, password: string, salt: bigint): bigint {
  wantTexts({ pool, user, password })
  wantNumbers({ salt })
  const text = utf8(`${pool}${user}:${password}`)
  const inner = sha256(text)
  const outer = hash(pad(salt), inner)
  const x = toNumber(outer)
  clean(text, inner, outer)
  return x
}

/**
 * No honest service sends a B outside of the group or one that makes u 0; either would let it learn about
 * the password.
 */
export function checkExchange(B: bigint, u: bigint): void {
  if (B <= 0n || B >= N || !u) distrust('SRP_B')
}

/** The secret S of both sides: (B - k * g^x) ^ (a + u * x). Refuses a hostile B or u as a claim does. */
export async function sharedSecret(
  { a, B, u, x }: Readonly<Record<'a' | 'B' | 'u' | 'x', bigint>>,
  modPow?: ModPow,
): Promise<bigint> {
  wantNumbers({ a, u, x })
  checkExchange(B, u)
  const verifier = await powerBy(modPow, g, x)
  // B - k * verifier, but never below 0.
  return powerBy(modPow, reduce(B + (N - k) * verifier), a + u * x)
}

/** The key K, 16 bytes: the first block of HKDF (RFC 5869) over S, with u for its salt. */
export function sessionKey(S: bigint, u: bigint): Uint8Array {
  wantNumbers({ S, u })
  const secret = pad(S)
  const extracted = hmac(sha256, pad(u), secret)
  const block = hmac(sha256, extracted, utf8('Caldera Derived Key\x01'))
  const key = block.slice(0, 16)
  clean(secret, extracted, block)
  return key
}
