// What the browsers have in common, whatever drives them.

/** A browser that runs. */
export interface Browser {
  newPage(): Promise<Page>
  close(): Promise<void>
}

/** One of its pages. */
export interface Page {
  /** Loads an address, all scripts included. */
  goto(address: string): Promise<unknown>
  /** The value of an expression, which may be a promise of it, as far as JSON can tell it. */
  evaluate(expression: string): Promise<unknown>
}
