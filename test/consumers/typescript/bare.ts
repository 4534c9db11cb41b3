// A host without types of its own: its fetch and its signals are described by shape.
import { createAuth } from 'latchkey'
import type { Fetch, SignalLike } from 'latchkey'
import { auth, options, structural } from './surface.js'

export const user = auth.call('GetUser', { AccessToken: 'token' }, { signal: structural })

class Cancellation implements SignalLike {
  aborted = false
  reason?: unknown
  readonly listeners = new Set<() => void>()
  addEventListener(_type: 'abort', listener: () => void): void {
    this.listeners.add(listener)
  }
  removeEventListener(_type: 'abort', listener: () => void): void {
    this.listeners.delete(listener)
  }
}

const fetch: Fetch = async (_url, { signal }) => ({
  status: signal.aborted ? 500 : 200,
  headers: { get: (name) => (name === 'date' ? 'now' : null) },
  text: async () => '{}',
})

export const answer = createAuth({ ...options, fetch }).call(
  'GetUser',
  { AccessToken: 'token' },
  { signal: new Cancellation() },
)
