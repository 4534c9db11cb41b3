// A pool, and an app that signs in to it: what the tests of flows have in common.
import { onTestFinished } from 'vitest'
import { createAuth } from '../../src/index.ts'
import type { Auth, Options } from '../../src/index.ts'
import { createLocalPool } from '../../src/local/index.ts'
import type { LocalPool, LocalPoolOptions } from '../../src/local/index.ts'
import { listen } from '../../src/local/node.ts'

/** The password of everybody who is not said to have another. */
export const password = 'Correct-horse-9'

/** Never anybody's password. */
export const wrongPassword = 'Battery-staple-9'

/** Every way to begin. */
export const everyFlow = [
  'ALLOW_USER_SRP_AUTH',
  'ALLOW_USER_PASSWORD_AUTH',
  'ALLOW_CUSTOM_AUTH',
  'ALLOW_REFRESH_TOKEN_AUTH',
  'ALLOW_USER_AUTH',
] as const

// Keys take longer to make than most tests take: all pools of a file have the same.
const prepared = (async () => {
  const pool = createLocalPool()
  await pool.ready()
  return pool.snapshot()
})()

/** What a test can set of a pool. */
export type PoolOptions = Pick<
  LocalPoolOptions,
  'pool' | 'client' | 'triggers' | 'limits' | 'allowsOrigin' | 'now'
>

/** A pool where everything is allowed that is not switched off. */
export async function openPool({
  pool: poolSettings,
  client,
  ...rest
}: PoolOptions = {}): Promise<LocalPool> {
  const pool = createLocalPool({ ...rest, state: await prepared })
  pool.configure({
    pool: poolSettings ?? {},
    client: { ExplicitAuthFlows: everyFlow, ...client },
  })
  return pool
}

/** An app of a pool, in the same process. */
export const appOf = (pool: LocalPool, options: Partial<Options> = {}): Auth =>
  createAuth({
    userPoolId: pool.userPoolId,
    clientId: pool.clientId,
    fetch: pool.fetch,
    ...options,
  })

/** An app of a pool, over HTTP. */
export async function remoteAppOf(pool: LocalPool, options: Partial<Options> = {}): Promise<Auth> {
  const listening = await listen(pool)
  onTestFinished(() => listening.close())
  const { userPoolId, clientId } = pool
  return createAuth({ userPoolId, clientId, endpoint: listening.endpoint, ...options })
}

/** The last code that was sent. */
export const lastCode = ({ outbox }: LocalPool): string => {
  const code = outbox.messages.at(-1)?.code
  if (code === undefined) throw new Error('no code was sent')
  return code
}

/** The requests that came since the last look, each with what it was refused with. */
export function requestsOf({ requests }: LocalPool): string[] {
  return requests
    .splice(0)
    .map(({ operation, error }) => (error === undefined ? operation : `${operation} ${error}`))
}

/** A step of a kind, or a failure that says which it is. */
export function at<Step extends { readonly at: string }, At extends Step['at']>(
  step: Step,
  wanted: At,
): Extract<Step, { readonly at: At }> {
  if (step.at !== wanted) {
    const { error } = step as { readonly error?: Error }
    throw new Error(`at ${step.at} instead of ${wanted}`, error ? { cause: error } : {})
  }
  return step as Extract<Step, { readonly at: At }>
}

/** A storage that tests can look into. */
export function openStorage(): {
  readonly texts: Map<string, string>
  getItem(key: string): string | null
  setItem(key: string, text: string): void
  removeItem(key: string): void
} {
  const texts = new Map<string, string>()
  return {
    texts,
    getItem: (key) => texts.get(key) ?? null,
    setItem: (key, text) => {
      texts.set(key, text)
    },
    removeItem: (key) => {
      texts.delete(key)
    },
  }
}
