import { describe, expect, test } from 'vitest'
import { resolveOptions } from '../../src/options.ts'
import { call } from '../../src/wire/call.ts'
import { createServiceClock } from '../../src/wire/clock.ts'
import type { ServiceClock } from '../../src/wire/clock.ts'
import type { ChallengeOutput } from '../../src/wire/operations.ts'
import { ada, answer, answering, fakeClock, hastyClock, ids, refusal } from './fakes.ts'
import type { FakeClock } from './fakes.ts'

const minute = 60_000
const now = Date.UTC(2026, 8, 24, 13, 50, 15)

const textOf = (time: number): string => new Date(time).toUTCString()

/** Tokens as the service issues them, with these claims. */
const tokensWith = (claims: unknown, payload = JSON.stringify(claims)): ChallengeOutput => ({
  AuthenticationResult: {
    AccessToken: `header.${Buffer.from(payload).toString('base64url')}.signature`,
  },
})
const issuedAt = (time: number): ChallengeOutput => tokensWith({ iat: Math.floor(time / 1000) })

/** A clock that takes so long for a request, and what the service's answer says at its end. */
async function learnt(
  took: number,
  date: string | null,
  output?: ChallengeOutput,
): Promise<{ clock: FakeClock; service: ServiceClock }> {
  const clock = fakeClock(now)
  const service = createServiceClock(clock)
  const sentAt = clock.now()
  await clock.pass(took)
  service.learn(sentAt, date, output)
  return { clock, service }
}

/** How far the service is believed to be ahead of the device. */
const ahead = ({ clock, service }: { clock: FakeClock; service: ServiceClock }): number =>
  service.now() - clock.now()

describe("the service's clock", () => {
  test("is the device's as long as nothing is known", () => {
    const clock = fakeClock(now)
    const service = createServiceClock(clock)
    expect(service.now()).toBe(now)
    clock.set(now + minute)
    expect(service.now()).toBe(now + minute)
  })

  test.each([0, minute, -minute, 365 * 24 * 60 * minute])(
    'is read from the date of an answer: %d ms ahead',
    async (offset) => {
      // Half of the second that the date cuts off is added.
      expect(ahead(await learnt(0, textOf(now + offset)))).toBe(offset + 500)
    },
  )

  test('counts the date for the middle of the request', async () => {
    expect(ahead(await learnt(4000, textOf(now)))).toBe(500 - 2000)
    expect(ahead(await learnt(4000, textOf(now + 2000)))).toBe(500)
  })

  test('goes on from there with the device', async () => {
    const { clock, service } = await learnt(0, textOf(now + minute))
    await clock.pass(5000)
    expect(service.now()).toBe(now + minute + 500 + 5000)
  })

  test('is wrong by no more than half of what the request took and half a second', async () => {
    for (const took of [0, 30, 999, 5000, 9999])
      for (const onTheWay of [0, 0.3, 1])
        for (const cut of [0, 1, 500, 999]) {
          const offset = 7 * minute + cut
          const serviceTime = now + took * onTheWay + offset
          const date = textOf(Math.floor(serviceTime / 1000) * 1000)
          const wrong = ahead(await learnt(took, date)) - offset
          expect(Math.abs(wrong)).toBeLessThanOrEqual(took / 2 + 500)
        }
  })

  test('is read from a fresh token where the date cannot be read', async () => {
    expect(ahead(await learnt(0, null, issuedAt(now - minute)))).toBe(500 - minute)
    expect(ahead(await learnt(2000, null, issuedAt(now + minute)))).toBe(minute + 500 - 1000)
  })

  test('is read from a token whose payload needs every letter of base64url', async () => {
    const claims = { name: 'äöü🗝>>>???', iat: (now + minute) / 1000 }
    const tokens = tokensWith(claims)
    expect(tokens.AuthenticationResult?.AccessToken).toMatch(/-/)
    expect(tokens.AuthenticationResult?.AccessToken).toMatch(/_/)
    expect(ahead(await learnt(0, null, tokens))).toBe(minute + 500)
  })

  test('is read from a fresh token where the date is junk', async () => {
    expect(ahead(await learnt(0, 'junk', issuedAt(now + minute)))).toBe(minute + 500)
  })

  test('rather than from a token, from the date', async () => {
    expect(ahead(await learnt(0, textOf(now + minute), issuedAt(now - minute)))).toBe(minute + 500)
  })

  test.each([
    ['nothing', undefined],
    ['no tokens', {}],
    ['no access token', { AuthenticationResult: { IdToken: 'a.b.c' } }],
    ['no token', { AuthenticationResult: { AccessToken: '' } }],
    ['an opaque token', { AuthenticationResult: { AccessToken: 'opaque' } }],
    ['a token that is not base64', { AuthenticationResult: { AccessToken: 'a.%%%.c' } }],
    ['a token that is not JSON', tokensWith(undefined, '{"iat":')],
    ['a token of null', tokensWith(null)],
    ['a token without a time', tokensWith({})],
    ['a token with a time that is none', tokensWith({ iat: 'yesterday' })],
    ['a token from 1970', tokensWith({ iat: 0 })],
    ['a token from before 1970', tokensWith({ iat: -1 })],
    ['a token from the end of time', tokensWith(undefined, '{"iat":1e999}')],
  ])('cannot be read from %s', async (_what, output) => {
    expect(ahead(await learnt(0, null, output))).toBe(0)
  })

  test.each(['', 'now', 'Thu, 99 Sep 2026 13:50:15 GMT', textOf(0), textOf(-minute), '{}', '🗝'])(
    'is not read from the junk %j',
    async (date) => {
      expect(ahead(await learnt(0, date))).toBe(0)
    },
  )

  test('is read from answers within ten seconds only', async () => {
    expect(ahead(await learnt(9999, textOf(now + minute)))).toBe(minute + 500 - 9999 / 2)
    expect(ahead(await learnt(10_000, textOf(now + minute)))).toBe(0)
    expect(ahead(await learnt(15_000, null, issuedAt(now + minute)))).toBe(0)
  })

  test('is not read where the device was set back during the request', async () => {
    const { clock, service } = await learnt(0, textOf(now + minute))
    const sentAt = clock.now()
    clock.set(now - 1)
    service.learn(sentAt, textOf(now), undefined)
    expect(ahead({ clock, service })).toBe(minute + 500)
  })

  test('is read from what took no time at all', async () => {
    expect(ahead(await learnt(0, textOf(now + 2 * minute)))).toBe(2 * minute + 500)
  })

  test('keeps what it knows when an answer teaches nothing, and corrects it otherwise', async () => {
    const { clock, service } = await learnt(0, textOf(now + minute))
    service.learn(clock.now(), 'junk', undefined)
    service.learn(clock.now(), null, undefined)
    expect(ahead({ clock, service })).toBe(minute + 500)
    service.learn(clock.now(), textOf(now - minute), undefined)
    expect(ahead({ clock, service })).toBe(500 - minute)
  })
})

