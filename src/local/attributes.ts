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

type Described = SchemaAttribute &
  Required<Pick<SchemaAttribute, 'AttributeDataType' | 'Mutable' | 'Required'>>

/** What a standard attribute is, unless a pool says otherwise. */
export function standardSchema(Name: string): Described {
  const isFlag = Name.endsWith('_verified')
  const [MinLength, MaxLength] =
    Name === 'sub' ? ['1', '2048'] : Name === 'birthdate' ? ['10', '10'] : ['0', '2048']
  return {
    AttributeDataType: isFlag ? 'Boolean' : Name === 'updated_at' ? 'Number' : 'String',
    DeveloperOnlyAttribute: false,
    Mutable: Name !== 'sub',
    Name,
    Required: Name === 'sub',
    ...(Name === 'updated_at'
      ? { NumberAttributeConstraints: { MinValue: '0' } }
      : isFlag
        ? {}
        : { StringAttributeConstraints: { MaxLength, MinLength } }),
  }
}

/** What is known of an attribute of the pool. */
export function schemaOf({ settings }: Pool, name: string): SchemaAttribute | undefined {
  const bare = name.replace(/^(dev:)?custom:/, '')
  const isCustom = bare !== name
  const named = settings.Schema.find(({ Name }) => Name === bare || Name === name)
  if (isCustom) return named && !standardAttributes.includes(named.Name) ? named : undefined
  if (!standardAttributes.includes(name)) return undefined
  const usual = standardSchema(name)
  return {
    ...usual,
    ...named,
    StringAttributeConstraints: {
      ...usual.StringAttributeConstraints,
      ...named?.StringAttributeConstraints,
    },
  }
}

/** Refuses attributes that no pool can have. */
export function checkSchema(schema: readonly SchemaAttribute[]): void {
  const names = new Set<string>()
  for (const attribute of schema) {
    const { Name, AttributeDataType: type, Required } = attribute
    const isStandard = standardAttributes.includes(Name)
    if (names.has(Name)) invalid(`${Name}: An attribute of this name is given twice.`)
    names.add(Name)
    if (Required && !isStandard) invalid('Required custom attributes are not supported currently.')
    if (!isStandard && type === undefined)
      invalid(
        'Invalid AttributeDataType input, consider using the provided AttributeDataType enum.',
      )
    if (isStandard && type !== undefined && type !== standardSchema(Name).AttributeDataType)
      invalid(`${Name}: The type of a standard attribute cannot be changed.`)
    const { MinLength, MaxLength } = attribute.StringAttributeConstraints ?? {}
    const { MinValue, MaxValue } = attribute.NumberAttributeConstraints ?? {}
    checkBounds(Name, MinLength, MaxLength, /^\d+$/)
    checkBounds(Name, MinValue, MaxValue, decimal)
  }
}

const decimal = /^-?\d+(\.\d+)?$/

function checkBounds(
  name: string,
  least: string | undefined,
  most: string | undefined,
  form: RegExp,
): void {
  for (const bound of [least, most])
    if (bound !== undefined && !form.test(bound)) invalid(`${name}: Invalid attribute constraint.`)
  if (least !== undefined && most !== undefined && Number(least) > Number(most))
    invalid(`${name}: The minimum of a constraint cannot be greater than its maximum.`)
}

/** Values by name: the last of several counts. Whether an address is verified is kept in small letters. */
export const valuesOf = (given: readonly NameValue[]): Map<string, string> =>
  new Map(
    given.map(({ Name, Value = '' }) => [
      Name,
      Name.endsWith('_verified') ? Value.toLowerCase() : Value,
    ]),
  )

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
  for (const [Name, Value] of given.flatMap((one) => [...valuesOf([one])])) {
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
  const complain = (what: string) =>
    invalid(`Attributes did not conform to the schema: ${name}: ${what}\n`)
  const { AttributeDataType: type = 'String' } = schema
  if (type === 'Boolean' && !/^(true|false)$/.test(value)) complain('Boolean is expected')
  if (type === 'DateTime' && !isMoment(value)) complain('DateTime is expected')
  if (type === 'Number') {
    const { MinValue = '-Infinity', MaxValue = 'Infinity' } =
      schema.NumberAttributeConstraints ?? {}
    if (!decimal.test(value)) complain('Number is expected')
    if (Number(value) < Number(MinValue)) complain(`Number must be no less than ${MinValue}`)
    if (Number(value) > Number(MaxValue)) complain(`Number must be no greater than ${MaxValue}`)
  }
  if (type !== 'String') return
  const { MinLength = '0', MaxLength = '2048' } = schema.StringAttributeConstraints ?? {}
  if (value.length < Number(MinLength))
    complain(`String must be at least ${MinLength} characters long`)
  if (value.length > Number(MaxLength))
    complain(`String must be no longer than ${MaxLength} characters`)
}

/** ISO 8601, a date or a date and a time: the provider names no form, this is the one that others read. */
const isMoment = (value: string): boolean =>
  /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/.test(value) &&
  !Number.isNaN(Date.parse(value))

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

/** Sets an attribute, in the place of what it was to be; an empty value takes it away. */
export function setAttribute(user: User, name: string, value: string): void {
  user.pending.delete(name)
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
