import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { AuthError } from '../../src/errors.ts'
import * as srp from '../../src/srp/index.ts'
import { hexOf, scramblerOf, signatureOf } from './reference.ts'
import { checkVectors } from './vectors.ts'
import type { VectorFile } from './vectors.ts'

const file = JSON.parse(
  readFileSync(new URL('../data/srp-vectors.json', import.meta.url), 'utf8'),
) as VectorFile

describe('the published vectors', () => {
  test('pass, all of them', async () => {
    expect(file.srp).toHaveLength(47)
    expect(file.device).toHaveLength(16)
    expect(await checkVectors(srp, file)).toEqual({ passed: 63, failures: [] })
  })
})

describe('the check of vectors', () => {
  const [first] = file.srp as [VectorFile['srp'][number]]
  const [confirmed] = file.device as [VectorFile['device'][number]]
  const device = file.srp.find(({ kind }) => kind === 'device')!
  const withB = (srpBHex: string): VectorFile => ({
    srp: [
      {
        ...first,
        inputs: { ...first.inputs, srpBHex },
        expected: {
          ...first.expected,
          u: hexOf(scramblerOf(BigInt(`0x${first.expected.A}`), BigInt(`0x${srpBHex}`))),
        },
      },
    ],
    device: [],
  })

  test('says which vector failed, in what, and goes on', async () => {
    const wrong = { ...first, name: 'wrong', expected: { ...first.expected, u: 'abc' } }
    const unconfirmed = { ...confirmed, expected: { ...confirmed.expected, saltBase64: 'AA==' } }
    const { passed, failures } = await checkVectors(srp, {
      srp: [first, wrong, device],
      device: [unconfirmed, confirmed],
    })
    expect(passed).toBe(3)
    expect(failures).toEqual([
      `srp[1] "wrong": u is ${first.expected.u}, expected abc`,
      `device[0] "${confirmed.name}": saltBase64 is ${confirmed.expected.saltBase64}, expected AA==`,
    ])
  })

  test('wants a timestamp to be the one that was given', async () => {
    const late: typeof srp = {
      ...srp,
      passwordClaim: async (input) => ({ ...(await srp.passwordClaim(input)), TIMESTAMP: 'late' }),
    }
    expect(await checkVectors(late, { srp: [first], device: [] })).toEqual({
      passed: 0,
      failures: [`srp[0] "${first.name}": timestamp is late, expected ${first.inputs.timestamp}`],
    })
  })

  test('signs a time that never was, and wants the signature to be of it', async () => {
    const { inputs, expected } = first
    const never = 'Mon Nov 4 10:11:12 UTC 2025'
    const signature = signatureOf(
      Buffer.from(expected.hkdfKeyHex, 'hex'),
      { pool: inputs.poolName, user: inputs.username },
      inputs.secretBlock,
      never,
    )
    const signed = (signatureBase64: string) => ({
      ...{ name: 'never', inputs: { ...inputs, timestamp: never } },
      expected: { ...expected, signatureBase64 },
    })
    const vectors = [signed(signature), signed(expected.signatureBase64)]
    expect(await checkVectors(srp, { srp: vectors, device: [] })).toEqual({
      passed: 1,
      failures: [
        `srp[1] "never": signatureBase64 is ${signature}, expected ${expected.signatureBase64}`,
      ],
    })
  })

  test('reports what throws, as text', async () => {
    const broken = {
      ...srp,
      createKeyPair: () => Promise.reject(new TypeError('no keys')),
      newDevice: () => Promise.reject(new TypeError('no device')),
    }
    expect(await checkVectors(broken, { srp: [first], device: [confirmed] })).toEqual({
      passed: 0,
      failures: [
        `srp[0] "${first.name}": TypeError: no keys`,
        `device[0] "${confirmed.name}": TypeError: no device`,
      ],
    })
  })

  test.each([
    ['0', '0'],
    ['N', srp.N.toString(16)],
    ['2N', (2n * srp.N).toString(16)],
  ])('wants a B of %s to be refused', async (_what, B) => {
    expect(await checkVectors(srp, withB(B))).toEqual({ passed: 1, failures: [] })
    const claimed = {
      USERNAME: '',
      PASSWORD_CLAIM_SECRET_BLOCK: '',
      PASSWORD_CLAIM_SIGNATURE: '',
      TIMESTAMP: '',
    }
    const credulous = { ...srp, passwordClaim: () => Promise.resolve(claimed) }
    expect(await checkVectors(credulous, withB(B))).toEqual({
      passed: 0,
      failures: [`srp[0] "${first.name}": Error: a B outside of the group was accepted`],
    })
    const clumsy = { ...srp, passwordClaim: () => Promise.reject(new RangeError('oops')) }
    expect(await checkVectors(clumsy, withB(B))).toEqual({
      passed: 0,
      failures: [`srp[0] "${first.name}": RangeError: oops`],
    })
    const confused = {
      ...srp,
      passwordClaim: () => Promise.reject(new AuthError({ code: 'unexpected' })),
    }
    expect((await checkVectors(confused, withB(B))).passed).toBe(0)
    const [vector] = withB(B).srp as [VectorFile['srp'][number]]
    for (const name of ['A', 'u', 'x']) {
      const falsified = { ...vector, expected: { ...vector.expected, [name]: 'deadbeef' } }
      expect((await checkVectors(srp, { srp: [falsified] })).passed, name).toBe(0)
    }
  })

  test.each([{}, { srp: [] }, { srp: [], device: [] }])('wants vectors: %j', async (none) => {
    const failures = ['there are no vectors in the lists srp and device']
    expect(await checkVectors(srp, none)).toEqual({ passed: 0, failures })
  })

  test('goes on after what is no vector, in a line each', async () => {
    const odd = [null, {}, 7, { name: 'a\nb', inputs: {}, expected: {} }] as never
    const { passed, failures } = await checkVectors(srp, { srp: [odd[0], ...odd, first] })
    expect(passed).toBe(1)
    expect(failures).toHaveLength(5)
    for (const failure of failures) expect(failure).not.toContain('\n')
  })

  test('does not let pass what it does not know', async () => {
    const more = { ...first, expected: { ...first.expected, M2: 'ab' } }
    const { failures } = await checkVectors(srp, { srp: [more] })
    expect(failures).toEqual([`srp[0] "${first.name}": M2 is not known here`])
  })
})

