import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { LocalPool } from '../../src/local/index.ts'
import { createKeyPair, deviceClaim, newDevice, passwordClaim } from '../../src/srp/index.ts'
import { codeSent, openPool, password, wrongCredentials } from './clients.ts'

// What no client does, and what must not lead anywhere: steps of a sign-in left out, or answered with
// what belongs to another.

type Output = Readonly<Record<string, unknown>>

async function ask(pool: LocalPool, operation: string, input: object): Promise<Output> {
  const response = await pool.fetch('http://pool/', {
    method: 'POST',
    headers: { 'x-amz-target': `AWSCognitoIdentityProviderService.${operation}` },
    body: JSON.stringify({ ClientId: pool.clientId, ...input }),
  })
  const body = JSON.parse(await response.text()) as Output
  if (response.status === 200) return body
  throw Object.assign(new Error(String(body['message'])), { name: body['__type'] })
}

const parametersOf = ({ ChallengeParameters }: Output) =>
  ChallengeParameters as Readonly<Record<string, string>>

/** A pool, Ada with a second factor in it, and a device of hers that is remembered. */
async function withDevice() {
  const { pool } = await openPool({
    pool: {
      ...{ MfaConfiguration: 'OPTIONAL', EnabledMfas: ['EMAIL_OTP'] },
      DeviceConfiguration: { ChallengeRequiredOnNewDevice: true },
    },
  })
  const attributes = { email: 'ada@example.com' }
  pool.users.create({ username: 'ada', password, attributes, mfa: ['EMAIL_OTP'] })

  const respond = (ChallengeName: string, ChallengeResponses: object, Session?: string) =>
    ask(pool, 'RespondToAuthChallenge', {
      ...{ ChallengeName, Session },
      ChallengeResponses: { USERNAME: 'ada', ...ChallengeResponses },
    })
  /** The proof of Ada's password. */
  const prove = async () => {
    const keyPair = await createKeyPair(randomBytes(40))
    const AuthParameters = { USERNAME: 'ada', SRP_A: keyPair.publicKey }
    const challenged = await ask(pool, 'InitiateAuth', {
      AuthFlow: 'USER_SRP_AUTH',
      AuthParameters,
    })
    return passwordClaim({
      ...{ keyPair, password, userPoolId: pool.userPoolId },
      ...{ challenge: parametersOf(challenged), now: pool.clock.now() },
    })
  }
  return { pool, respond, prove }
}

describe('a proof', () => {
  test('of a password is not one of a device', async () => {
    const { respond, prove } = await withDevice()
    const claim = await prove()
    await expect(respond('DEVICE_PASSWORD_VERIFIER', claim)).rejects.toMatchObject(wrongCredentials)
    expect(await respond('PASSWORD_VERIFIER', claim)).toMatchObject({ ChallengeName: 'EMAIL_OTP' })
  })

  test('serves once', async () => {
    const { respond, prove } = await withDevice()
    const claim = await prove()
    await respond('PASSWORD_VERIFIER', claim)
    await expect(respond('PASSWORD_VERIFIER', claim)).rejects.toMatchObject(wrongCredentials)
  })
})

describe('the round of a device', () => {
  test('needs no session, but a sign-in that waits for it', async () => {
    const { pool, respond, prove } = await withDevice()
    const first = await respond('PASSWORD_VERIFIER', await prove())
    const done = await respond(
      'EMAIL_OTP',
      { EMAIL_OTP_CODE: codeSent(pool) },
      first['Session'] as string,
    )
    const { AccessToken, NewDeviceMetadata } = done['AuthenticationResult'] as {
      readonly AccessToken: string
      readonly NewDeviceMetadata: { readonly DeviceKey: string; readonly DeviceGroupKey: string }
    }
    const { DeviceKey } = NewDeviceMetadata
    const { device, verifier } = await newDevice({
      ...{ metadata: NewDeviceMetadata, secret: randomBytes(40), salt: randomBytes(16) },
    })
    await ask(pool, 'ConfirmDevice', {
      ...{ AccessToken, DeviceKey, DeviceSecretVerifierConfig: verifier },
    })

    const round = async () => {
      const keyPair = await createKeyPair(randomBytes(40))
      const named = { DEVICE_KEY: DeviceKey, SRP_A: keyPair.publicKey }
      const challenged = await respond('DEVICE_SRP_AUTH', named)
      return deviceClaim({
        ...{ keyPair, device, username: 'ada' },
        ...{ challenge: parametersOf(challenged), now: pool.clock.now() },
      })
    }
    const nothingWaits = {
      name: 'NotAuthorizedException',
      message: 'Invalid session for the user.',
    }
    await expect(round()).rejects.toMatchObject(nothingWaits)
    const named = { ...(await prove()), DEVICE_KEY: DeviceKey }
    expect(await respond('PASSWORD_VERIFIER', named)).toMatchObject({
      ChallengeName: 'DEVICE_SRP_AUTH',
    })
    const claim = await round()
    await expect(respond('PASSWORD_VERIFIER', claim)).rejects.toMatchObject(wrongCredentials)
    expect(await respond('DEVICE_PASSWORD_VERIFIER', claim)).toHaveProperty('AuthenticationResult')
    // The password is asked for every time: the device alone opens nothing.
    await expect(round()).rejects.toMatchObject(nothingWaits)
    await respond('PASSWORD_VERIFIER', { ...(await prove()), DEVICE_KEY: DeviceKey })
    pool.clock.advance(180_001)
    await expect(round()).rejects.toMatchObject(nothingWaits)
  })
})
