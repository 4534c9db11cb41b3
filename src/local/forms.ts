// What a caller may give, as tables of names: nothing that is misspelled is passed over in silence.
import { refuse } from '../errors.ts'

/** Refuses a value that is not of a form. The path is where the caller has written it. */
export type Form = (path: string, value: unknown) => void

const cameOf = (value: unknown): string =>
  value === '' || value === null ? 'nothing' : Array.isArray(value) ? 'list' : typeof value

/** A value of one JavaScript type; a text is not empty, an object no list. */
export const typed =
  (type: 'string' | 'boolean' | 'function' | 'object'): Form =>
  (path, value) => {
    if (cameOf(value) !== type) refuse(path, type, cameOf(value))
  }

/** A text, which may be empty. */
export const text: Form = (path, value) => {
  if (typeof value !== 'string') refuse(path, 'string', cameOf(value))
}

/** A text of a pattern. */
export const like =
  (pattern: RegExp, expected: string): Form =>
  (path, value) => {
    typed('string')(path, value)
    if (!pattern.test(value as string)) refuse(path, expected, 'another')
  }

/** A number within limits. */
export function numeric(least = 0, most?: number): Form {
  const expected = `number from ${least}${most === undefined ? '' : ` to ${most}`}`
  return (path, value) => {
    if (typeof value !== 'number') refuse(path, expected, cameOf(value))
    if (!(value >= least && value <= (most ?? Infinity))) refuse(path, expected, 'another')
  }
}

/** A whole number within limits. */
export function whole(least = 0, most?: number): Form {
  const within = numeric(least, most)
  return (path, value) => {
    within(path, value)
    if (!Number.isInteger(value) && value !== Infinity) refuse(path, 'a whole number', 'another')
  }
}

/** One of some words. */
export const oneOf =
  (words: readonly string[]): Form =>
  (path, value) => {
    if (!words.includes(value as string))
      refuse(
        path,
        `one of ${words.join(', ')}`,
        typeof value === 'string' ? 'another' : cameOf(value),
      )
  }

/** A list of values of one form. */
export const listOf =
  (form: Form): Form =>
  (path, value) => {
    if (!Array.isArray(value)) return refuse(path, 'list', cameOf(value))
    value.forEach((entry, at) => {
      form(`${path}[${at}]`, entry)
    })
  }

const under = (path: string, name: string): string => (path ? `${path}.${name}` : name)

/** Texts by names of the caller's. */
export const texts: Form = (path, value) => {
  typed('object')(path, value)
  for (const [name, entry] of Object.entries(value as object)) text(under(path, name), entry)
}

/** An object of known members, each of its form or left out; those that are needed are there. */
export const members =
  <Given extends object>(
    forms: { readonly [Name in keyof Required<Given>]: Form },
    needed: readonly (keyof Given & string)[] = [],
    what = 'option',
  ): Form =>
  (path, value) => {
    typed('object')(path || what, value)
    const given = value as Readonly<Record<string, unknown>>
    for (const [name, entry] of Object.entries(given))
      if (!Object.hasOwn(forms, name) && entry !== undefined)
        refuse(under(path, name), `undefined: no such ${what}`, cameOf(entry))
    for (const [name, form] of Object.entries<Form>(forms))
      if (given[name] !== undefined || (needed as readonly string[]).includes(name))
        form(under(path, name), given[name])
  }
