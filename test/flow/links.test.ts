import { afterEach, describe, expect, test, vi } from 'vitest'
import { signIn, signUp } from '../../src/index.ts'
import type { FlowSettings, Options, SignInFlow } from '../../src/index.ts'
import type { LocalPool } from '../../src/local/index.ts'
import { questioning } from '../local/clients.ts'
import { clockOf } from './passkey-world.ts'
import { appOf, at, lastCode, openPool, openStorage, password, requestsOf } from './world.ts'

// Links that sign somebody in: they carry the code alone, the sign-in stays where it was begun.

const ann = { username: 'ann', password }
const asked = { ...ann, flow: 'CUSTOM_AUTH' } as const
const across: FlowSettings = { resumeAcrossTabs: true }
const email = 'ann@example.com'
const answered = ['RespondToAuthChallenge']

afterEach(() => {
  vi.unstubAllGlobals()
})

type Storage = ReturnType<typeof openStorage>

/** A browser, whose tabs have one storage together and each one of its own. */
function openBrowser(pool: LocalPool, options: Partial<Options> = {}) {
  const shared = openStorage()
  const openTab = (tabStorage: Storage = openStorage()) => {
    const auth = appOf(pool, { tabStorage, storage: shared, clock: clockOf(pool), ...options })
    return { auth, tabStorage, signIn: (settings?: FlowSettings) => signIn(auth, settings) }
  }
  const kept = (): string[] => [...shared.texts.keys()].filter((key) => /\.sign(In|Up)$/.test(key))
  return { shared, openTab, kept }
}

/** A pool that asks a question, a browser of somebody who was asked it, and a second tab. */
async function openAsked(settings: FlowSettings = across) {
  const pool = await openPool({ triggers: questioning })
  pool.users.create(ann)
  const browser = openBrowser(pool)
  const first = browser.openTab()
  const flow = first.signIn(settings)
  const step = at(await flow.begin(asked), 'custom')
  requestsOf(pool)
  return { ...browser, pool, first, flow, step }
}

const startOf = async (flow: SignInFlow, answer?: string) =>
  at(await flow.resume(answer === undefined ? {} : { answer }), 'start')

describe('a link', () => {
  test('signs in where another tab began', async () => {
    const { pool, openTab, kept, shared } = await openAsked()
    const { auth, signIn } = openTab()
    const step = at(await signIn(across).resume({ answer: 'blue' }), 'signedIn')
    expect(step).toMatchObject({ username: 'ann', user: { username: 'ann' } })
    expect(requestsOf(pool)).toEqual(answered)
    expect((await auth.session.tokens()).accessToken).toMatch(/^ey/)
    expect(kept()).toEqual([])
    expect([...shared.texts.values()].join()).not.toContain(password)
  })

  test("is kept for in the page's localStorage, where there is one", async () => {
    const localStorage = openStorage()
    vi.stubGlobal('localStorage', localStorage)
    const { kept, openTab } = await openAsked()
    expect(kept()).toEqual([])
    expect(localStorage.texts.size).toBe(1)
    expect([...localStorage.texts.values()].join()).not.toContain(password)
    at(await openTab().signIn(across).resume({ answer: 'blue' }), 'signedIn')
    expect(localStorage.texts.size).toBe(0)
  })

  test('leaves the tab that began at the beginning, with the name', async () => {
    const { openTab, flow, step } = await openAsked()
    at(await openTab().signIn(across).resume({ answer: 'blue' }), 'signedIn')
    const late = at(await flow.answer(step, { answer: 'blue' }), 'start')
    expect(late).toMatchObject({ username: 'ann', error: { code: 'session-used' } })
  })

  test('with a wrong answer leads to the next question, which can be answered there', async () => {
    const { openTab } = await openAsked()
    const flow = openTab().signIn(across)
    const step = at(await flow.resume({ answer: 'green' }), 'custom')
    expect(step).toMatchObject({ username: 'ann', round: 2 })
    at(await flow.answer(step, { answer: 'blue' }), 'signedIn')
  })

  test('in the tab that began needs no other to know of it', async () => {
    const { openTab, first } = await openAsked({})
    const flow = openTab(first.tabStorage).signIn()
    at(await flow.resume({ answer: 'blue' }), 'signedIn')
    expect(first.tabStorage.texts.size).toBe(0)
  })

  test('whose sign-in has run out leads to the beginning, with the name and the reason', async () => {
    const { pool, openTab, kept } = await openAsked()
    pool.clock.advance(181_000)
    const step = await startOf(openTab().signIn(across), 'blue')
    expect(step).toMatchObject({ username: 'ann', error: { code: 'session-expired' } })
    expect(requestsOf(pool)).toEqual([])
    expect(kept()).toEqual([])
  })

  test('can be opened twice: the second time it is nobody’s', async () => {
    const { pool, openTab } = await openAsked()
    at(await openTab().signIn(across).resume({ answer: 'blue' }), 'signedIn')
    requestsOf(pool)
    const step = await startOf(openTab().signIn(across), 'blue')
    expect(step.error).toMatchObject({ code: 'other-browser' })
    expect(requestsOf(pool)).toEqual([])
  })

  test('with a code of an e-mail signs in', async () => {
    const pool = await openPool({
      pool: {
        Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP'] } },
      },
    })
    pool.users.create({ ...ann, attributes: { email, email_verified: 'true' } })
    const { openTab } = openBrowser(pool)
    const begun = openTab().signIn(across)
    at(await begun.begin({ username: 'ann', prefer: 'EMAIL_OTP' }), 'code')
    const flow = openTab().signIn(across)
    at(await flow.resume({ answer: lastCode(pool) }), 'signedIn')
  })

  test('with the code of a sign-up confirms it, and the person signs in', async () => {
    const pool = await openPool({ pool: { AutoVerifiedAttributes: ['email'] } })
    const { openTab, kept } = openBrowser(pool)
    const begun = signUp(openTab().auth, across)
    at(await begun.begin({ ...ann, attributes: { email } }), 'confirmSignUp')
    const answer = lastCode(pool)
    requestsOf(pool)
    const step = await signUp(openTab().auth, across).resume({ answer })
    at(step, 'signedIn')
    // The service's session stands for the password, which did not leave the first tab.
    expect(requestsOf(pool)).toEqual(['ConfirmSignUp', 'InitiateAuth'])
    expect(kept()).toEqual([])
  })

  test('brings nobody past a step that asks for something else', async () => {
    const pool = await openPool()
    pool.users.create({ ...ann, temporary: true })
    const { openTab } = openBrowser(pool)
    at(await openTab().signIn(across).begin(ann), 'newPassword')
    requestsOf(pool)
    const flow = openTab().signIn(across)
    at(await flow.resume({ answer: 'Another-horse-9' }), 'newPassword')
    expect(requestsOf(pool)).toEqual([])
  })
})

