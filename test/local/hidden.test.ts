import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createLocalPool } from '../../src/local/index.ts'
import type { LocalPool, LocalPoolOptions } from '../../src/local/index.ts'
import { createKeyPair } from '../../src/srp/index.ts'
import { begin, newPool, output, password, prove, refusalOf, respond, send } from './raw.ts'

// Where a pool hides who exists, whoever tries a name again and again must not find out either: nina is
// there, noel is not, and both are told the same.

const other = 'Another-Horse7'

type Options = Pick<LocalPoolOptions, 'pool' | 'triggers' | 'now' | 'limits'>

const withNina = async ({ pool: settings, ...options }: Options = {}): Promise<LocalPool> => {
  const pool = await newPool({
    ...options,
    pool: { AutoVerifiedAttributes: ['email'], ...settings },
    client: { PreventUserExistenceErrors: 'ENABLED' },
  })
  const attributes = { email: 'nina@example.com', email_verified: 'true' }
  pool.users.create({ username: 'nina', password, attributes })
  return pool
}

/** What is said to an operation that names somebody. */
const said = async (pool: LocalPool, operation: string, input: object): Promise<string> => {
  const reply = await send(pool, operation, { ClientId: pool.clientId, ...input })
  if (reply.status === 200) return 'yes'
  const { type, message } = refusalOf(reply)
  return `${type} ${message}`
}

const started = (pool: LocalPool, AuthFlow: string, AuthParameters: object): Promise<string> =>
  said(pool, 'InitiateAuth', { AuthFlow, AuthParameters })

/** Does the same with both names, and tells what was said. */
async function alike(tell: (name: string) => Promise<unknown>): Promise<unknown> {
  const real = await tell('nina')
  expect(await tell('noel')).toEqual(real)
  return real
}

const paired = async (flow: string, name: string) => {
  const { publicKey: SRP_A } = await createKeyPair(randomBytes(40))
  return flow === 'USER_SRP_AUTH' ? { USERNAME: name, SRP_A } : { USERNAME: name, PASSWORD: other }
}

describe('the key of a device that nobody has', () => {
  test.each(['USER_SRP_AUTH', 'USER_PASSWORD_AUTH', 'USER_AUTH', 'CUSTOM_AUTH'])(
    '%s',
    async (flow) => {
      const pool = await withNina({ pool: { DeviceConfiguration: {} } })
      const DEVICE_KEY = 'eu-west-1_0a0a0a0a-0000-0000-0000-000000000000'
      const real = await alike(async (name) =>
        started(pool, flow, { ...(await paired(flow, name)), DEVICE_KEY }),
      )
      expect(real).toBe('ResourceNotFoundException Device does not exist.')
    },
  )
})

