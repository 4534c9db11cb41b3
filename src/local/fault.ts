// What the service refuses with, and the sentences that it uses in more than one place.

/** A refusal, as it goes over the wire. */
export class Fault extends Error {
  readonly type: string
  readonly status: number

  /** A type ends with `Exception`; a message may be empty. */
  constructor(type: string, message = '', status = 400) {
    super(message)
    this.type = type
    this.status = status
  }
}

/** Throws a refusal. */
export function fail(type: string, message?: string): never {
  throw new Fault(`${type}Exception`, message)
}

/** The answer that tells nobody whether it was the name or the password. */
export const wrongCredentials = (): never =>
  fail('NotAuthorized', 'Incorrect username or password.')

/** A request that makes no sense. */
export const invalid = (message: string): never => fail('InvalidParameter', message)
