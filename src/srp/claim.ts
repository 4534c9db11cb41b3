// The proof that somebody knows a password or holds a device: the service's parameters in, the
// responses that it wants out.
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { clean } from '@noble/hashes/utils.js'
import { fromBase64, toBase64, utf8 } from '../bytes.ts'
import { refuse } from '../errors.ts'
import type { ModPow } from '../ports.ts'
import type { TextByName } from '../wire/operations.ts'
import type { DeviceSecret } from './device.ts'
import {
  checkExchange,
  privateKey,
  scrambler,
  sessionKey,
  sharedSecret,
  takeKeys,
} from './exchange.ts'
import type { KeyPair, Keys } from './exchange.ts'
import { timestamp } from './timestamp.ts'
import { distrust, trustedNumber, trustedText } from './trust.ts'
import { wantTexts } from './want.ts'

/** What every claim is made from. */
export interface ClaimInput {
  /** The key pair whose public half the service was sent. It is used up, whatever the outcome. */
  readonly keyPair: KeyPair
  /** The service's `ChallengeParameters`, as they came. */
  readonly challenge: TextByName | undefined
  /** Milliseconds since 1970 by the service's clock: `auth.now()`. */
  readonly now: number
  /** The power, where the host has a better one. */
  readonly modPow?: ModPow | undefined
}

/** What {@link passwordClaim} takes. */
export interface PasswordClaimInput extends ClaimInput {
  /** The pool's id. What follows its underscore is hashed. */
  readonly userPoolId: string
  /** As it was typed: nothing is trimmed or normalised. */
  readonly password: string
}

/** What {@link deviceClaim} takes. */
export interface DeviceClaimInput extends ClaimInput {
  /** The device, as `newDevice` made it. */
  readonly device: DeviceSecret
  /** Who signs in: the `USERNAME` of the password's claim. */
  readonly username: string
}

/** The `ChallengeResponses` of `PASSWORD_VERIFIER`. */
export type PasswordClaim = Readonly<
  Record<
    'USERNAME' | 'PASSWORD_CLAIM_SECRET_BLOCK' | 'PASSWORD_CLAIM_SIGNATURE' | 'TIMESTAMP',
    string
  >
>

/** The `ChallengeResponses` of `DEVICE_PASSWORD_VERIFIER`. */
export type DeviceClaim = PasswordClaim & Readonly<Record<'DEVICE_KEY', string>>

/**
 * Answers `PASSWORD_VERIFIER`. Rejects with an `AuthError` of the code `bad-response` where a parameter
 * is none that an honest service sends, before any power is taken of what the password gives.
 */
export async function passwordClaim(input: PasswordClaimInput): Promise<PasswordClaim> {
  const { userPoolId, password, challenge } = input
  wantTexts({ userPoolId, password })
  const pool = /^[a-z\d-]+_([a-z\d]+)$/i.exec(userPoolId)?.[1]
  if (!pool) refuse('userPoolId', 'like eu-west-1_Ab12Cd34E', 'another')
  const attempt = begin(input)
  const user = trustedText(challenge, 'USER_ID_FOR_SRP')
  const proof = await prove(attempt, challenge, pool, user, password)
  return { USERNAME: user, ...proof }
}

/** Answers `DEVICE_PASSWORD_VERIFIER`. Rejects as {@link passwordClaim} does. */
export async function deviceClaim(input: DeviceClaimInput): Promise<DeviceClaim> {
  const { device, username, challenge } = input
  const { key, groupKey, password } = { ...device }
  wantTexts({
    username,
    'device.key': key,
    'device.groupKey': groupKey,
    'device.password': password,
  })
  const attempt = begin(input)
  // Nothing is made of the name that comes back, but another one belongs to another's challenge.
  const { DEVICE_KEY: named = key } = Object(challenge) as TextByName
  if (named !== key) distrust('DEVICE_KEY')
  const proof = await prove(attempt, challenge, groupKey, key, password)
  return { USERNAME: username, DEVICE_KEY: key, ...proof }
}

/** A claim under way: its key pair is used up. */
interface Attempt {
  readonly keys: Keys
  readonly time: string
  readonly modPow: ModPow | undefined
}

/** The rest of what the caller can get wrong; a mistake leaves the key pair as it was. */
function begin({ keyPair, now, modPow }: ClaimInput): Attempt {
  const time = timestamp(now)
  return { time, modPow, keys: takeKeys(keyPair) }
}

/** What both claims have in common. `pool` and `user` are the names that the key is bound to. */
async function prove(
  { keys: { a, A }, time, modPow }: Attempt,
  challenge: TextByName | undefined,
  pool: string,
  user: string,
  password: string,
): Promise<Omit<PasswordClaim, 'USERNAME'>> {
  const salt = trustedNumber(challenge, 'SALT')
  const B = trustedNumber(challenge, 'SRP_B')
  const secretBlock = trustedText(challenge, 'SECRET_BLOCK')
  const block = fromBase64(secretBlock) ?? distrust('SECRET_BLOCK')
  const u = scrambler(A, B)
  checkExchange(B, u)
  const x = privateKey(pool, user, password, salt)
  const key = sessionKey(await sharedSecret({ a, B, u, x }, modPow), u)
  const signature = hmac
    .create(sha256, key)
    .update(utf8(pool + user))
    .update(block)
    .update(utf8(time))
    .digest()
  clean(key)
  return {
    PASSWORD_CLAIM_SECRET_BLOCK: secretBlock,
    PASSWORD_CLAIM_SIGNATURE: toBase64(signature),
    TIMESTAMP: time,
  }
}