describe('a name in other letters', () => {
  const challengeOf = async (pool: LocalPool, username: string) => {
    const step = await begin(pool, username, { SRP_A: 'aa' }, 'USER_SRP_AUTH')
    return step['ChallengeParameters'] as Record<string, string>
  }

  test('is the same name, with the same salt', async () => {
    const pool = await withNina({ pool: { UsernameConfiguration: { CaseSensitive: false } } })
    const told = async (name: string) => {
      const [first, second] = [await challengeOf(pool, name), await challengeOf(pool, shout(name))]
      expect(second['USER_ID_FOR_SRP']).toBe(first['USER_ID_FOR_SRP'])
      return first['SALT'] === second['SALT']
    }
    expect(await alike(told)).toBe(true)
  })

  test('is another name where letters count', async () => {
    const pool = await withNina()
    const [first, second] = [await challengeOf(pool, 'noel'), await challengeOf(pool, 'NOEL')]
    expect(second['SALT']).not.toBe(first['SALT'])
  })

  test('has the same address, and answers for it', async () => {
    const pool = await withNina({ pool: { UsernameConfiguration: { CaseSensitive: false } } })
    const sentTo = async (Username: string) => {
      const sent = await output(pool, 'ForgotPassword', { ClientId: pool.clientId, Username })
      return (sent['CodeDeliveryDetails'] as { readonly Destination: string }).Destination
    }
    expect(await alike(async (name) => (await sentTo(name)) === (await sentTo(shout(name))))).toBe(
      true,
    )
    const answer = async (name: string) => {
      const { responses } = await prove(pool, name, other)
      return refusalOf(
        await respond(pool, 'PASSWORD_VERIFIER', { ...responses, USERNAME: shout(name) }),
      )
    }
    expect(await alike(answer)).toMatchObject({ message: 'Incorrect username or password.' })
  })

  test('behind an address is one person, by the address and by the name that was told', async () => {
    const pool = await withNina({ pool: { UsernameAttributes: ['email'] } })
    const byAddress = await challengeOf(pool, 'noel@example.com')
    const byName = await challengeOf(pool, byAddress['USER_ID_FOR_SRP']!)
    expect(byName['USER_ID_FOR_SRP']).toBe(byAddress['USER_ID_FOR_SRP'])
    expect(byName['SALT']).toBe(byAddress['SALT'])
  })

  test('with an @ is as it was typed where no address is an alias', async () => {
    const pool = await withNina({ pool: { AliasAttributes: ['preferred_username'] } })
    pool.users.create({ username: 'ada@x.io', password })
    for (const name of ['ada@x.io', 'eve@x.io'])
      expect((await challengeOf(pool, name))['USER_ID_FOR_SRP']).toBe(name)
  })

  const shout = (name: string): string => name.toUpperCase()
})

describe('a code', () => {
  const recovery = { ConfirmationCode: 'wrong', Password: other }

  test('of a recovery is wrong when one was sent, and old when none was or that is over', async () => {
    const pool = await withNina()
    const real = await alike(async (Username) => {
      const confirm = () => said(pool, 'ConfirmForgotPassword', { Username, ...recovery })
      const told = [await confirm(), await said(pool, 'ForgotPassword', { Username })]
      for (const passed of [0, 3_599_000, 3_600_000]) {
        pool.clock.advance(passed)
        told.push(await confirm())
      }
      return told
    })
    const mismatch = 'CodeMismatchException Invalid verification code provided, please try again.'
    const expired = 'ExpiredCodeException Invalid code provided, please request a code again.'
    expect(real).toEqual([expired, 'yes', mismatch, mismatch, expired])
  })

  test('of a sign-up, the same, for a day', async () => {
    const pool = await withNina()
    pool.users.setStatus('nina', 'UNCONFIRMED')
    const real = await alike(async (Username) => {
      const confirm = () => said(pool, 'ConfirmSignUp', { Username, ConfirmationCode: 'wrong' })
      const told = [await confirm(), await said(pool, 'ResendConfirmationCode', { Username })]
      for (const hours of [0, 23, 2]) {
        pool.clock.advance(hours * 3_600_000)
        // What is over is cleared away when somebody signs in.
        await begin(pool, 'somebody', { SRP_A: 'aa' }, 'USER_SRP_AUTH')
        told.push((await confirm()).split(' ')[0]!)
      }
      return told
    })
    expect(real).toEqual([
      'ExpiredCodeException Invalid code provided, please request a code again.',
      ...['yes', 'CodeMismatchException', 'CodeMismatchException', 'ExpiredCodeException'],
    ])
  })

  test('of nobody is none that can be guessed', async () => {
    const pool = await withNina()
    await output(pool, 'ForgotPassword', { ClientId: pool.clientId, Username: 'noel' })
    expect(pool.outbox.messages).toEqual([])
    const snapshot = JSON.parse(pool.snapshot()) as {
      pools: { $map: [string, { nobodies: { $map: [string, object][] } }][] }
    }
    const [[, { nobodies }] = ['', { nobodies: { $map: [] } }]] = snapshot.pools.$map
    expect(JSON.stringify(nobodies)).not.toMatch(/"code"/)
  })

  test.each([
    ['verified_phone_number', 'ForgotPassword', 'SMS'],
    ['verified_email', 'ForgotPassword', 'EMAIL'],
  ])('goes the way that the pool recovers by: %s', async (Name, operation, DeliveryMedium) => {
    const RecoveryMechanisms = [{ Priority: 1, Name }]
    const pool = await withNina({ pool: { AccountRecoverySetting: { RecoveryMechanisms } } })
    const attributes = { phone_number: '+15550001234', phone_number_verified: 'true' }
    pool.users.setAttributes('nina', attributes)
    const told = await alike(async (Username) => {
      const sent = await output(pool, operation, { ClientId: pool.clientId, Username })
      return (sent['CodeDeliveryDetails'] as { readonly DeliveryMedium: string }).DeliveryMedium
    })
    expect(told).toBe(DeliveryMedium)
  })

  test('is sent to nobody where administrators recover', async () => {
    const RecoveryMechanisms = [{ Priority: 1, Name: 'admin_only' }]
    const pool = await withNina({ pool: { AccountRecoverySetting: { RecoveryMechanisms } } })
    expect(await alike((Username) => said(pool, 'ForgotPassword', { Username }))).toBe(
      'NotAuthorizedException Contact administrator to reset password.',
    )
  })

  test.each([
    [['phone_number'] as const, 'SMS'],
    [[] as const, undefined],
  ])('of a sign-up goes where the pool verifies: %j', async (AutoVerifiedAttributes, medium) => {
    const pool = await withNina({ pool: { AutoVerifiedAttributes } })
    pool.users.setAttributes('nina', { phone_number: '+15550001234' })
    pool.users.setStatus('nina', 'UNCONFIRMED')
    const told = await alike(async (Username) => {
      const input = { ClientId: pool.clientId, Username }
      const { body } = await send(pool, 'ResendConfirmationCode', input)
      const details = body['CodeDeliveryDetails'] as { DeliveryMedium?: string } | undefined
      return details?.DeliveryMedium ?? body['message']
    })
    expect(told).toBe(medium ?? 'Auto verification not turned on.')
  })
})

