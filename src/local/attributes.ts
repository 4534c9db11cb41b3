// Attributes: which there are, who may read and write them, what they may hold.
import { fail, invalid } from './fault.ts'
import type { SchemaAttribute } from './settings.ts'
import type { Client, Pool, User } from './state.ts'

/** One attribute, as it goes over the wire. */
export interface NameValue {
  readonly Name: string
  readonly Value?: string | undefined
}

/** What every pool has. */
export const standardAttributes: readonly string[] =
  'address birthdate email email_verified family_name gender given_name locale middle_name name nickname phone_number phone_number_verified picture preferred_username profile sub updated_at website zoneinfo'.split(
    ' ',
  )

/** What is known of an attribute of the pool. */
export function schemaOf({ settings }: Pool, name: string): SchemaAttribute | undefined {
  const bare = name.replace(/^(dev:)?custom:/, '')
  const isCustom = bare !== name
  const named = settings.Schema.find(({ Name }) => Name === bare || Name === name)
  if (isCustom) return named && !standardAttributes.includes(named.Name) ? named : undefined
  if (!standardAttributes.includes(name)) return undefined
  return named ?? { Name: name, Mutable: name !== 'sub' }
}

/** Names of the attributes that everybody has to have. */
export const requiredAttributes = ({ settings }: Pool): string[] =>
  settings.Schema.filter(({ Name, Required }) => Required && Name !== 'sub').map(({ Name }) => Name)

/** Whether an app client may see an attribute. */
export const mayRead = ({ settings }: Client, name: string): boolean =>
  name === 'sub' || !settings.ReadAttributes || settings.ReadAttributes.includes(name)

/** Whether an app client may set an attribute. */
export const mayWrite = ({ settings }: Client, name: string): boolean =>
  !settings.WriteAttributes || settings.WriteAttributes.includes(name)

/** Refuses attributes that cannot be set like this, all of them or none. */
export function checkAttributes(
  pool: Pool,
  client: Client | undefined,
  given: readonly NameValue[],
  current: ReadonlyMap<string, string> = new Map(),
): void {
  for (const { Name, Value = '' } of given) {
    const schema = schemaOf(pool, Name)
    if (!schema) invalid(`user.${Name}: Attribute does not exist in the schema.\n`)
    else {
      if (Name === 'sub' || (client && /^(email|phone_number)_verified$/.test(Name)))
        invalid(`Cannot modify the non-mutable attribute ${Name}`)
      // Attributes of developers are the administrator's alone.
      if (client && (!mayWrite(client, Name) || Name.startsWith('dev:')))
        fail('NotAuthorized', 'A client attempted to write unauthorized attribute')
      const before = current.get(Name)
      if (schema.Mutable === false && before !== undefined && before !== Value)
        invalid(`user.${Name}: Attribute cannot be updated.\n`)
    }
    if (schema && Value !== '') checkValue(schema, Name, Value)
  }
}

function checkValue(schema: SchemaAttribute, name: string, value: string): void {
  if (name === 'email' && !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(value))
    invalid('Invalid email address format.')
  if (name === 'phone_number' && !/^\+\d{3,15}$/.test(value))
    invalid('Invalid phone number format.')
  const { MinLength, MaxLength } = {
    ...(name === 'birthdate' ? { MinLength: '10', MaxLength: '10' } : {}),
    ...schema.StringAttributeConstraints,
  }
  const [least, most] = [Number(MinLength ?? 0), Number(MaxLength ?? 2048)]
  if (value.length < least)
    invalid(
      `Attributes did not conform to the schema: ${name}: String must be at least ${least} characters long\n`,
    )
  if (value.length > most)
    invalid(
      `Attributes did not conform to the schema: ${name}: String must be no longer than ${most} characters\n`,
    )
  if (schema.AttributeDataType === 'Number' && !/^-?\d+(\.\d+)?$/.test(value))
    invalid(`Attributes did not conform to the schema: ${name}: Number is expected\n`)
  if (schema.AttributeDataType === 'Boolean' && !/^(true|false)$/.test(value))
    invalid(`Attributes did not conform to the schema: ${name}: Boolean is expected\n`)
}

const camel = (name: string): string =>
  name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

/** The service names what is missing in its own way: `name.familyName`. */
export const inName = (name: string): string =>
  /^(given|family|middle)_name$/.test(name) ? `name.${camel(name)}` : name

/** Refuses a person without what everybody has to have. */
export function checkRequired(pool: Pool, attributes: ReadonlyMap<string, string>): void {
  const missing = requiredAttributes(pool).find((name) => !attributes.get(name))
  if (missing)
    invalid(
      `Attributes did not conform to the schema: ${inName(missing)}: The attribute ${inName(missing)} is required`,
    )
}

/** Sets attributes; an empty value takes one away. */
export function setAttribute(user: User, name: string, value: string): void {
  if (value === '') {
    user.attributes.delete(name)
    user.attributes.delete(`${name}_verified`)
  } else user.attributes.set(name, value)
}

/** All that an app client may see of somebody: in the order of the alphabet, the subject last. */
export function visibleAttributes(
  client: Client | undefined,
  user: User,
): { readonly Name: string; readonly Value: string }[] {
  const names = [...user.attributes.keys()].filter((name) => !client || mayRead(client, name))
  const rank = (name: string) => (name.includes(':') ? 1 : 0)
  names.sort((one, other) => rank(one) - rank(other) || (one < other ? -1 : 1))
  return [
    ...names.map((Name) => ({ Name, Value: user.attributes.get(Name)! })),
    { Name: 'sub', Value: user.sub },
  ]
}