// A check that lets a wrong value pass is none: each expected value, in every vector, is made wrong.
describe('the check of vectors reports a wrong', () => {
  type Vector = VectorFile['srp'][number] | VectorFile['device'][number]

  /** The same text but for its last character that counts. */
  const falsified = (text: string): string =>
    text.replace(/([^=])(=*)$/, (_all, last: string, padding: string) =>
      (last === '0' ? '1' : '0').concat(padding),
    )

  const falsify = <Kind extends Vector>(vectors: readonly Kind[], name: string): readonly Kind[] =>
    vectors.map((vector) => {
      const expected = vector.expected as Readonly<Record<string, string>>
      return { ...vector, expected: { ...expected, [name]: falsified(expected[name]!) } }
    })

  const names = (vectors: readonly Vector[]): string[] => [
    ...new Set(vectors.flatMap(({ expected }) => Object.keys(expected))),
  ]
  const complaints = (list: string, vectors: readonly Vector[], name: string): unknown[] =>
    vectors.map((vector, i) => {
      const value = (vector.expected as Readonly<Record<string, string>>)[name]!
      const told = `${name} is ${value}, expected ${falsified(value)}`
      return `${list}[${i}] "${vector.name}": ${told}`
    })

  /** What the implementation answers does not change: it is asked once, and then remembered. */
  const remembered = (() => {
    const answers: unknown[] = []
    let next = 0
    type Tested = Readonly<Record<string, (...given: unknown[]) => unknown>>
    const each = (run: (name: string, given: unknown[]) => unknown): typeof srp =>
      Object.assign(
        {},
        srp,
        ...Object.keys(srp)
          .filter((name) => typeof srp[name as 'timestamp'] === 'function')
          .map((name) => ({ [name]: (...given: unknown[]) => run(name, given) })),
      ) as typeof srp
    const asking = each((name, given) => {
      const answer = (srp as unknown as Tested)[name]!(...given)
      answers.push(answer)
      return answer
    })
    const repeating = each(() => answers[next++])
    return async () => {
      if (!answers.length) await checkVectors(asking, file)
      next = 0
      return repeating
    }
  })()

  test.each(names(file.srp))('%s of a sign-in', async (name) => {
    const { passed, failures } = await checkVectors(await remembered(), {
      ...file,
      srp: falsify(file.srp, name),
    })
    expect(failures).toEqual(complaints('srp', file.srp, name))
    expect(passed).toBe(16)
  })

  test.each(names(file.device))('%s of a device', async (name) => {
    const { passed, failures } = await checkVectors(await remembered(), {
      ...file,
      device: falsify(file.device, name),
    })
    expect(failures).toEqual(complaints('device', file.device, name))
    expect(passed).toBe(47)
  })

  test('value of every kind', () => {
    expect(names(file.srp).sort()).toEqual(['A', 'S', 'hkdfKeyHex', 'signatureBase64', 'u', 'x'])
    expect(names(file.device).sort()).toEqual([
      ...['saltBase64', 'saltHex', 'verifierBase64', 'verifierHex', 'x'],
    ])
  })
})
