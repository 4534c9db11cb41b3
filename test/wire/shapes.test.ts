import { describe, expect, test } from 'vitest'
import { isShaped } from '../../src/wire/shapes.ts'
import { factsOfModel, readModel } from './operations-model.ts'
import type { DataType, Members } from './operations-model.ts'

const outputs = [...factsOfModel(readModel()).operations].map(
  ([name, { output }]) => [name, output] as const,
)

type Json = string | number | boolean | null | Json[] | { [name: string]: Json }

/** A value of a type: with every member, or with those only that cannot be missing. */
function sample(type: DataType, full: boolean): Json {
  if (type.kind === 'structure') return sampleMembers(type.members, full)
  if (type.kind === 'list') return [sample(type.item, full), sample(type.item, full)]
  if (type.kind === 'enum') return [...type.values][0]!
  if (type.kind === 'number') return 1790270882.329
  if (type.kind === 'boolean') return false
  if (type.kind === 'map') return { USERNAME: 'ada' }
  if (type.kind === 'document') return { rp: { id: 'example.com' }, timeout: 60000 }
  return 'text'
}

function sampleMembers(members: Members, full: boolean): Record<string, Json> {
  const wanted = [...members].filter(([, { required }]) => full || required)
  return Object.fromEntries(wanted.map(([name, { type }]) => [name, sample(type, full)]))
}

const everyJsonType: readonly Json[] = ['text', 7, true, null, [], {}]
const jsonTypeOf = (value: Json): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value

interface Corruption {
  readonly what: string
  readonly output: Json
}

/** Everything that a value of a type becomes by one wrong type or one member too few. */
function* corruptions(path: string, type: DataType, value: Json): Generator<Corruption> {
  for (const other of everyJsonType)
    if (jsonTypeOf(other) !== jsonTypeOf(value))
      yield { what: `${path} is ${jsonTypeOf(other)}`, output: other }
  if (type.kind === 'list' && Array.isArray(value))
    for (const index of value.keys())
      for (const { what, output } of corruptions(`${path}[${index}]`, type.item, value[index]!))
        yield { what, output: value.with(index, output) }
  if (type.kind === 'structure') yield* memberCorruptions(path, type.members, value)
}

function* memberCorruptions(path: string, members: Members, value: Json): Generator<Corruption> {
  const whole = value as Record<string, Json>
  for (const [name, { type, required }] of members) {
    const { [name]: part, ...others } = whole
    if (required) yield { what: `${path}.${name} is missing`, output: others }
    if (part !== undefined)
      for (const { what, output } of corruptions(`${path}.${name}`, type, part))
        yield { what, output: { ...whole, [name]: output } }
  }
}

/** Additions at every depth. */
function* additions(type: DataType, value: Json): Generator<Json> {
  if (type.kind === 'list' && Array.isArray(value))
    for (const index of value.keys())
      for (const item of additions(type.item, value[index]!)) yield value.with(index, item)
  if (type.kind === 'structure') {
    const whole = value as Record<string, Json>
    for (const news of everyJsonType) yield { ...whole, Novelty: news, constructor: news }
    for (const [name, member] of type.members)
      for (const part of additions(member.type, whole[name]!)) yield { ...whole, [name]: part }
  }
}

describe.each(outputs)('the output of %s', (name, members) => {
  const full = sampleMembers(members, true)

  test('is accepted with every member, and with those only that cannot be missing', () => {
    expect(isShaped(name, full)).toBe(true)
    expect(isShaped(name, sampleMembers(members, false))).toBe(true)
  })

  test('is accepted with each member alone missing that may be', () => {
    for (const [member, { required }] of members) {
      const others = { ...full }
      Reflect.deleteProperty(others, member)
      expect(isShaped(name, others), member).toBe(!required)
    }
  })

  test('is accepted with members that nobody knows, at every depth', () => {
    const all = [...additions({ kind: 'structure', members }, full)]
    expect(all.length).toBeGreaterThanOrEqual(everyJsonType.length)
    for (const output of all) expect(isShaped(name, output), JSON.stringify(output)).toBe(true)
  })

  test('is refused with one wrong type or one member too few, at every depth', () => {
    for (const { what, output } of corruptions(name, { kind: 'structure', members }, full))
      expect(isShaped(name, output), what).toBe(false)
  })

  test('is refused where it is nothing at all', () => {
    expect(isShaped(name, undefined)).toBe(false)
  })
})

