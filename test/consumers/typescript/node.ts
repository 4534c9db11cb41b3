// A server: Node's fetch and signals fit.
import { createAuth } from 'latchkey'
import { createLocalPool } from 'latchkey/local'
import { auth, options, signIn } from './surface.js'

const { signal } = new AbortController()
export const user = auth.call('GetUser', { AccessToken: 'token' }, { signal })
export const token = signIn('ada', 'password', AbortSignal.timeout(1000))

export const ofNode = createAuth({ ...options, fetch: globalThis.fetch })
export const mocked: typeof globalThis.fetch = createLocalPool().fetch
export const wrapped = createAuth({ ...options, fetch: (url, init) => fetch(url, init) })
