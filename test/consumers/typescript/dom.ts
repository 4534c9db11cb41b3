// A page: its own fetch and its own signals fit.
import { createAuth } from 'latchkey'
import type { Fetch, Signal } from 'latchkey'
import { createLocalPool } from 'latchkey/local'
import { auth, options, signIn } from './surface.js'

const controller = new AbortController()
export const user = auth.call('GetUser', { AccessToken: 'token' }, { signal: controller.signal })
export const token = signIn('ada', 'password', AbortSignal.timeout(1000))

export const ofPage = createAuth({ ...options, fetch: window.fetch })
export const mocked: typeof window.fetch = createLocalPool().fetch
export const wrapped = createAuth({ ...options, fetch: (url, init) => fetch(url, init) })
export const traced: Fetch = async (url, init) => {
  const signal: AbortSignal = init.signal
  return window.fetch(new Request(url, { ...init, signal }))
}
export const same: AbortSignal extends Signal ? true : false = true
