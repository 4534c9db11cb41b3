// Steps of a device that is to be known again.
import type { ChallengeOutput } from '../wire/operations.ts'
import { fail } from './fault.ts'
import { poseProofOf } from './pose-password.ts'
import { randomId, randomText } from './service.ts'
import type { Service } from './service.ts'
import { openSession } from './sessions.ts'
import type { Device, Pool, Session, SignInFacts, User } from './state.ts'
import { person, pose } from './under-way.ts'
import type { SignIn } from './under-way.ts'

/** The device that the client says it is, if it was remembered. */
export function rememberedDevice({ user, facts, pool }: SignIn): Device | undefined {
  const device = user?.devices.get(facts.deviceKey ?? '')
  return pool.settings.DeviceConfiguration && device?.verifier && device.remembered
    ? device
    : undefined
}

/** Names a new device. */
export function addDevice(service: Service, { region }: Pool, user: User): Device {
  const now = service.now()
  const device: Device = {
    key: `${region}_${randomId(service)}`,
    groupKey: `-${randomText(service, 6)}`,
    remembered: false,
    createdAt: now,
    modifiedAt: now,
    lastSignInAt: now,
  }
  user.devices.set(device.key, device)
  return device
}

const deviceSlot = ({ clientId, username, deviceKey }: SignInFacts): string =>
  JSON.stringify([clientId, username, deviceKey])

/** Asks for the device. Some clients answer without the session, so it is also kept by its names. */
export function poseDevice(signIn: SignIn): ChallengeOutput {
  const { service, facts } = signIn
  const output = pose(signIn, 'DEVICE_SRP_AUTH', { USERNAME: person(signIn).username })
  const session = service.state.sessions.get(output.Session!)!
  service.state.deviceSignIns.set(deviceSlot(facts), session)
  return output
}

/** The session of a device's sign-in that was answered without one, while it waits for its answer. */
export function deviceSession(
  { state, now }: Service,
  names: Pick<SignInFacts, 'clientId' | 'username' | 'deviceKey'>,
): Session {
  const session = state.deviceSignIns.get(deviceSlot(names as SignInFacts))
  const isOpen = session && !session.used && session.until > now()
  return isOpen ? session : fail('NotAuthorized', 'Invalid session for the user.')
}

/** Asks for the proof of a device. */
export function poseDeviceProof(signIn: SignIn, device: Device, A: string): ChallengeOutput {
  const { service, client, facts } = signIn
  const owner = { pool: device.groupKey, user: device.key }
  const parameters = { DEVICE_KEY: device.key, USERNAME: person(signIn).username }
  const challenge = 'DEVICE_PASSWORD_VERIFIER'
  const asked = poseProofOf(signIn, owner, device.verifier!, A, parameters, challenge)
  const session = openSession(service, client, { facts, challenge })
  return { ChallengeName: 'DEVICE_PASSWORD_VERIFIER', ...asked, Session: session }
}
