// Records for as long as the page lives.
import type { Store } from './store.ts'

/** A store that needs nothing of the host. */
export function memoryStore(): Store {
  const values = new Map<string, unknown>()
  const put = (key: string, value: unknown): void => {
    if (value === undefined) values.delete(key)
    else values.set(key, value)
  }
  return {
    get: (key) => Promise.resolve(values.get(key)),
    set(entries) {
      for (const [key, value] of entries) put(key, value)
      return Promise.resolve()
    },
    // Asynchronous, so that what the change may throw is a rejection here too.
    // eslint-disable-next-line @typescript-eslint/require-await
    async update(key, change) {
      const was = values.get(key)
      const is = change(was)
      put(key, is)
      return { was, is }
    },
    close: () => undefined,
  }
}
