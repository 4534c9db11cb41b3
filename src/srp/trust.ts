// What an honest service can have sent, and what it cannot.
import { AuthError } from '../errors.ts'

/** Gives up on a service that sends what no honest one does. */
export function distrust(parameter: string): never {
  throw new AuthError({ code: 'bad-response', detail: `${parameter} is not what it must be` })
}

// Half of a surrogate pair has no form that could be hashed.
const hashable = /^[^\ud800-\udfff]+$/u

/** A text of the service: there, no longer than its model allows, and of the shape. */
export function trustedText(
  given: object | undefined,
  name: string,
  shape: RegExp = hashable,
): string {
  const text = (given as Readonly<Record<string, unknown>> | undefined)?.[name]
  if (typeof text !== 'string' || text.length > 131_072 || !shape.test(text)) distrust(name)
  return text
}

/** A number of the service: in hex of any case, of any length, with or without zeros in front. */
export function trustedNumber(given: object | undefined, name: string): bigint {
  return BigInt(`0x${trustedText(given, name, /^[\da-f]+$/i)}`)
}
