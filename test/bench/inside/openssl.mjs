// The limit: what the machine can do. The same three powers, with exponents as long as latchkey's, and
// the hashes by OpenSSL.
import { Buffer } from 'node:buffer'
import {
  constants,
  createDiffieHellman,
  createHash,
  createHmac,
  createPublicKey,
  publicEncrypt,
} from 'node:crypto'
import { bytesToNumberBE, numberToBytesBE } from '@noble/curves/utils.js'
import { N, g } from 'latchkey/srp'
import { plain } from './plain.mjs'

const length = 384
const prime = toBuffer(N)

export const contestant = plain('openssl', {
  // The OpenSSL of Node 24 and later first proves that N is prime, which takes it a second.
  power: parseInt(process.versions.node) < 24 ? byDiffieHellman : byRawRsa,
  sha256: (message) => createHash('sha256').update(message).digest(),
  hmac: (key, message) => createHmac('sha256', key).update(message).digest(),
})

function byDiffieHellman(base, exponent) {
  const group = createDiffieHellman(prime, Number(g))
  group.setPrivateKey(toBuffer(exponent))
  return bytesToNumberBE(base === g ? group.generateKeys() : group.computeSecret(toBuffer(base)))
}

/** Encryption without padding is a power modulo anything. */
function byRawRsa(base, exponent) {
  const [n, e] = [prime, toBuffer(exponent)].map((number) => number.toString('base64url'))
  const key = createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' })
  const message = Buffer.from(numberToBytesBE(base, length))
  return bytesToNumberBE(publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, message))
}

function toBuffer(number) {
  const hex = number.toString(16)
  return Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex')
}
