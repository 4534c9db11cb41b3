import { fromBase64 } from '../bytes.ts'
import { refuse } from '../errors.ts'
import type { ModPow } from '../ports.ts'
import { toNumber } from './numbers.ts'

/**
 * The modulus: the safe prime of 3072 bits of RFC 3526 (group 15) and RFC 5054. In base64: the RFC's hex is
 * 100 bytes more for every page. `test/srp/reference.ts` has it from elsewhere.
 */
export const N: bigint = /* @__PURE__ */ toNumber(
  /* @__PURE__ */ fromBase64(
    '///////////JD9qiIWjCNMTGYouA3BzRKQJOCIpnzHQCC76mOxObIlFKCHmONATd75UZs806QxswKwpt8l8UN0/hNW1tUcJF5IW1dmJefsb0TELppjftawv/XLb0Brft7jhr+1qJn6WunyQRfEsf5kkoZlHs5Fs9wgB8uKFjvwWY2kg2HFXTmmkWP6j9JM9fg2VdI9yjrZYcYvNWIIVSu57VKQdwlpZtZww1Tkq8mATxdGwIyhghfDKQXkYuNs474553LBgOhgObJ4Oi7Aeij7XFXfBvTFLJ3ivL9pVYFxg5lUl86pVq5RXSJhiY+gUQFXKOWoqqxC2tMxcNBFB6M6hVIavfHLpk7PuFBFjb7wqK6nFXXQYMfbOXD4Wm4eTHq/WujNsJM9cejJTgSiVhnc7j0iYa0u5r8S/6BtmKCGTYdgJzPshqZFIfKxgXeyAMu+EXV3phXWx3CYjAutlG4gjiT6B05asxQ9tb/OD9EI5LgtEgqTrSyv//////////',
  )!,
)

/** The generator. */
export const g = 2n

/** The multiplier of SRP-6a: SHA-256 of N and g, each with the sign byte that `pad` gives it. */
export const k = 0x538282c4354742d7cbbde2359fcf67f9f5b3a6b08791e5011b43b8a5b66d9ee6n

// Division is what makes a modular power slow: a remainder costs V8 two products and Hermes, which
// divides bit by bit, 115. This modulus never changes, so products with constants can do its work.
// Let t < 2^6177: a product of two numbers below 2N, shifted left by up to 31 bits, is no more.
//
// 1. t = high * 2^4608 + low is congruent to high * fold4608 + low: 1569 + 3072 bits, below 2^4642.
// 2. The same at bit 3840: 802 + 3072 bits, below 2^3875.
// 3. Barrett: t / N is t / 2^3008 times 2^3968 / N, over 2^960. In whole numbers the first factor,
//    below 2^867, and the second, below 2^896 + 2^833, each lose less than 1, so their product over
//    2^960 falls short by less than 2^-93 + 2^-64 + 2^-127, and its whole part by less than 1 more.
//    That many N taken from t leave 0 <= rest < N + N / 2^63.
//
// The rest is congruent to t and below 2N, which is all that the next product asks for; the last one
// of a power is brought below N. Cuts lie at multiples of 64 bits, where engines cut without shifting.
const fold4608 = /* @__PURE__ */ foldAt(4608n)
const fold3840 = /* @__PURE__ */ foldAt(3840n)
const reciprocal = /* @__PURE__ */ (() => (1n << 3968n) / N)()

function foldAt(bit: bigint): bigint {
  return (1n << bit) % N
}

/** Congruent to `t` modulo N and below 2N, for 0 <= t < 2^6177. */
export function reduce(t: bigint): bigint {
  t = BigInt.asUintN(4608, t) + (t >> 4608n) * fold4608
  t = BigInt.asUintN(3840, t) + (t >> 3840n) * fold3840
  return t - (((t >> 3008n) * reciprocal) >> 960n) * N
}

function squared(number: bigint, times: number): bigint {
  for (; times; times--) number = reduce(number * number)
  return number
}

/** 2 to the exponent, below 2N: five squarings a digit of base 32, and the digit itself is a shift. */
function powerOfTwo(exponent: bigint): bigint {
  const digits = exponent.toString(32)
  let power = 1n << BigInt(parseInt(digits.slice(0, 2), 32))
  for (const digit of digits.slice(2)) {
    const sixteenth = squared(power, 4)
    power = reduce((sixteenth * sixteenth) << BigInt(parseInt(digit, 32)))
  }
  return power
}

/** Of a base below 2N, below 2N: a squaring a bit, and one product a window of up to five bits. */
function powerOfAny(base: bigint, exponent: bigint): bigint {
  const square = reduce(base * base)
  const odd = [base]
  for (let i = 1; i < 16; i++) odd.push(reduce(odd[i - 1]! * square))
  let power = 1n
  // A window begins and ends with a 1, or is a single 0.
  for (const window of exponent.toString(2).match(/0|1(?:[01]{0,3}1)?/g)!) {
    power = squared(power, window.length)
    if (window !== '0') power = reduce(power * odd[parseInt(window, 2) >> 1]!)
  }
  return power
}

/** A power modulo N, of a base from 0 to 2N. Not in constant time: BigInt is not, in any engine. */
export function power(base: bigint, exponent: bigint): bigint {
  return (base === g ? powerOfTwo(exponent) : powerOfAny(base, exponent)) % N
}

/** The same by the caller's port where there is one. What it gives is checked as far as can be seen. */
export async function powerBy(
  modPow: ModPow | undefined,
  base: bigint,
  exponent: bigint,
): Promise<bigint> {
  if (modPow === undefined) return power(base, exponent)
  let result: unknown
  try {
    result = await modPow(base % N, exponent, N)
  } catch {
    // Without a cause: it may quote the exponent, which is as good as the password.
    refuse('modPow', 'a function that does not fail', 'a failure')
  }
  if (typeof result !== 'bigint' || result < 0n || result >= N)
    refuse('modPow', 'a function that gives a bigint below the modulus', `another ${typeof result}`)
  return result
}
