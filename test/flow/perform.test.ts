import { expect, test } from 'vitest'
import { coreOf } from '../../src/core.ts'
import { readBeginning } from '../../src/flow/begin.ts'
import { createPerformer } from '../../src/flow/perform.ts'
import { signIn } from '../../src/index.ts'
import { appOf, at, lastCode, openPool, password, requestsOf } from './world.ts'

const ann = { username: 'ann', password }
const phone = { phone_number: '+491701234567' }

test('what was forgotten signs nobody in', async () => {
  const pool = await openPool({ pool: { MfaConfiguration: 'ON', EnabledMfas: ['SMS_MFA'] } })
  pool.users.create({ ...ann, attributes: phone })
  const performer = createPerformer(coreOf(appOf(pool)), readBeginning(ann), ann)
  const { signal } = new AbortController()
  const repeat = () => performer.perform({ do: 'repeat' }, { signal, clientMetadata: undefined })
  expect(await repeat()).toMatchObject({ type: 'posed', posed: { name: 'PASSWORD_VERIFIER' } })
  performer.forget()
  requestsOf(pool)
  expect(await repeat()).toMatchObject({ type: 'refused', error: { code: 'session-expired' } })
  expect(requestsOf(pool)).toEqual([])
  expect(performer.thread().session).toBeUndefined()
})

test('the password is forgotten as soon as the person is signed in, whatever is asked after that', async () => {
  const tracking = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: true }
  const pool = await openPool({
    pool: { MfaConfiguration: 'ON', EnabledMfas: ['SMS_MFA'], DeviceConfiguration: tracking },
  })
  pool.users.create({ ...ann, attributes: phone })
  const waiting = new Set<() => void>()
  const clock = {
    now: () => Date.now(),
    after: (_: number, then: () => void) => {
      waiting.add(then)
      return () => waiting.delete(then)
    },
  }
  const flow = signIn(appOf(pool, { clock }))
  const code = at(await flow.begin(ann), 'code')
  // Of the password: it is what this clock is still waited for.
  expect(waiting.size).toBe(1)
  at(await flow.answer(code, { code: lastCode(pool) }), 'rememberDevice')
  expect(waiting.size).toBe(0)
})