describe('a call teaches the clock', () => {
  const date = { date: textOf(now + 10 * minute) }
  const known = 10 * minute + 500

  /** How far the service is believed to be ahead after a call that was answered so. */
  async function aheadAfter(...answers: readonly (() => unknown)[]): Promise<number> {
    const clock = { ...hastyClock(20_000), now: () => now }
    const config = resolveOptions({ ...ids, clock, fetch: answering(...answers) })
    const service = createServiceClock(clock)
    await call({ config, clock: service }, 'InitiateAuth', { AuthFlow: 'USER_SRP_AUTH' }).catch(
      () => undefined,
    )
    return service.now() - now
  }

  const fault = { __type: 'NotAuthorizedException', message: 'Incorrect username or password.' }

  test.each<[string, () => unknown]>([
    ['a success', answer(200, {}, date)],
    ['a refusal', answer(400, fault, date)],
    ['a refusal that nobody knows', answer(400, { __type: 'NovelException' }, date)],
    ['trouble of the service', answer(500, { __type: 'InternalErrorException' }, date)],
    ['a token', answer(200, issuedAt(now + 10 * minute))],
  ])('with %s', async (_what, last) => {
    expect(await aheadAfter(last)).toBe(known)
  })

  test.each<[string, () => unknown]>([
    ["a captive portal's page", answer(200, '<html>', date)],
    ["a captive portal's JSON", answer(200, '[]', date)],
    ["a proxy's page", answer(400, '<html>', date)],
    ["a proxy's trouble", answer(502, '<html>', date)],
    ['a firewall', answer(202, '', date)],
    ['a token that is refused', answer(400, { ...issuedAt(now + 10 * minute), ...fault })],
    ['a network failure', () => Promise.reject(new TypeError('Failed to fetch'))],
    ['a success that cannot be dated', answer(200, {})],
  ])('not with %s', async (_what, last) => {
    expect(await aheadAfter(last)).toBe(0)
  })

  test('not with a redirected answer', async () => {
    const redirected = async (): Promise<Response> =>
      Object.defineProperty(await answer(200, {}, date)(), 'redirected', { value: true })
    expect(await aheadAfter(redirected)).toBe(0)
  })

  test('with each try', async () => {
    const later = refusal('TooManyRequestsException', 'Rate exceeded')
    expect(await aheadAfter(answer(503, '<html>'), later, answer(200, {}, date))).toBe(known)
    expect(await aheadAfter(answer(400, fault, date), answer(200, ada))).toBe(known)
  })
})
