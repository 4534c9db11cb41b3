// The end of a sign-in: its tokens are kept, its device is named, and this device notes who it was.
import { heed } from '../ending.ts'
import { AuthError } from '../errors.ts'
import type { SessionRecord, UnconfirmedDevice } from '../session/session.ts'
import { readTokens } from '../session/tokens.ts'
import { newDevice } from '../srp/device.ts'
import { within } from '../turns.ts'
import type { AuthenticationResult } from '../wire/operations.ts'
import type { Do, Outcome } from './event.ts'
import { bad } from './line.ts'
import type { Line } from './line.ts'
import { keysOfNames, noteNames, notePasskeyName } from './memory.ts'

/** Keeps what the service granted. */
export async function keep(line: Line, { result }: Do<'keep'>): Promise<Outcome> {
  const { core, beginning, signal } = line
  const { session: sessions } = core
  const { username, persist, reauthenticate, rememberDevice, rememberPasskeyName } = beginning
  const { tokens, user } = readTokens(result)
  const before = await sessions.current()
  if (reauthenticate && before && before.user.sub !== user.sub)
    throw new AuthError({ code: 'other-user' })
  const unconfirmed = await nameDevice(line, result)
  const deviceKey = (unconfirmed?.device ?? line.device)?.key
  const names = keysOfNames(core, [username, user.username])
  const record: SessionRecord = { version: 1, user, tokens, deviceKey, names, unconfirmed }
  // Given up meanwhile, it has brought nothing, and what was before stands: also where that happens
  // after this, until the flow is there.
  let undone: Promise<unknown> | undefined
  const insist = async (): Promise<void> => {
    await undone
    heed(signal)
  }
  await insist()
  const takeBack = await sessions.replace(record, persist)
  const undo = (): void => {
    undone = takeBack()
  }
  signal.addEventListener('abort', undo)
  if (signal.aborted) undo()
  await insist()
  await noteNames(core, names, user.sub)
  if (line.usedPasskey && rememberPasskeyName) await notePasskeyName(core, username)
  // Nobody waits long for that: it is done in the background then, and later if it fails.
  const confirm = (): Promise<boolean> => sessions.confirmDevice()
  const asks =
    unconfirmed && (await within(core.config.clock, 4000, confirm).catch(() => undefined))
  await insist()
  return { type: 'kept', user, asks: asks === true && rememberDevice === undefined }
}

/** A new device's secret, and what the service gets of it. Never a reason to fail. */
async function nameDevice(
  { core, beginning }: Line,
  { NewDeviceMetadata: metadata }: AuthenticationResult,
): Promise<UnconfirmedDevice | undefined> {
  if (!metadata) return undefined
  const { random, modPow } = core.config
  try {
    const made = await newDevice({ metadata, secret: random(40), salt: random(16), modPow })
    return { ...made, name: beginning.deviceName, remember: beginning.rememberDevice }
  } catch {
    return undefined
  }
}

/** Has the service remember this device. */
async function remember(line: Line): Promise<void> {
  const { tokens, deviceKey = '' } = (await line.core.session.current()) ?? gone()
  const input = {
    AccessToken: tokens.accessToken,
    DeviceKey: deviceKey,
    DeviceRememberedStatus: 'remembered',
  } as const
  await line.core.call('UpdateDeviceStatus', input, line)
}

const gone = (): never => bad('session', 'signed-out')

/** The person's answer to whether this device is remembered. */
export async function rememberDevice(
  line: Line,
  { remember: wanted }: Do<'rememberDevice'>,
): Promise<Outcome> {
  if (wanted) await remember(line)
  const { user } = (await line.core.session.current()) ?? gone()
  return { type: 'kept', user, asks: false }
}
