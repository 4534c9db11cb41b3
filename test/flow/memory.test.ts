import { expect, test } from 'vitest'
import { signIn } from '../../src/index.ts'
import {
  appOf,
  at,
  lastCode,
  openPool,
  openStorage,
  password,
  requestsOf,
  wrongPassword,
} from './world.ts'

// What stays on a device of the people who signed in there.

const ann = { username: 'ann@example.com', password }
const tracking = {
  UsernameAttributes: ['email'],
  MfaConfiguration: 'ON',
  EnabledMfas: ['SMS_MFA'],
  DeviceConfiguration: {
    ChallengeRequiredOnNewDevice: true,
    DeviceOnlyRememberedOnUserPrompt: false,
  },
} as const

async function open() {
  const pool = await openPool({ pool: tracking })
  pool.users.create({ ...ann, attributes: { phone_number: '+491701234567' } })
  const storage = openStorage()
  const enter = async (username = ann.username) => {
    requestsOf(pool)
    const flow = signIn(appOf(pool, { storage }))
    const step = await flow.begin({ username, password })
    return step.at === 'code' ? flow.answer(step, { code: lastCode(pool) }) : step
  }
  return { pool, storage, enter }
}

test('a device is found by every name that led to its owner', async () => {
  const { pool, enter } = await open()
  const { user } = at(await enter(), 'signedIn')
  expect(requestsOf(pool)).toContain('ConfirmDevice')
  for (const name of [ann.username, user.username]) {
    at(await enter(name), 'signedIn')
    expect(requestsOf(pool)).toEqual([
      'InitiateAuth',
      ...Array<string>(3).fill('RespondToAuthChallenge'),
    ])
  }
})

test('no name lies about, and none that was merely typed is remembered', async () => {
  const { pool, storage, enter } = await open()
  const flow = signIn(appOf(pool, { storage }))
  for (const username of [wrongPassword, 'nobody'])
    at(await flow.begin({ username, password }), 'start')
  at(await flow.begin({ ...ann, password: wrongPassword }), 'start')
  expect([...storage.texts.keys()]).toEqual([])
  at(await enter(), 'signedIn')
  const names = [...storage.texts].filter(([key]) => key.includes('.name.'))
  // The address, and the name that the service has for it.
  expect(names).toHaveLength(2)
  expect(JSON.stringify(names)).not.toContain('ann')
})

test('another person on the same device has a device of their own', async () => {
  const { pool, enter } = await open()
  pool.users.create({
    username: 'bob@example.com',
    password,
    attributes: { phone_number: '+491701234568' },
  })
  at(await enter(), 'signedIn')
  at(await enter('bob@example.com'), 'signedIn')
  expect(requestsOf(pool)).toContain('ConfirmDevice')
  at(await enter(), 'signedIn')
  expect(requestsOf(pool)).not.toContain('ConfirmDevice')
})

test('half a device is none', async () => {
  const { pool, storage, enter } = await open()
  at(await enter(), 'signedIn')
  const [key, text] = [...storage.texts].find(([name]) => name.includes('.device.'))!
  storage.setItem(key, text.replace('"password"', '"passwort"'))
  at(await enter(), 'signedIn')
  expect(requestsOf(pool).at(-1)).toBe('ConfirmDevice')
})
