// The arithmetic of a sign-in alone: for those who speak to the service themselves.
export { deviceClaim, passwordClaim } from './claim.ts'
export { newDevice } from './device.ts'
export { createKeyPair, privateKey, scrambler, sessionKey, sharedSecret } from './exchange.ts'
export { N, g, k } from './group.ts'
export { timestamp } from './timestamp.ts'

export type {
  ClaimInput,
  DeviceClaim,
  DeviceClaimInput,
  PasswordClaim,
  PasswordClaimInput,
} from './claim.ts'
export type { DeviceSecret, NewDevice, NewDeviceInput } from './device.ts'
export type { KeyPair } from './exchange.ts'
export type { ModPow } from '../ports.ts'