describe('a link is of another browser', () => {
  const other = { at: 'start', username: undefined, error: { code: 'other-browser' } }

  test('where nothing was begun', async () => {
    const { pool } = await openAsked()
    const elsewhere = openBrowser(pool).openTab()
    expect(await elsewhere.signIn(across).resume({ answer: 'blue' })).toMatchObject(other)
    expect(requestsOf(pool)).toEqual([])
  })

  test.each<[string, FlowSettings, FlowSettings]>([
    ['the tab that began', {}, across],
    ['the tab that opens it', across, {}],
    ['neither', {}, {}],
  ])('where tabs do not know of each other: %s', async (_, begins, opens) => {
    const { pool, openTab } = await openAsked(begins)
    expect(await openTab().signIn(opens).resume({ answer: 'blue' })).toMatchObject(other)
    expect(requestsOf(pool)).toEqual([])
  })

  test('where the sign-in was given up', async () => {
    const { flow, openTab, kept } = await openAsked()
    flow.cancel()
    expect(kept()).toEqual([])
    expect(await openTab().signIn(across).resume({ answer: 'blue' })).toMatchObject(other)
  })

  test.each<[string, (record: { step: object; thread: object }) => unknown]>([
    ['nothing that can be read', () => 'blue'],
    ['another version', (record) => ({ ...record, version: 2 })],
    ['no step', ({ step: _, ...record }) => record],
    ['a step that does not wait', (record) => ({ ...record, step: { at: 'signedIn' } })],
    ['a step of no name', (record) => ({ ...record, step: { at: 'toString', username: 'ann' } })],
    ['nobody’s step', ({ step, ...rest }) => ({ ...rest, step: { ...step, username: 7 } })],
    ['no thread', (record) => ({ ...record, thread: null })],
    ['no end', ({ thread, ...rest }) => ({ ...rest, thread: { ...thread, expiresAt: '9' } })],
    ['no beginning', ({ thread, ...rest }) => ({ ...rest, thread: { ...thread, beginning: 1 } })],
  ])('where what was kept has %s', async (_, spoil) => {
    const { pool, shared, openTab, kept } = await openAsked()
    const key = kept()[0]!
    const record = JSON.parse(shared.texts.get(key)!) as { step: object; thread: object }
    shared.texts.set(key, JSON.stringify(spoil(record)))
    expect(await openTab().signIn(across).resume({ answer: 'blue' })).toMatchObject(other)
    expect(requestsOf(pool)).toEqual([])
  })

  test('and no error at all where nobody came by a link', async () => {
    const { pool } = await openAsked()
    const flow = openBrowser(pool).openTab().signIn(across)
    const before = flow.step
    expect(await startOf(flow)).toBe(before)
    expect(before.error).toBeUndefined()
  })
})

test('a link that comes back to the very page is answered there', async () => {
  const { flow, step } = await openAsked()
  expect(flow.step).toBe(step)
  at(await flow.resume({ answer: 'blue' }), 'signedIn')
})
