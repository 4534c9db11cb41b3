import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import vm from 'node:vm'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { AuthError } from '../../src/errors.ts'
import type { AuthErrorCode } from '../../src/errors.ts'
import { readAnswer } from '../../src/wire/answer.ts'
import type { OperationName } from '../../src/wire/operations.ts'
import { refusalCode } from '../../src/wire/refusals.ts'
import { refusals } from '../data/refusals.ts'
import type { Refusal } from '../data/refusals.ts'
import { readModel } from './operations-model.ts'

type Sent = Readonly<Record<string, unknown>>

const model = readModel()
const operations = Object.keys(model.operations) as OperationName[]

/** An input of the operation: with every member, or with those only that cannot be missing. */
function inputOf(operation: OperationName, full: boolean, flow = 'USER_SRP_AUTH'): Sent {
  const { members = {}, required = [] } = model.shapes[model.operations[operation]!.input]!
  const names = full ? Object.keys(members) : required
  return Object.fromEntries(names.map((name) => [name, name === 'AuthFlow' ? flow : 'x']))
}

const codeOf = ([operation, service, sentence, , sent]: Refusal): string | undefined =>
  refusalCode(service, operation, sent ?? inputOf(operation, false), sentence)

/** The codes that the type `CodeOf` allows each operation, as the compiler sees it. */
function allowedCodes(): ReadonlyMap<string, ReadonlySet<string>> {
  const path = fileURLToPath(new URL('allowed.ts', import.meta.url))
  const text = `
    import type { CodeOf } from '../../src/errors.ts'
    import type { OperationName } from '../../src/wire/operations.ts'
    export type Allowed = { [Name in OperationName]: CodeOf<Name> }`
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    allowImportingTsExtensions: true,
    types: [],
  }
  const disk = ts.createCompilerHost(options)
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (name) => name === path || disk.fileExists(name),
    readFile: (name) => (name === path ? text : disk.readFile(name)),
    getSourceFile: (name, ...rest) =>
      name === path
        ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true)
        : disk.getSourceFile(name, ...rest),
  }
  const program = ts.createProgram([path], options, host)
  const file = program.getSourceFile(path)!
  const problems = [...program.getSemanticDiagnostics(), ...program.getSyntacticDiagnostics()]
  expect(problems.map(({ messageText }) => messageText)).toEqual([])
  const checker = program.getTypeChecker()
  const [allowed] = checker.getExportsOfModule(checker.getSymbolAtLocation(file)!)
  return new Map(
    checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(allowed!)).map((property) => {
      const type = checker.getTypeOfSymbol(property)
      const parts = type.isUnion() ? type.types : [type]
      return [
        property.name,
        new Set(parts.map((part) => (part.isStringLiteral() ? part.value : 'no literal'))),
      ]
    }),
  )
}

const allowed = allowedCodes()

describe('every error of every operation', () => {
  const sentences = ['', 'Lorem ipsum dolor sit amet.']
  const flows = model.shapes['AuthFlowType']!.enum!

  test.each(operations)('%s has codes, and its type allows them', (operation) => {
    const { errors } = model.operations[operation]!
    const codes = allowed.get(operation)!
    for (const error of errors)
      for (const sentence of sentences)
        for (const full of [true, false])
          for (const flow of operation === 'InitiateAuth' ? flows : ['']) {
            const sent = inputOf(operation, full, flow)
            const code = refusalCode(error, operation, sent, sentence)
            expect(codes, `${error} ${flow} "${sentence}"`).toContain(code)
          }
  })

  test('is 371 pairs of an operation and an error', () => {
    const pairs = Object.values(model.operations).flatMap(({ errors }) => errors)
    expect(pairs.length).toBe(371)
    expect([...allowed.keys()].sort()).toEqual([...operations].sort())
    for (const codes of allowed.values()) expect(codes).not.toContain('no literal')
  })

  test('is not misread where its sentence holds the name of an operation, a flow or a member', () => {
    const words = [...operations, 'change', 'respond', 'initiate', 'refresh_token', 'accesstoken']
    for (const operation of operations)
      for (const service of model.operations[operation]!.errors)
        for (const word of words)
          for (const sentence of [`It did not ${word} at all.`, `ada@${word}.example is odd.`]) {
            const code = codeOf([operation, service, sentence, 'unexpected'])
            expect(code, sentence).toBe(codeOf([operation, service, 'It did not.', 'unexpected']))
            expect(allowed.get(operation), `${operation} ${service} ${sentence}`).toContain(code)
          }
  })

  test('has the same code with and without the last part of its name', () => {
    for (const refusal of refusals) {
      const [operation, service, sentence, code, sent] = refusal
      const short = service.replace('Exception', '')
      expect(codeOf([operation, short, sentence, code, sent])).toBe(code)
    }
  })
})

