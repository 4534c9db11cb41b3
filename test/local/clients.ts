import { createHmac } from 'node:crypto'
import { CognitoJwtVerifier } from 'aws-jwt-verify'
import { expect, onTestFinished } from 'vitest'
import { createLocalPool } from '../../src/local/index.ts'
import type { LocalPool, LocalPoolOptions } from '../../src/local/index.ts'
import { listen } from '../../src/local/node.ts'

// What the tests with clients of other houses have in common: a pool that listens, and what is looked at.

/** The password of everybody who is not said to have another. */
export const password = 'Correct-horse-9'

/** Never anybody's password. */
export const wrongPassword = 'Battery-staple-9'

// Keys take longer to make than most tests take: all pools of a file have the same.
const prepared = (async () => {
  const pool = createLocalPool()
  await pool.ready()
  return pool.snapshot()
})()

/** What a test can set. */
export type PoolOptions = Pick<LocalPoolOptions, 'pool' | 'client' | 'triggers' | 'limits'>

/** A pool that listens until the test is over. */
export interface OpenPool {
  readonly pool: LocalPool
  readonly endpoint: string
}

export async function openPool(options: PoolOptions = {}): Promise<OpenPool> {
  const { pool: poolSettings, client, ...rest } = options
  const pool = createLocalPool({ ...rest, state: await prepared })
  pool.configure({
    pool: poolSettings ?? {},
    client: {
      ExplicitAuthFlows: [
        'ALLOW_USER_SRP_AUTH',
        'ALLOW_USER_PASSWORD_AUTH',
        'ALLOW_CUSTOM_AUTH',
        'ALLOW_REFRESH_TOKEN_AUTH',
        'ALLOW_USER_AUTH',
      ],
      ...client,
    },
  })
  const listening = await listen(pool)
  onTestFinished(() => listening.close())
  return { pool, endpoint: listening.endpoint }
}

/** Both tokens, believed by the provider's own verifier with the keys that the pool publishes. */
export async function verified(
  { pool, endpoint }: OpenPool,
  tokens: { readonly id: string; readonly access: string },
): Promise<{
  readonly id: Readonly<Record<string, unknown>>
  readonly access: Readonly<Record<string, unknown>>
}> {
  const response = await fetch(`${endpoint}${pool.userPoolId}/.well-known/jwks.json`)
  const verifier = CognitoJwtVerifier.create({
    userPoolId: pool.userPoolId,
    clientId: pool.clientId,
    tokenUse: null,
  })
  verifier.cacheJwks((await response.json()) as { keys: [] })
  const id = await verifier.verify(tokens.id, { tokenUse: 'id' })
  const access = await verifier.verify(tokens.access, { tokenUse: 'access' })
  expect(access.sub).toBe(id.sub)
  return { id, access }
}

/** The requests that came, each with what it was refused with. */
export const log = ({ requests }: LocalPool): string[] =>
  requests.map(({ operation, error }) => (error ? `${operation} ${error}` : operation))

/** The requests that come while something is done. */
export async function logOf(pool: LocalPool, work: () => Promise<unknown>): Promise<string[]> {
  const before = pool.requests.length
  await work()
  return log(pool).slice(before)
}

/** What everything is refused with that a wrong name, password or proof was in. */
export const wrongCredentials = {
  name: 'NotAuthorizedException',
  message: 'Incorrect username or password.',
}

/** The code that was sent last, for a purpose or for any. */
export function codeSent(pool: LocalPool, purpose?: 'mfa' | 'signIn' | 'attribute'): string {
  const message = pool.outbox.last(purpose ? { purpose } : {})
  return message?.code ?? ''
}

/** Another code of the same length. */
export const wrong = (code: string): string =>
  code.slice(0, -1) + String((Number(code.at(-1)) + 1) % 10)

/** Another key of a device. */
export const another = (deviceKey: string): string =>
  deviceKey.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'))

/** What an authenticator app shows for a secret in base32: RFC 6238 by means of Node. */
export function appCode(secret: string, at: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = Array.from(secret, (digit) => alphabet.indexOf(digit).toString(2).padStart(5, '0'))
  const bytes = bits.join('').match(/.{8}/g) ?? []
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)))
  const key = Buffer.from(bytes.map((byte) => parseInt(byte, 2)))
  const mac = createHmac('sha1', key).update(counter).digest()
  const number = mac.readUInt32BE(mac[19]! & 15) & 0x7fff_ffff
  return String(number % 1_000_000).padStart(6, '0')
}

/** Storage of one test, in memory. */
export class MemoryStorage {
  readonly entries = new Map<string, string>()

  getItem(key: string): string | null {
    return this.entries.get(key) ?? null
  }

  setItem(key: string, value: string): void {
    this.entries.set(key, value)
  }

  removeItem(key: string): void {
    this.entries.delete(key)
  }

  clear(): void {
    this.entries.clear()
  }

  /** Changes what is kept under the name that ends like this. */
  change(ending: string, value: string): void {
    const key = [...this.entries.keys()].find((name) => name.endsWith(ending))
    if (key === undefined) throw new Error(`nothing is kept as ${ending}`)
    this.entries.set(key, value)
  }
}

/** Lambda that asks a question until it was answered, three times at most, after the password or not. */
export const questioning: NonNullable<LocalPoolOptions['triggers']> = {
  defineAuthChallenge(event) {
    const { session } = event.request
    const last = session.at(-1)
    const asked = session.filter(({ challengeName }) => challengeName === 'CUSTOM_CHALLENGE')
    if (last?.challengeName === 'SRP_A') event.response.challengeName = 'PASSWORD_VERIFIER'
    else if (last?.challengeName === 'CUSTOM_CHALLENGE' && last.challengeResult)
      event.response.issueTokens = true
    else if (asked.length >= 3) event.response.failAuthentication = true
    else event.response.challengeName = 'CUSTOM_CHALLENGE'
    return event
  },
  createAuthChallenge(event) {
    event.response.publicChallengeParameters = { question: 'The colour of the sky?' }
    event.response.privateChallengeParameters = { answer: 'blue' }
    return event
  },
  verifyAuthChallengeResponse(event) {
    const { challengeAnswer, privateChallengeParameters } = event.request
    event.response.answerCorrect = challengeAnswer === privateChallengeParameters['answer']
    return event
  },
}
