// SRP once more, both sides of it, from the definitions alone: plain remainders and node:crypto, nothing
// of src. Slow, and as plain as it gets.
import { createHash, createHmac, getDiffieHellman, hkdfSync } from 'node:crypto'

export const N = numberOf(getDiffieHellman('modp15').getPrime())
export const g = 2n
export const k = numberOf(sha256(bytesOf(N), bytesOf(g)))

/** Bytes, big-endian, as a number. */
export function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x0${Buffer.from(bytes).toString('hex')}`)
}

/** Java's `BigInteger.toByteArray`: two's complement, so that one bit more than the number's must fit. */
export function bytesOf(number: bigint): Buffer {
  const bits = number ? number.toString(2).length : 0
  const length = Math.floor(bits / 8) + 1
  return Buffer.from(number.toString(16).padStart(2 * length, '0'), 'hex')
}

export function sha256(...parts: readonly (Uint8Array | string)[]): Buffer {
  const state = createHash('sha256')
  for (const part of parts) state.update(part)
  return state.digest()
}

export const hexOf = (number: bigint): string => number.toString(16)

/** A power as one learns it. */
export function power(base: bigint, exponent: bigint, modulus = N): bigint {
  let result = 1n
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus
    if (bit === '1') result = (result * base) % modulus
  }
  return result
}

/** Whose key it is: a person's in a pool, or a device's in its group. */
export interface Names {
  readonly pool: string
  readonly user: string
}

export function privateKeyOf({ pool, user }: Names, password: string, salt: bigint): bigint {
  return numberOf(sha256(bytesOf(salt), sha256(`${pool}${user}:${password}`)))
}

export function scramblerOf(A: bigint, B: bigint): bigint {
  return numberOf(sha256(bytesOf(A), bytesOf(B)))
}

export function sessionKeyOf(S: bigint, u: bigint): Buffer {
  return Buffer.from(hkdfSync('sha256', bytesOf(S), bytesOf(u), 'Caldera Derived Key', 16))
}

/** What is signed: the names, the block as bytes, the time as text. */
export function signatureOf(key: Uint8Array, names: Names, block: string, time: string): string {
  const message = [names.pool, names.user, Buffer.from(block, 'base64'), time]
  const state = createHmac('sha256', key)
  for (const part of message) state.update(part)
  return state.digest('base64')
}

/** The client's side: all that comes up on the way to its key. */
export function clientSide(
  names: Names,
  { password, salt, a, B }: Readonly<{ password: string; salt: bigint; a: bigint; B: bigint }>,
): Readonly<Record<'A' | 'u' | 'x' | 'base' | 'exponent' | 'S', bigint>> & { readonly K: Buffer } {
  const A = power(g, a)
  const u = scramblerOf(A, B)
  const x = privateKeyOf(names, password, salt)
  const base = (((B - k * power(g, x)) % N) + N) % N
  const exponent = a + u * x
  const S = power(base, exponent)
  return { A, u, x, base, exponent, S, K: sessionKeyOf(S, u) }
}

/** What the service keeps of somebody. */
export interface Account extends Names {
  readonly salt: bigint
  readonly verifier: bigint
}

export function register(names: Names, password: string, salt: bigint): Account {
  return { ...names, salt, verifier: power(g, privateKeyOf(names, password, salt)) }
}

/** The service's public key for its secret one. */
export function publicKeyOf({ verifier }: Account, b: bigint): bigint {
  return (k * verifier + power(g, b)) % N
}

/** What the service is sent at the end, of either claim. */
export type Responses = Readonly<
  Record<'PASSWORD_CLAIM_SECRET_BLOCK' | 'PASSWORD_CLAIM_SIGNATURE' | 'TIMESTAMP', string>
>

/** Whether the service lets in who sent this. */
export function accepts(account: Account, b: bigint, publicKey: string, sent: Responses): boolean {
  const A = BigInt(`0x${publicKey}`)
  if (A % N === 0n) return false
  const u = scramblerOf(A, publicKeyOf(account, b))
  const S = power((A * power(account.verifier, u)) % N, b)
  const { PASSWORD_CLAIM_SECRET_BLOCK: block, TIMESTAMP: time } = sent
  return sent.PASSWORD_CLAIM_SIGNATURE === signatureOf(sessionKeyOf(S, u), account, block, time)
}
