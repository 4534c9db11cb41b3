import { pow } from '@noble/curves/abstract/modular.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { N } from 'latchkey/srp'
import { plain } from './plain.mjs'

export const contestant = plain('@noble/curves', {
  power: (base, exponent) => pow(base, exponent, N),
  sha256,
  hmac: (key, message) => hmac(sha256, key, message),
})