test('the corruptions are many, and reach the depths', () => {
  const all = outputs.flatMap(([name, members]) => [
    ...corruptions(name, { kind: 'structure', members }, sampleMembers(members, true)),
  ])
  console.log(`corruptions of outputs: ${all.length}`)
  const whats = all.map(({ what }) => what)
  expect(whats).toContain('ListDevices.Devices[1].DeviceAttributes[0].Name is missing')
  expect(whats).toContain('InitiateAuth.AuthenticationResult.NewDeviceMetadata.DeviceKey is null')
  expect(whats).toContain(
    'ListWebAuthnCredentials.Credentials[0].AuthenticatorTransports[1] is number',
  )
  expect(new Set(whats).size).toBe(all.length)
})

test('a text that the model does not list is a text', () => {
  expect(isShaped('InitiateAuth', { ChallengeName: 'RETINA', AvailableChallenges: ['DNA'] })).toBe(
    true,
  )
  expect(isShaped('VerifySoftwareToken', { Status: 'PERHAPS' })).toBe(true)
})

test('lists may be empty', () => {
  expect(isShaped('GetUser', { Username: 'ada', UserAttributes: [], MFAOptions: [] })).toBe(true)
  expect(isShaped('ListWebAuthnCredentials', { Credentials: [] })).toBe(true)
  expect(isShaped('ListDevices', { Devices: [] })).toBe(true)
})

// What the service does not write itself may use any name.
const surprising = {
  Devices: 'x',
  AuthenticationResult: 'x',
  Credentials: '[]',
  UserConfirmed: 'x',
  ExpiresIn: 'x',
  Device: 'x',
  ChallengeParameters: 'x',
  requiredAttributes: '[]',
  userAttributes: '{}',
  constructor: 'x',
}

test('what a Lambda trigger puts among the parameters of its challenge may have any name', () => {
  const output = { ChallengeName: 'CUSTOM_CHALLENGE', ChallengeParameters: surprising }
  expect(isShaped('InitiateAuth', output)).toBe(true)
  expect(isShaped('RespondToAuthChallenge', output)).toBe(true)
})

test('the options of a passkey may hold anything', () => {
  const CredentialCreationOptions = {
    ...surprising,
    challenge: 'x',
    Key: 7,
    Name: null,
    Username: [],
    Session: { Token: 1 },
    excludeCredentials: [{ id: 7 }],
    rp: { Id: 7, Name: {} },
  }
  expect(isShaped('StartWebAuthnRegistration', { CredentialCreationOptions })).toBe(true)
})

test('a new member is let through, whatever known name it begins or ends with', () => {
  const names =
    'AccessToken TokenType Username DeviceKey CredentialId Session Status ExpiresIn CreatedAt ' +
    'UserConfirmed AvailableChallenges UserMFASettingList UserAttributes Devices MFAOptions ' +
    'AuthenticationResult Device CodeDeliveryDetails ChallengeParameters CredentialCreationOptions'
  for (const name of names.split(' '))
    for (const newName of [`New${name}`, `${name}New`])
      for (const value of ['text', 1, true, [], [1], {}, { odd: 1 }])
        expect(isShaped('InitiateAuth', { [newName]: value }), newName).toBe(true)
})

test('one parameter that is not text spoils them all', () => {
  expect(isShaped('InitiateAuth', { ChallengeParameters: { a: 'text', b: 'more' } })).toBe(true)
  expect(isShaped('InitiateAuth', { ChallengeParameters: { a: 'text', b: 7 } })).toBe(false)
})
