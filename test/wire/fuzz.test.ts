import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createAuth, isAuthError } from '../../src/index.ts'
import type { CodeOf, OperationName } from '../../src/index.ts'
import { runs } from '../runs.ts'
import { hastyClock, ids } from './fakes.ts'
import { factsOfModel, readModel } from './operations-model.ts'
import type { DataType, Members } from './operations-model.ts'

// Whatever an answer is, a call ends in one of two ways and changes nothing else.

const operations = [...factsOfModel(readModel()).operations] as [
  OperationName,
  { readonly input: Members; readonly output: Members; readonly errors: ReadonlySet<string> },
][]

/** Complete by its type: a new code has to be written down here. */
const codes: Readonly<Record<CodeOf<OperationName>, true>> = {
  'wrong-credentials': true,
  'user-unknown': true,
  'user-disabled': true,
  'not-confirmed': true,
  'reset-required': true,
  'temporary-password-expired': true,
  'attempts-exceeded': true,
  'session-expired': true,
  'session-used': true,
  'flow-not-enabled': true,
  'wrong-code': true,
  'code-expired': true,
  'code-used': true,
  'mfa-not-set-up': true,
  'device-unknown': true,
  'device-exists': true,
  'access-token-expired': true,
  'access-token-revoked': true,
  'access-token-invalid': true,
  'access-token-scope': true,
  'refresh-token-dead': true,
  'refresh-token-reused': true,
  'user-deleted': true,
  'username-taken': true,
  'alias-taken': true,
  'already-confirmed': true,
  'sign-up-disabled': true,
  'password-policy': true,
  'password-reused': true,
  'reset-not-allowed': true,
  'no-recovery-address': true,
  'attribute-not-writable': true,
  'delivery-failed': true,
  'passkey-challenge-expired': true,
  'passkey-client-mismatch': true,
  'passkey-origin-not-allowed': true,
  'passkey-domain-mismatch': true,
  'passkey-not-supported': true,
  'passkey-unknown': true,
  'invalid-parameter': true,
  'not-authorized': true,
  'client-unknown': true,
  'client-secret-wrong': true,
  'not-enabled': true,
  'pool-misconfigured': true,
  'lambda-refused': true,
  'lambda-failed': true,
  throttled: true,
  'limit-exceeded': true,
  'too-many-passkeys': true,
  conflict: true,
  unreachable: true,
  timeout: true,
  'service-error': true,
  'waf-blocked': true,
  'waf-challenge': true,
  'bad-response': true,
  unexpected: true,
}

// Answers

/** JSON text, so that an own `__proto__` and numbers beyond all bounds can be written. */
type Text = fc.Arbitrary<string>

const names = [...new Set(operations.flatMap(([, { output }]) => [...output.keys()]))]
const hostileName = fc.constantFrom(
  ...['__proto__', 'constructor', 'toString', 'prototype', 'hasOwnProperty', 'then', 'toJSON'],
  ...['__type', 'message', 'Message', 'code', 'length', '', '0', 'Novelty'],
  ...names,
)
const scalarText: Text = fc.oneof(
  fc.json({ maxDepth: 2 }),
  fc.constantFrom('null', 'true', 'false', '""', '[]', '{}', '[null]', '[[]]', '{"__proto__":{}}'),
  fc.constantFrom('1e999', '-1e999', '9'.repeat(400), '-0', '1e-999', '0.1', '1790270882.329'),
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
)
const objectText = (value: Text): Text =>
  fc
    .array(fc.tuple(hostileName, value), { maxLength: 6 })
    .map(
      (members) => `{${members.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join()}}`,
    )
const hostileText: Text = fc.letrec<{ text: string }>((tie) => ({
  text: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalarText,
    fc.array(tie('text'), { maxLength: 4 }).map((items) => `[${items.join()}]`),
    objectText(tie('text')),
  ),
})).text

/** A value of a type, but for one part in a few that is anything. */
function nearly(type: DataType): Text {
  return fc.oneof(
    { weight: 24, arbitrary: right(type) },
    { weight: 1, arbitrary: fc.constant('null') },
    { weight: 1, arbitrary: hostileText },
  )
}

function right(type: DataType): Text {
  if (type.kind === 'structure') return members(type.members)
  if (type.kind === 'list')
    return fc.array(nearly(type.item), { maxLength: 3 }).map((items) => `[${items.join()}]`)
  if (type.kind === 'enum') return fc.constantFrom(...type.values).map((text) => `"${text}"`)
  if (type.kind === 'number') return fc.oneof(fc.double().map(jsonNumber), fc.nat().map(String))
  if (type.kind === 'boolean') return fc.constantFrom('true', 'false')
  if (type.kind === 'document') return objectText(hostileText)
  if (type.kind === 'map') return objectText(nearly({ kind: 'string' }))
  return fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text))
}

const jsonNumber = (number: number): string => JSON.stringify(number)

