import { describe, expect, test } from 'vitest'
import { Fault } from '../../src/local/fault.ts'
import { checkInput } from '../../src/local/limits.ts'
import { shapes } from '../../src/local/shapes.ts'
import type { Shape } from '../../src/local/shapes.ts'
import { readModel } from '../wire/operations-model.ts'
import type { ModelShape } from '../wire/operations-model.ts'

// What inputs must look like: the facts against the model, and the sentences of the service.

/** A shape of the model with what an input is checked against. */
interface Limits extends ModelShape {
  readonly min?: number
  readonly max?: number
  readonly pattern?: string
  readonly key?: { readonly shape: string }
  readonly value?: { readonly shape: string }
}

const model = readModel()
const modelShapes = model.shapes as Readonly<Record<string, Limits>>
const inputs = Object.entries(model.operations).map(([name, { input }]) => [name, input] as const)

/** A shape of the model in the form of ours. */
function expected({ type, ...limits }: Limits): Shape {
  const { min = 0, max = Infinity, pattern, required = [] } = limits
  if (limits.document) return { any: true }
  if (limits.enum) return { oneOf: limits.enum }
  if (type === 'boolean') return { boolean: true }
  if (type === 'integer') return { number: [min, max] }
  if (type === 'list') return { list: limits.member!.shape }
  if (type === 'map') return { map: limits.value!.shape }
  if (type === 'string') return { text: pattern === undefined ? [min, max] : [min, max, pattern] }
  if (type !== 'structure') throw new Error(`no ${type} was ever in an input`)
  const members = Object.entries(limits.members ?? {}).map(
    ([name, { shape }]) => `${name}${required.includes(name) ? '!' : ''}:${shape}`,
  )
  return { members: members.sort().join(' ') }
}

const sorted = (shape: Shape): Shape =>
  'members' in shape ? { members: shape.members.split(' ').sort().join(' ') } : shape

/** Everything that an input is made of, at any depth, by name. */
function reachable(): Map<string, string> {
  const found = new Map(inputs)
  const visit = (name: string): void => {
    if (found.has(name)) return
    found.set(name, name)
    visitInside(name)
  }
  const visitInside = (name: string): void => {
    const { members = {}, member, key, value, document } = modelShapes[name]!
    if (document) return
    for (const { shape } of [...Object.values(members), member, key, value].filter(
      (one) => one !== undefined,
    ))
      visit(shape)
  }
  for (const [, input] of inputs) visitInside(input)
  return found
}

describe('the shapes', () => {
  const all = [...reachable()]

  test('are those of the inputs, and no others', () => {
    expect(Object.keys(shapes).sort()).toEqual(all.map(([name]) => name).sort())
    expect(inputs).toHaveLength(32)
    expect(all.length).toBeGreaterThan(70)
  })

  test.each(all)('%s is as the model has it', (ours, theirs) => {
    expect(sorted(shapes[ours]!)).toEqual(expected(modelShapes[theirs]!))
  })

  test('have keys of maps that take every text that a value may be', () => {
    const maps = Object.values(modelShapes).filter(({ type, key }) => type === 'map' && key)
    expect(new Set(maps.map(({ key }) => key!.shape))).toEqual(new Set(['StringType']))
  })

  test('are patterns that this engine understands', () => {
    for (const shape of Object.values(shapes))
      if ('text' in shape && shape.text[2] !== undefined)
        expect(() => new RegExp(`^(?:${shape.text[2]!})$`, 'su')).not.toThrow()
  })
})