describe('the lock after wrong passwords', () => {
  const noon = Date.UTC(2026, 8, 24, 12)
  const locked = 'NotAuthorizedException Password attempts exceeded'
  const incorrect = 'NotAuthorizedException Incorrect username or password.'

  const ways: [string, (pool: LocalPool, name: string) => Promise<string>][] = [
    [
      'in the clear',
      (pool, USERNAME) => started(pool, 'USER_PASSWORD_AUTH', { USERNAME, PASSWORD: other }),
    ],
    [
      'by choice',
      (pool, USERNAME) =>
        started(pool, 'USER_AUTH', {
          ...{ USERNAME, PASSWORD: other, PREFERRED_CHALLENGE: 'PASSWORD' },
        }),
    ],
    [
      'proved',
      async (pool, name) => {
        const { responses } = await prove(pool, name, other)
        const { type, message } = refusalOf(await respond(pool, 'PASSWORD_VERIFIER', responses))
        return `${type} ${message}`
      },
    ],
  ]
  test.each(ways)('%s', async (_how, fail) => {
    const pool = await withNina({ now: () => noon })
    const real = await alike(async (name) => {
      const told = []
      for (let i = 0; i < 5; i++) told.push(await fail(pool, name))
      told.push(await fail(pool, name))
      pool.clock.advance(1000)
      told.push(await fail(pool, name), await fail(pool, name))
      return told
    })
    expect(real).toEqual([...Array<string>(5).fill(incorrect), locked, incorrect, locked])
  })

  test('counts for a name, however it is written and by whatever it is tried', async () => {
    const pool = await withNina({
      now: () => noon,
      pool: { UsernameConfiguration: { CaseSensitive: false } },
    })
    const real = await alike(async (name) => {
      const told = []
      for (const [, fail] of ways) told.push(await fail(pool, name), await fail(pool, name))
      return told
    })
    expect(real).toEqual([...Array<string>(5).fill(incorrect), locked])
    expect(await ways[0]![1](pool, 'NOEL')).toBe(locked)
  })

  test('is there for an account without a password, too', async () => {
    const pool = await withNina({ now: () => noon })
    pool.users.create({ username: 'nora' })
    const proved = ways[2]![1]
    for (let i = 0; i < 5; i++) expect(await proved(pool, 'nora')).toBe(incorrect)
    expect(await proved(pool, 'nora')).toBe(locked)
  })

  test('of one name is not the lock of another', async () => {
    const pool = await withNina({ now: () => noon })
    for (let i = 0; i < 5; i++) await ways[0]![1](pool, 'noel')
    expect(await ways[0]![1](pool, 'noah')).toBe(incorrect)
  })

  test('can be switched off', async () => {
    const pool = await withNina({ now: () => noon, limits: false })
    for (let i = 0; i < 8; i++) expect(await ways[0]![1](pool, 'noel')).toBe(incorrect)
  })
})

