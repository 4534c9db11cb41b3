// Input, held against the service's model, in the service's words.
import { invalid } from './fault.ts'
import { shapes } from './shapes.ts'
import type { Shape } from './shapes.ts'

/** Refuses an input that the model does not allow. */
export function checkInput(
  operation: string,
  input: unknown,
  more: Readonly<Record<string, Shape>> = {},
): void {
  const found = [...check(more, operation, input, '')]
  const count = found.length
  if (count)
    invalid(`${count} validation error${count > 1 ? 's' : ''} detected: ${found.join('; ')}`)
}

/** Whether a value is what a shape of the model, or one of its own, allows. */
export function isOfShape(
  name: string,
  value: unknown,
  more: Readonly<Record<string, Shape>>,
): boolean {
  return check(more, name, value, '')[Symbol.iterator]().next().done === true
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  Object(value) === value && !Array.isArray(value)

// In practice a password may have white space inside, whatever its pattern says.
const passwordPattern = '\\S(.*\\S)?'

function* check(
  more: Readonly<Record<string, Shape>>,
  name: string,
  value: unknown,
  path: string,
): Iterable<string> {
  const shape = more[name] ?? shapes[name]
  const breaks = (constraint: string, shown = 'Value') =>
    `${shown} at '${path}' failed to satisfy constraint: Member must ${constraint}`
  if (!shape || 'any' in shape) return
  if ('members' in shape) {
    if (!isObject(value)) {
      yield breaks('be a structure')
      return
    }
    for (const member of shape.members.split(' ').filter(Boolean)) {
      const [, label = '', isNeeded, kind = ''] = /^(\w+)(!?):(\w+)$/.exec(member)!
      const inner = path + (path && '.') + label[0]!.toLowerCase() + label.slice(1)
      const given = value[label]
      if (given !== undefined && given !== null) yield* check(more, kind, given, inner)
      else if (isNeeded)
        yield `Value null at '${inner}' failed to satisfy constraint: Member must not be null`
    }
  } else if ('list' in shape) {
    if (!Array.isArray(value)) {
      yield breaks('be a list')
      return
    }
    for (const [i, item] of (value as unknown[]).entries())
      yield* check(more, shape.list, item, `${path}.${i + 1}.member`)
  } else if ('map' in shape) {
    if (!isObject(value)) {
      yield breaks('be a map')
      return
    }
    for (const [key, item] of Object.entries(value))
      yield* check(more, shape.map, item, `${path}.${key}`)
  } else if ('number' in shape) {
    const [least, most] = shape.number
    if (typeof value !== 'number' || !Number.isInteger(value)) yield breaks('be a whole number')
    else if (value < least)
      yield breaks(`have value greater than or equal to ${least}`, `Value '${value}'`)
    else if (value > most)
      yield breaks(`have value less than or equal to ${most}`, `Value '${value}'`)
  } else if ('boolean' in shape) {
    if (typeof value !== 'boolean') yield breaks('be a boolean')
  } else if (typeof value !== 'string') yield breaks('be a string')
  else if ('oneOf' in shape) {
    // An unknown flow is told in words of its own.
    if (!shape.oneOf.includes(value) && name !== 'AuthFlowType')
      yield breaks(`satisfy enum value set: [${shape.oneOf.join(', ')}]`, `Value '${value}'`)
  } else {
    const [least, most, pattern] = shape.text
    if (value.length < least) yield breaks(`have length greater than or equal to ${least}`)
    if (value.length > most) yield breaks(`have length less than or equal to ${most}`)
    const followed = name === 'PasswordType' ? passwordPattern : pattern
    if (pattern !== undefined && !new RegExp(`^(?:${followed})$`, 'su').test(value))
      yield breaks(`satisfy regular expression pattern: ${pattern}`)
  }
}