describe('an input', () => {
  const complaint = (operation: string, input: unknown, more?: Record<string, Shape>) => {
    try {
      checkInput(operation, input, more)
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      expect(error).toMatchObject({ type: 'InvalidParameterException', status: 400 })
      return error.message
    }
    return undefined
  }
  const one = (rest: string) => `1 validation error detected: ${rest}`
  const at = (path: string, rest: string, value = 'Value') =>
    `${value} at '${path}' failed to satisfy constraint: Member must ${rest}`

  const signUp = { ClientId: 'client', Username: 'ada' }
  const answer = { ClientId: 'client', ChallengeName: 'SMS_MFA' }
  const AccessToken = 'a.b.c'

  test.each<[string, string, unknown, string]>([
    [
      ...(['what is missing', 'GetUser', {}] as const),
      "Value null at 'accessToken' failed to satisfy constraint: Member must not be null",
    ],
    [
      ...(['null', 'GetUser', { AccessToken: null }] as const),
      "Value null at 'accessToken' failed to satisfy constraint: Member must not be null",
    ],
    [
      ...(['a text that is none', 'GetUser', { AccessToken: 7 }] as const),
      at('accessToken', 'be a string'),
    ],
    [
      ...(['a pattern', 'GetUser', { AccessToken: 'a b' }] as const),
      at('accessToken', 'satisfy regular expression pattern: [A-Za-z0-9-_=.]+'),
    ],
    [
      ...(['a text that is empty', 'SignUp', { ...signUp, SecretHash: '' }] as const),
      `${at('secretHash', 'have length greater than or equal to 1')}; ${at('secretHash', 'satisfy regular expression pattern: [\\w+=/]+')}`,
    ],
    [
      ...(['a text that is too short', 'RespondToAuthChallenge'] as const),
      { ...answer, Session: 'x'.repeat(19) },
      at('session', 'have length greater than or equal to 20'),
    ],
    [
      ...(['a text that is too long', 'RespondToAuthChallenge'] as const),
      { ...answer, Session: 'x'.repeat(2049) },
      at('session', 'have length less than or equal to 2048'),
    ],
    [
      ...(['a password that is too long', 'SignUp'] as const),
      { ...signUp, Password: 'x'.repeat(257) },
      at('password', 'have length less than or equal to 256'),
    ],
    [
      ...(['a password with white space around it', 'SignUp'] as const),
      { ...signUp, Password: ' secret' },
      at('password', 'satisfy regular expression pattern: [\\S]+'),
    ],
    [
      ...(['a number that is too great', 'ListDevices', { AccessToken, Limit: 61 }] as const),
      at('limit', 'have value less than or equal to 60', "Value '61'"),
    ],
    [
      ...(['a number that is too small', 'ListDevices', { AccessToken, Limit: -1 }] as const),
      at('limit', 'have value greater than or equal to 0', "Value '-1'"),
    ],
    [
      ...(['a number that is none', 'ListDevices', { AccessToken, Limit: '7' }] as const),
      at('limit', 'be a whole number'),
    ],
    [
      ...(['a number with a fraction', 'ListDevices', { AccessToken, Limit: 1.5 }] as const),
      at('limit', 'be a whole number'),
    ],
    [
      ...(['a yes or no that is neither', 'SetUserMFAPreference'] as const),
      { AccessToken, SMSMfaSettings: { Enabled: 'true' } },
      at('sMSMfaSettings.enabled', 'be a boolean'),
    ],
    [
      ...(['a value that is not in its list', 'RespondToAuthChallenge'] as const),
      { ClientId: 'client', ChallengeName: 'RIDDLE' },
      `Value 'RIDDLE' at 'challengeName' failed to satisfy constraint: Member must satisfy enum value set: [${modelShapes['ChallengeNameType']!.enum!.join(', ')}]`,
    ],
    [
      ...(['a list that is none', 'SignUp', { ...signUp, UserAttributes: {} }] as const),
      at('userAttributes', 'be a list'),
    ],
    [
      ...(['an entry of a list', 'SignUp'] as const),
      { ...signUp, UserAttributes: [{ Name: 'a' }, { Name: 'x'.repeat(33) }] },
      at('userAttributes.2.member.name', 'have length less than or equal to 32'),
    ],
    [
      ...(['a map that is none', 'SignUp', { ...signUp, ClientMetadata: 'x' }] as const),
      at('clientMetadata', 'be a map'),
    ],
    [
      ...(['a value of a map', 'InitiateAuth'] as const),
      { ClientId: 'client', AuthFlow: 'USER_AUTH', AuthParameters: { USERNAME: 7 } },
      at('authParameters.USERNAME', 'be a string'),
    ],
    [
      ...(['a structure that is none', 'SignUp', { ...signUp, UserContextData: [] }] as const),
      at('userContextData', 'be a structure'),
    ],
  ])('is refused for %s', (_, operation, input, sentence) => {
    const text = complaint(operation, input)
    expect(text?.replace('2 validation errors detected', '1 validation error detected')).toBe(
      one(sentence),
    )
  })

  test('is told all that is wrong with it at once', () => {
    const input = { Username: '', ConfirmationCode: 'a b', Password: 'x' }
    expect(complaint('ConfirmForgotPassword', input)).toBe(
      [
        "4 validation errors detected: Value null at 'clientId' failed to satisfy constraint: Member must not be null",
        at('confirmationCode', 'satisfy regular expression pattern: [\\S]+'),
        at('username', 'have length greater than or equal to 1'),
        at('username', 'satisfy regular expression pattern: [\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+'),
      ].join('; '),
    )
  })

  test('is never quoted where it may be a secret', () => {
    const secret = 'cAnArY with spaces'
    const texts = [
      complaint('ChangePassword', { AccessToken: secret, PreviousPassword: ` ${secret}` }),
      complaint('ConfirmSignUp', { ClientId: secret, Username: secret, ConfirmationCode: secret }),
      complaint('RespondToAuthChallenge', { ...answer, Session: 'cAnArY' }),
    ]
    for (const text of texts) {
      expect(text).toContain('failed to satisfy constraint')
      expect(text).not.toContain('cAnArY')
    }
  })

  test.each<[string, string, unknown]>([
    ['a password with white space inside', 'SignUp', { ...signUp, Password: 'two words\there' }],
    ['a password of one letter', 'SignUp', { ...signUp, Password: 'x' }],
    ['a flow that is unknown', 'InitiateAuth', { ClientId: 'client', AuthFlow: 'MAGIC' }],
    ['a name in any script', 'SignUp', { ...signUp, Username: 'Åsa-Ωμέγα-山田-🗝' }],
    ['a member that there is not', 'GetUser', { AccessToken, Extra: { anything: true } }],
    ['a session of 20', 'RespondToAuthChallenge', { ...answer, Session: 'x'.repeat(20) }],
    ['the limits of a number', 'ListDevices', { AccessToken, Limit: 60 }],
    ['any document', 'CompleteWebAuthnRegistration', { AccessToken, Credential: [{ a: 1 }] }],
  ])('may be %s', (_, operation, input) => {
    expect(complaint(operation, input)).toBeUndefined()
  })

  test('of an operation with shapes of its own is held against those', () => {
    const more = { AdminPing: { members: 'Word!:WordType' }, WordType: { text: [2, 3] as const } }
    expect(complaint('AdminPing', { Word: 'ab' }, more)).toBeUndefined()
    expect(complaint('AdminPing', { Word: 'a' }, more)).toBe(
      one(at('word', 'have length greater than or equal to 2')),
    )
  })
})
