// The secret of an app client, hashed with a name or plain.
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { toBase64, utf8 } from '../bytes.ts'
import { fail } from './fault.ts'
import type { Client } from './state.ts'

/** Refuses a request without the right `SECRET_HASH`, where the app client has a secret. */
export function checkSecretHash(client: Client, username: string, given: string | undefined): void {
  const { id, secret } = client
  if (secret === undefined) return
  if (given === undefined)
    return fail(
      'NotAuthorized',
      `Client ${id} is configured with secret but SECRET_HASH was not received`,
    )
  if (toBase64(hmac(sha256, utf8(secret), utf8(username + id))) !== given)
    fail('NotAuthorized', `Unable to verify secret hash for client ${id}`)
}

/** Refuses a request without the plain secret, where the app client has one. */
export function checkPlainSecret({ id, secret }: Client, given: string | undefined): void {
  if (secret === undefined) return
  if (given === undefined)
    return fail(
      'NotAuthorized',
      `Client ${id} is configured for secret but secret was not received`,
    )
  if (given !== secret) fail('NotAuthorized', `Unable to verify secret hash for client ${id}`)
}