describe('the limits of an hour', () => {
  const exceeded = 'LimitExceededException Attempt limit exceeded, please try after some time.'

  test.each([
    ['ForgotPassword', 5, {}],
    ['ResendConfirmationCode', 5, {}],
    ['ConfirmSignUp', 15, { ConfirmationCode: '0' }],
    ['ConfirmForgotPassword', 15, { ConfirmationCode: '0', Password: other }],
  ])('%s: %d', async (operation, most, input) => {
    const pool = await withNina()
    if (/SignUp|Resend/.test(operation)) pool.users.setStatus('nina', 'UNCONFIRMED')
    const real = await alike(async (Username) => {
      const told = []
      for (let i = 0; i <= most; i++) told.push(await said(pool, operation, { Username, ...input }))
      pool.clock.advance(3_600_000)
      return [...told, await said(pool, operation, { Username, ...input })]
    })
    expect((real as string[]).map((told) => told === exceeded).indexOf(true)).toBe(most)
    expect((real as string[]).at(-1)).not.toBe(exceeded)
  })
})

describe('what counts against names that nobody has', () => {
  const kept = (pool: LocalPool): string[] => {
    const { pools } = JSON.parse(pool.snapshot()) as {
      pools: { $map: [string, { nobodies?: { $map: [string, object][] } }][] }
    }
    return (pools.$map[0]![1].nobodies?.$map ?? []).map(([name]) => name)
  }
  const forgot = (pool: LocalPool, Username: string) =>
    output(pool, 'ForgotPassword', { ClientId: pool.clientId, Username })

  test('is kept for ten thousand of them, those that were tried last', async () => {
    const pool = await withNina()
    await forgot(pool, 'first')
    await forgot(pool, 'second')
    for (let i = 0; i < 9_998; i++) await forgot(pool, `n${i}`)
    await forgot(pool, 'first')
    await forgot(pool, 'last')
    const names = kept(pool)
    expect(names).toHaveLength(10_000)
    expect(names.slice(-2)).toEqual(['first', 'last'])
    expect(names).not.toContain('second')
  })

  test('goes when it is over', async () => {
    const pool = await withNina()
    await forgot(pool, 'noel')
    expect(kept(pool)).toEqual(['noel'])
    pool.clock.advance(3 * 3_600_000)
    await begin(pool, 'nina', { SRP_A: 'aa' }, 'USER_SRP_AUTH')
    expect(kept(pool)).toEqual([])
  })

  test('is not kept where the pool tells who exists', async () => {
    const pool = await withNina()
    pool.configure({ client: { PreventUserExistenceErrors: 'LEGACY' } })
    await send(pool, 'ForgotPassword', { ClientId: pool.clientId, Username: 'noel' })
    await started(pool, 'USER_PASSWORD_AUTH', { USERNAME: 'noel', PASSWORD: other })
    expect(kept(pool)).toEqual([])
  })

  test('outlives a restart', async () => {
    const pool = await withNina()
    for (let i = 0; i < 5; i++) await forgot(pool, 'noel')
    const again = createLocalPool({ state: pool.snapshot() })
    expect(await said(again, 'ForgotPassword', { Username: 'noel' })).toContain('LimitExceeded')
  })
})
