// Where records are kept: the port that the adapters beside this file serve.

/** A key and what is to be kept by it; `undefined` takes it away. */
export type Entry = readonly [key: string, value: unknown]

/** How surely something is kept once the promise is fulfilled. */
export interface WriteOptions {
  /** `strict` where a loss of power must not undo it, as far as the host can promise that. */
  readonly durability?: 'strict' | undefined
}

/** What a change found, and what it left. */
export interface Change {
  readonly was: unknown
  readonly is: unknown
}

/**
 * Records by key. Values are structured clones or JSON, and belong to the store: they are not to be
 * changed. Everything may reject, and then nothing was written. Keys are not empty.
 */
export interface Store {
  /** What is kept by a key; `undefined` only where it is certain that there is nothing. */
  get(key: string): Promise<unknown>
  /** Keeps all of the entries or, if it rejects, none. */
  set(entries: readonly Entry[], options?: WriteOptions): Promise<void>
  /**
   * Makes of what is kept what a function says, with nobody between the reading and the writing. The
   * function may be called more than once and must not throw; what it gives back as it came is not
   * written again.
   */
  update(key: string, change: (was: unknown) => unknown, options?: WriteOptions): Promise<Change>
  /** Lets go of what it holds of the host; a later call takes hold of it again. */
  close(): void
}