const members = (known: Members): Text =>
  fc
    .tuple(
      ...[...known].map(([name, { type, required }]) =>
        nearly(type).chain((text) =>
          fc.nat(required ? 40 : 2).map((dice) => (dice ? `"${name}":${text}` : '')),
        ),
      ),
      fc.oneof(
        { weight: 4, arbitrary: fc.constant('') },
        {
          weight: 1,
          arbitrary: fc
            .tuple(hostileName, hostileText)
            .map(([name, text]) => `${JSON.stringify(name)}:${text}`),
        },
      ),
    )
    .map((parts) => `{${parts.filter(Boolean).join()}}`)

const errorName = fc.oneof(
  fc.constantFrom(...new Set(operations.flatMap(([, { errors }]) => [...errors]))),
  fc.constantFrom('ThrottlingException', 'NovelException', 'Exception', 'toString', '__proto__'),
  fc.constantFrom(
    'com.amazon.coral#UserNotFoundException',
    'SlowDown:http://example.com/',
    '#',
    ':',
  ),
  fc.string(),
)
const sentence = fc.oneof(
  fc.constantFrom('Access Token has expired', 'Invalid session for the user.', 'Rate exceeded', ''),
  fc.string({ unit: 'binary', maxLength: 60 }),
)
const refusalText: Text = fc
  .record(
    { __type: errorName, message: sentence, Message: sentence, code: errorName },
    { requiredKeys: [] },
  )
  .map((body) => JSON.stringify(body))
const deepText: Text = fc
  .tuple(fc.constantFrom('[', '{"a":', '{"__proto__":'), fc.constantFrom(50, 5000, 100_000))
  .map(([open, depth]) => open.repeat(depth) + '1' + (open === '[' ? ']' : '}').repeat(depth))

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const bodyOf = (output: Members): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    { weight: 12, arbitrary: members(output).map(bytesOf) },
    { weight: 4, arbitrary: refusalText.map(bytesOf) },
    { weight: 4, arbitrary: hostileText.map(bytesOf) },
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: 200 }) },
    {
      weight: 2,
      arbitrary: fc.constantFrom('', ' ', '<!doctype html><p>🗝', '{', '\ufeff{}').map(bytesOf),
    },
    // Half of something.
    {
      weight: 1,
      arbitrary: fc.tuple(members(output), fc.nat(99)).map(([text, part]) => {
        const bytes = bytesOf(text)
        return bytes.slice(0, (bytes.length * part) / 100)
      }),
    },
    { weight: 1, arbitrary: deepText.map(bytesOf) },
  )

const anyHeader = fc.string({
  unit: fc.constantFrom(...'a b c X Y Z 0 1 9 , ; : # - _ = . { } " \' / \\'.split(' '), ' '),
})
const headers = fc.record(
  {
    'x-amzn-errortype': fc.oneof(errorName.filter(isHeader), anyHeader),
    'x-amzn-requestid': fc.oneof(fc.uuid(), anyHeader),
    'retry-after': fc.oneof(
      fc.constantFrom('0', '1', '-1', '1e9', 'Infinity', 'NaN', '0x10', '1e999'),
      anyHeader,
    ),
    date: fc.oneof(
      fc.constantFrom('Thu, 24 Sep 2026 13:50:15 GMT', '+275760-09-13', '-271821-04-20', '0', '1'),
      anyHeader,
    ),
  },
  { requiredKeys: [] },
)

/** What the platform lets through as the value of a header. */
function isHeader(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text)
}

const status = fc.oneof(
  { weight: 5, arbitrary: fc.constant(200) },
  { weight: 2, arbitrary: fc.constant(400) },
  { weight: 1, arbitrary: fc.constantFrom(202, 204, 304, 403, 405, 429, 500, 503) },
  { weight: 1, arbitrary: fc.integer({ min: 200, max: 599 }) },
)

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
  /** Where the body is cut, in hundredths; none where there are no streams. */
  readonly cuts: readonly number[] | undefined
  /** Whether the connection breaks after the last part. */
  readonly breaks: boolean
}

const answerOf = (output: Members): fc.Arbitrary<Answer> =>
  fc.record({
    status,
    headers,
    body: bodyOf(output),
    cuts: fc.option(fc.array(fc.nat(100), { maxLength: 4 }), { nil: undefined, freq: 6 }),
    breaks: fc.nat(15).map((dice) => dice === 0),
  })

function responseOf({ status, headers, body, cuts, breaks }: Answer): object {
  const read = new Headers(
    Object.entries(headers).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, value]],
    ),
  )
  if (!cuts) {
    const text = (): Promise<string> =>
      breaks ? Promise.reject(new Error('lost')) : Promise.resolve(new TextDecoder().decode(body))
    return { status, headers: read, text }
  }
  if ([204, 205, 304].includes(status)) return new Response(null, { status, headers: read })
  const at = cuts.map((cut) => Math.floor((body.length * cut) / 100)).sort((a, b) => a - b)
  const parts = [...at, body.length].map((end, index) => body.slice(at[index - 1] ?? 0, end))
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      const part = parts.shift()
      if (part) controller.enqueue(part)
      else if (breaks) controller.error(new Error('lost'))
      else controller.close()
    },
  })
  return new Response(stream, { status, headers: read })
}

