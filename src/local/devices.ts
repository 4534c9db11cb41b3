// Devices of somebody who is signed in.
import { fromBase64 } from '../bytes.ts'
import { N } from '../srp/group.ts'
import { toNumber } from '../srp/numbers.ts'
import type { Device as WireDevice } from '../wire/operations.ts'
import { fail, invalid } from './fault.ts'
import { pageOf } from './pages.ts'
import { seconds } from './service.ts'
import type { Input, Output, Service } from './service.ts'
import type { Device, Pool, User } from './state.ts'
import { holderOf } from './holders.ts'

/** Whose a device is. */
interface Owned {
  readonly pool: Pool
  readonly user: User
}

/** A device that the service knows. */
export const deviceOf = (user: User, key: string): Device =>
  user.devices.get(key) ?? fail('ResourceNotFound', 'Device does not exist.')

/** A device as the service tells it: the short form of lists, or all of it. */
export function toldDevice(device: Device, { pool, user }: Partial<Owned> = {}): WireDevice {
  const owner = `${user?.username}.${pool?.id}`
  const arn = `arn:aws:cognito-idp:${pool?.region}:123456789012:owner/${owner}/device/${device.key}`
  const attributes: readonly (readonly [string, string | undefined])[] = [
    ['device_status', 'valid'],
    ['device_name', device.name],
    ['last_ip_used', '127.0.0.1'],
    ...(pool
      ? ([
          ['dev:device_arn', arn],
          ['dev:device_owner', owner],
          ['dev:device_remembered_status', device.remembered ? 'remembered' : 'not_remembered'],
          ['dev:device_sdk', 'aws-sdk'],
        ] as const)
      : []),
  ]
  return {
    DeviceAttributes: attributes.flatMap(([Name, Value]) =>
      Value === undefined ? [] : [{ Name, Value }],
    ),
    DeviceCreateDate: seconds(device.createdAt),
    DeviceKey: device.key,
    DeviceLastAuthenticatedDate: Math.floor(seconds(device.lastSignInAt)),
    DeviceLastModifiedDate: seconds(device.modifiedAt),
  }
}

/** ConfirmDevice: only with the tokens of the sign-in that named it. */
export async function confirmDevice(
  service: Service,
  input: Input<'ConfirmDevice'>,
): Output<'ConfirmDevice'> {
  const { pool, user, deviceKey } = await holderOf(service, input.AccessToken)
  const tracking = pool.settings.DeviceConfiguration
  if (!tracking) return fail('InvalidUserPoolConfiguration', 'Device tracking is not configured.')
  const device = user.devices.get(input.DeviceKey)
  if (!device || device.verifier || deviceKey !== device.key)
    return invalid('Invalid device key given.')
  const [salt, verifier] = [
    input.DeviceSecretVerifierConfig?.Salt,
    input.DeviceSecretVerifierConfig?.PasswordVerifier,
  ].map((text) => fromBase64(text ?? ''))
  // A verifier is a member of the group; a longer one would keep the arithmetic busy for a minute.
  const fits = salt && verifier && salt.length <= 64 && verifier.length <= 385
  const member = fits ? toNumber(verifier) : 0n
  if (!salt?.length || member <= 0n || member >= N)
    return invalid('Invalid device secret verifier configuration.')
  device.verifier = { salt: toNumber(salt).toString(16), verifier: member.toString(16) }
  device.name = input.DeviceName
  device.remembered = !tracking.DeviceOnlyRememberedOnUserPrompt
  device.modifiedAt = service.now()
  return { UserConfirmationNecessary: !device.remembered }
}

/** UpdateDeviceStatus. */
export async function updateDeviceStatus(
  service: Service,
  input: Input<'UpdateDeviceStatus'>,
): Output<'UpdateDeviceStatus'> {
  const { user } = await holderOf(service, input.AccessToken)
  const device = deviceOf(user, input.DeviceKey)
  device.remembered = input.DeviceRememberedStatus === 'remembered'
  device.modifiedAt = service.now()
  return {}
}

/** ForgetDevice, which answers with nothing at all. */
export async function forgetDevice(
  service: Service,
  input: Input<'ForgetDevice'>,
): Output<'ForgetDevice'> {
  const { user } = await holderOf(service, input.AccessToken ?? '')
  deviceOf(user, input.DeviceKey)
  user.devices.delete(input.DeviceKey)
  return {}
}

/** GetDevice. */
export async function getDevice(service: Service, input: Input<'GetDevice'>): Output<'GetDevice'> {
  const holder = await holderOf(service, input.AccessToken ?? '')
  return { Device: toldDevice(deviceOf(holder.user, input.DeviceKey), holder) }
}

/** ListDevices, in pages. */
export async function listDevices(
  service: Service,
  input: Input<'ListDevices'>,
): Output<'ListDevices'> {
  const { user } = await holderOf(service, input.AccessToken)
  return pageOfDevices(user, input.Limit, input.PaginationToken)
}

/** One page of somebody's devices; those that were never confirmed are not told. */
export function pageOfDevices(
  user: User,
  limit: number | undefined,
  token: string | undefined,
): { Devices: WireDevice[]; PaginationToken?: string } {
  const devices = [...user.devices.values()].filter(({ verifier }) => verifier)
  const list = `devices ${user.sub}`
  const { page, next } = pageOf(devices, { list, keyOf: ({ key }) => key, limit, token })
  return {
    Devices: page.map((device) => toldDevice(device)),
    ...(next === undefined ? {} : { PaginationToken: next }),
  }
}