describe('what the service has been seen to say', () => {
  for (const refusal of refusals) {
    const [operation, service, sentence, code] = refusal
    test(`${operation}, ${service}, ${JSON.stringify(sentence)}: ${code}`, () => {
      expect(codeOf(refusal)).toBe(code)
      expect(allowed.get(operation)).toContain(code)
    })
  }

  test('is a long list without repetitions', () => {
    console.log(`refusals seen: ${refusals.length}`)
    expect(refusals.length).toBeGreaterThanOrEqual(90)
    expect(new Set(refusals.map((one) => JSON.stringify(one))).size).toBe(refusals.length)
  })

  test('is about every operation but those that say nothing of their own', () => {
    const spoken = new Set(refusals.map(([operation]) => operation))
    expect(operations.filter((name) => !spoken.has(name))).toEqual([
      'GetUserAuthFactors',
      'ListWebAuthnCredentials',
      'SetUserSettings',
    ])
  })
})

describe('what the service has not said yet', () => {
  const unheardOf = ['', 'Lorem ipsum dolor sit amet.']

  test('is not explained by the name of an operation or a member that mentions attributes', () => {
    const named: OperationName[] = [
      'DeleteUserAttributes',
      'GetUserAttributeVerificationCode',
      'SignUp',
      'UpdateUserAttributes',
      'VerifyUserAttribute',
    ]
    for (const operation of named)
      for (const sentence of unheardOf)
        expect(
          refusalCode('NotAuthorizedException', operation, inputOf(operation, true), sentence),
          operation,
        ).toBe('not-authorized')
  })

  test('is not about a device because an authenticator app was given a name', () => {
    const sent = inputOf('VerifySoftwareToken', true)
    for (const sentence of unheardOf)
      expect(refusalCode('ResourceNotFoundException', 'VerifySoftwareToken', sent, sentence)).toBe(
        'client-unknown',
      )
  })
})

describe('the table', () => {
  const path = new URL('../../src/wire/refusals.ts', import.meta.url)
  const source = readFileSync(path, 'utf8')
  const inSource = /const table = `\n([^`]*)\n`/
  const rows = inSource.exec(source)![1]!.split('\n')

  /** The module as it would be with another table. */
  function withTable(changed: readonly string[]): typeof refusalCode {
    const text = source.replace(inSource, () => `const table = \`\n${changed.join('\n')}\n\``)
    const options = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 }
    const { outputText } = ts.transpileModule(text, { compilerOptions: options })
    const exports: { refusalCode?: typeof refusalCode } = {}
    vm.runInNewContext(outputText, { exports })
    return exports.refusalCode!
  }

  const answers = (code: typeof refusalCode): (string | undefined)[] =>
    refusals.map(([operation, service, sentence, , sent]) =>
      code(service, operation, sent ?? inputOf(operation, false), sentence),
    )

  test('is understood by this test', () => {
    expect(rows.length).toBeGreaterThan(70)
    for (const row of rows) expect(row).toMatch(/^\w+ [a-z-]+( [@a-z_^ ]+)?$/)
    expect(answers(withTable(rows))).toEqual(refusals.map(([, , , code]) => code))
  })

  test('has no row that never decides', () => {
    const numbered = rows.map((row, index) => row.replace(/ \S+/, ` row-${index}`))
    const deciding = new Set(answers(withTable(numbered)))
    expect(rows.filter((_, index) => !deciding.has(`row-${index}`))).toEqual([])
  })

  test('has no row that could be left out', () => {
    const expected = refusals.map(([, , , code]) => code)
    const idle = rows.filter((_, index) => {
      const found = answers(withTable(rows.toSpliced(index, 1)))
      return found.every((code, one) => code === expected[one])
    })
    expect(idle).toEqual([])
  })
})

describe('names that are not in the table', () => {
  test.each([
    'BandwidthLimitExceeded',
    'EC2ThrottledException',
    'PriorRequestNotComplete',
    'ProvisionedThroughputExceededException',
    'RequestLimitExceeded',
    'RequestThrottled',
    'RequestThrottledException',
    'SlowDown',
    'ThrottledException',
    'Throttling',
    'ThrottlingException',
    'TooManyRequestsException',
  ])('%s is a throttle', (service) => {
    for (const operation of operations)
      expect(refusalCode(service, operation, inputOf(operation, true), '')).toBe('throttled')
  })

  test('the limit of the hour is not a throttle', () => {
    for (const operation of operations)
      expect(refusalCode('LimitExceededException', operation, {}, 'Rate exceeded')).toMatch(
        /^(limit-exceeded|too-many-passkeys)$/,
      )
  })

  test.each([
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    'valueOf',
    'Exception',
    '',
    ' ',
    '^',
    'table',
    'notauthorizedexception',
    'NotAuthorizedExceptionException2',
    'ExceptionNotAuthorized',
    'NotAuthorized wrong-credentials',
    'NotAuthorized\n',
    'MissingAuthenticationTokenException',
    'UnrecognizedClientException',
    'IncompleteSignatureException',
    'NewsOfNextYearException',
  ])('%j means nothing', (service) => {
    for (const sentence of ['', 'Incorrect username or password.'])
      expect(refusalCode(service, 'InitiateAuth', inputOf('InitiateAuth', true), sentence)).toBe(
        undefined,
      )
  })
})