// What must hold

/** What is wrong with a value by the model: written anew, not with the library's own patterns. */
function* flaws(path: string, type: DataType, value: unknown): Generator<string> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (type.kind === 'structure') {
    if (!isObject) yield `${path} is no object`
    else yield* memberFlaws(path, type.members, value as Record<string, unknown>)
  } else if (type.kind === 'list') {
    if (!Array.isArray(value)) yield `${path} is no list`
    else
      for (let index = 0; index < value.length; index++)
        yield* flaws(`${path}[${index}]`, type.item, value[index])
  } else if (type.kind === 'map') {
    if (!isObject) yield `${path} is no object`
    else
      for (const [name, text] of Object.entries(value))
        yield* flaws(`${path}.${name}`, { kind: 'string' }, text)
  } else if (type.kind === 'document') {
    if (!isObject) yield `${path} is no object`
  } else {
    const wanted = type.kind === 'enum' ? 'string' : type.kind
    if (typeof value !== wanted) yield `${path} is ${typeof value}, not ${wanted}`
  }
}

function* memberFlaws(
  path: string,
  known: Members,
  value: Record<string, unknown>,
): Generator<string> {
  for (const [name, { type, required }] of known) {
    if (Object.hasOwn(value, name)) yield* flaws(`${path}.${name}`, type, value[name])
    else if (required) yield `${path}.${name} is missing`
  }
}

/** Whether there is an own `__proto__` anywhere, or a prototype that JSON has not. */
function isHostile(root: unknown): boolean {
  const waiting = [root]
  while (waiting.length) {
    const value = waiting.pop()
    if (typeof value !== 'object' || value === null) continue
    if (Object.hasOwn(value, '__proto__')) return true
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== Array.prototype) return true
    waiting.push(...Object.values(value as Record<string, unknown>))
  }
  return false
}

const prototypes = [Object.prototype, Array.prototype, Function.prototype, String.prototype]
const snapshot = (): readonly unknown[] =>
  prototypes.flatMap((one) => {
    const own = Object.getOwnPropertyDescriptors(one) as Record<PropertyKey, PropertyDescriptor>
    return Reflect.ownKeys(own).flatMap((key) => [
      key,
      ...Object.values({ ...own[key] } as Record<string, unknown>),
    ])
  })
const pristine = Object.freeze(snapshot())
const isPristine = (): boolean => {
  const now = snapshot()
  return now.length === pristine.length && now.every((one, index) => one === pristine[index])
}

const outputs = new Map(operations.map(([name, { output }]) => [name, output]))
const asked = [...outputs].map(([name, output]) =>
  fc.record({ name: fc.constant(name), answer: answerOf(output) }),
)

test('whatever comes back, a call ends well or with an AuthError', async () => {
  const seen = { operations: new Set<string>(), codes: new Set<string>(), outputs: 0 }
  let last: Answer | undefined
  const auth = createAuth({
    ...ids,
    clock: hastyClock(20_000),
    random: () => new Uint8Array([0]),
    fetch: () => Promise.resolve(responseOf(last!)) as Promise<Response>,
  })
  const callAny = auth.call as (operation: string, input: object) => Promise<unknown>
  await fc.assert(
    fc.asyncProperty(fc.oneof(...asked), async ({ name, answer }) => {
      last = answer
      seen.operations.add(name)
      let value: unknown
      try {
        value = await callAny(name, { AccessToken: 'token', AuthFlow: 'USER_SRP_AUTH' })
      } catch (error) {
        if (!isAuthError(error)) throw error
        expect(Object.hasOwn(codes, error.code), error.code).toBe(true)
        if (error.retryAfter !== undefined) expect(error.retryAfter).toBeGreaterThan(0)
        expect(error.operation).toBe(name)
        expect(error.status).toBe(answer.status)
        expect(JSON.parse(JSON.stringify(error))).toMatchObject({ code: error.code })
        seen.codes.add(error.code)
        return
      } finally {
        expect(isPristine()).toBe(true)
      }
      seen.outputs++
      expect(answer.status).toBe(200)
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
      expect([...memberFlaws(name, outputs.get(name)!, value as Record<string, unknown>)]).toEqual(
        [],
      )
      expect(isHostile(value)).toBe(false)
    }),
    runs(20_000),
  )
  console.log(
    `fuzz: ${seen.operations.size} operations, ${seen.outputs} outputs, ${seen.codes.size} codes`,
  )
  expect(seen.operations.size).toBe(32)
  expect(seen.outputs).toBeGreaterThan(100)
  expect(seen.codes.size).toBeGreaterThan(20)
}, 300_000)