describe('what must not be mistaken for something else', () => {
  const said: readonly Refusal[] = [
    [
      'InitiateAuth',
      'NotAuthorizedException',
      'Incorrect username or password.',
      'wrong-credentials',
    ],
    [
      'RespondToAuthChallenge',
      'NotAuthorizedException',
      'Invalid session for the user, session is expired.',
      'session-expired',
    ],
    ['GetUser', 'NotAuthorizedException', 'Access Token has expired', 'access-token-expired'],
    [
      'GetTokensFromRefreshToken',
      'NotAuthorizedException',
      'Refresh Token has expired',
      'refresh-token-dead',
    ],
    ['InitiateAuth', 'NotAuthorizedException', 'User is disabled.', 'user-disabled'],
    ['InitiateAuth', 'NotAuthorizedException', 'Password attempts exceeded', 'attempts-exceeded'],
    [
      'InitiateAuth',
      'NotAuthorizedException',
      'Temporary password has expired and must be reset by an administrator.',
      'temporary-password-expired',
    ],
    [
      'ConfirmSignUp',
      'CodeMismatchException',
      'Invalid verification code provided, please try again.',
      'wrong-code',
    ],
    [
      'ConfirmSignUp',
      'ExpiredCodeException',
      'Invalid code provided, please request a code again.',
      'code-expired',
    ],
    [
      'ForgotPassword',
      'LimitExceededException',
      'Attempt limit exceeded, please try after some time.',
      'limit-exceeded',
    ],
    ['GetUser', 'TooManyRequestsException', 'Rate exceeded', 'throttled'],
    ['InitiateAuth', 'UserNotConfirmedException', 'User is not confirmed.', 'not-confirmed'],
    [
      'InitiateAuth',
      'PasswordResetRequiredException',
      'Password reset required for the user',
      'reset-required',
    ],
    ['SignUp', 'UsernameExistsException', 'User already exists', 'username-taken'],
    [
      'ConfirmSignUp',
      'AliasExistsException',
      'An account with the email already exists.',
      'alias-taken',
    ],
    [
      'RespondToAuthChallenge',
      'ResourceNotFoundException',
      'Device does not exist.',
      'device-unknown',
    ],
    [
      'InitiateAuth',
      'InvalidParameterException',
      'USER_PASSWORD_AUTH flow not enabled for this client',
      'flow-not-enabled',
    ],
    [
      'InitiateAuth',
      'NotAuthorizedException',
      'Unable to verify secret hash for client X',
      'client-secret-wrong',
    ],
    [
      'SignUp',
      'UserLambdaValidationException',
      'PreSignUp failed with error not you.',
      'lambda-refused',
    ],
    ['SignUp', 'CodeDeliveryFailureException', '', 'delivery-failed'],
    ['ForgotPassword', 'InvalidSmsRoleAccessPolicyException', '', 'pool-misconfigured'],
  ]

  /** What is told apart without a word of the service. */
  async function wordless(status: number, text: () => Promise<string>): Promise<AuthErrorCode> {
    const outcome = await readAnswer(
      'InitiateAuth',
      {},
      { status, headers: { get: () => null }, text },
      new AbortController().signal,
    )
    if (!(outcome instanceof AuthError)) throw new Error('was taken for a success')
    return outcome.code
  }

  test('has a code of its own each', async () => {
    const codes: string[] = said.map(codeOf).map(String)
    expect(codes).toEqual(said.map(([, , , code]) => code))
    codes.push(
      await wordless(200, () => Promise.reject(new Error('broken off'))),
      new AuthError({ code: 'timeout' }).code,
      await wordless(403, () => Promise.resolve('<html>Forbidden</html>')),
      await wordless(202, () => Promise.resolve('')),
    )
    expect(codes.slice(said.length)).toEqual([
      'unreachable',
      'timeout',
      'waf-blocked',
      'waf-challenge',
    ])
    expect(new Set(codes).size).toBe(25)
    expect(codes.length).toBe(25)
  })
})
