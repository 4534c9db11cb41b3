// The session of an app client: what a sign-in has brought, kept whole until another takes its place.
import { heed } from '../ending.ts'
import { AuthError, isAuthError, optional, wantTypes } from '../errors.ts'
import type { Config } from '../options.ts'
import { hostStorage } from '../ports.ts'
import type { KeyValueStorage } from '../ports.ts'
import { memoryStorage, readRecord, writeRecord } from '../storage/records.ts'
import type { Versioned } from '../storage/records.ts'
import { createTurns } from '../turns.ts'
import type { Call, CallOptions } from '../wire/call.ts'
import type { DeviceSecretVerifierConfig } from '../wire/operations.ts'
import { keyOfPasskey, saveDevice } from './devices.ts'
import type { KnownDevice } from './devices.ts'
import type { Tokens, User } from './tokens.ts'

/** How long a session is kept: in the storage, in this tab, or in this page. */
export type Persistence = 'browser' | 'tab' | 'none'

/** Everything about one session, written and read as one. */
export interface SessionRecord extends Versioned {
  readonly user: User
  readonly tokens: Tokens
  /** The device that it is bound to: a refresh has to name it. */
  readonly deviceKey?: string | undefined
  /** Where it is noted on this device that these names are theirs. */
  readonly names?: readonly string[] | undefined
  /** A device that the service does not have the verifier of yet. */
  readonly unconfirmed?: UnconfirmedDevice | undefined
}

/** A device that was named by the service, and what confirms it. */
export interface UnconfirmedDevice {
  readonly device: KnownDevice
  readonly name?: string | undefined
  /** Whether it was agreed before that the service remembers it, where that is left to the person. */
  readonly remember?: boolean | undefined
  readonly verifier: DeviceSecretVerifierConfig
  /** Whether the service has been told before, and nobody knows whether it heard. */
  readonly tried?: boolean | undefined
}

/** What an app asks of a session. */
export interface Session {
  /**
   * The tokens, as the sign-in brought them. Rejects with the code `signed-out` where there are none, and
   * with `access-token-expired` once the access token has ended.
   */
  readonly tokens: () => Promise<Tokens>
  /**
   * Ends the session here, and then tells the service, which takes back the refresh token and what came of
   * it. Here it has ended whatever the service says.
   */
  readonly signOut: (options?: SignOutOptions) => Promise<SignedOut>
}

/** What `signOut` takes. */
export interface SignOutOptions extends CallOptions {
  /** Ends the person's sessions on all devices. Default: `false`. */
  readonly everywhere?: boolean | undefined
  /**
   * Has this device forgotten, here and at the service: its key, the names that led to it, and the name
   * remembered for a passkey. For devices that others use. Default: `false`.
   */
  readonly forgetDevice?: boolean | undefined
}

/** What came of it. */
export interface SignedOut {
  /** Whether the service knows: `false` where it could not be reached, and the refresh token still counts. */
  readonly revoked: boolean
}

/** What flows do with a session. */
export interface SessionKeeper extends Session {
  /** The session, if somebody is signed in. */
  current(): Promise<SessionRecord | undefined>
  /**
   * Puts a session in the place of the one that was. What it gives puts that one back where it was, unless
   * another has come since.
   */
  replace(record: SessionRecord, persistence: Persistence): Promise<() => Promise<unknown>>
  /** Tells the service about the device, if that is still due. Says whether the person is to be asked. */
  confirmDevice(): Promise<boolean>
}

const signOutOptions = {
  everywhere: `boolean${optional}`,
  forgetDevice: `boolean${optional}`,
  signal: `object${optional}`,
} satisfies Record<keyof SignOutOptions, string>

/** How long a confirmation that failed is left alone. */
const rest = 60_000

/** The session of an app client. Reads no storage before it is asked. */
export function createSession(config: Config, call: Call, now: () => number): SessionKeeper {
  const key = `latchkey.${config.clientId}.session`
  const members = 'user tokens'
  const storages = (): Readonly<Record<Persistence, KeyValueStorage | undefined>> => ({
    browser: config.storage,
    tab: config.tabStorage ?? hostStorage('sessionStorage'),
    none: undefined,
  })
  const inMemory = memoryStorage()
  let kept: Persistence = 'browser'
  let triedAt = -Infinity

  const current = async (): Promise<SessionRecord | undefined> => {
    const read = (storage: KeyValueStorage | undefined): Promise<SessionRecord | undefined> =>
      readRecord(storage, key, members)
    const { tab, browser } = storages()
    const held = await read(inMemory)
    if (held) return held
    for (const [persistence, storage] of Object.entries({ tab, browser })) {
      const stored = await read(storage)
      if (!stored) continue
      kept = persistence as Persistence
      await writeRecord(inMemory, key, stored)
      return stored
    }
    return undefined
  }

  const write = async (record: SessionRecord | undefined, where: Persistence): Promise<void> => {
    kept = where
    // What cannot be stored is kept in memory all the same.
    await writeRecord(inMemory, key, record)
    for (const [name, storage] of Object.entries(storages()))
      await writeRecord(storage, key, name === kept ? record : undefined)
  }

  // One after the other: what is looked at must still be so when it is changed.
  const inTurn = createTurns()

  const replace: SessionKeeper['replace'] = (record, persistence) =>
    inTurn(async () => {
      const before = await current()
      const former = kept
      await write(record, persistence)
      return () => settle(record, before, former)
    })

  /** Puts another record in the place of one, unless that has gone meanwhile; says whether it did. */
  const settle = (
    record: SessionRecord,
    other: SessionRecord | undefined,
    where?: Persistence,
  ): Promise<boolean> =>
    inTurn(async () => {
      const found = await current()
      const isSame = found?.tokens.accessToken === record.tokens.accessToken
      if (isSame) await write(other, where ?? kept)
      return isSame
    })

  const confirmDevice = async (): Promise<boolean> => {
    const record = await current()
    if (!record?.unconfirmed) return false
    triedAt = now()
    const { unconfirmed, ...rest } = record
    const { device, name, remember, verifier, tried } = unconfirmed
    const named = { AccessToken: record.tokens.accessToken, DeviceKey: device.key }
    const stand = async (asks: boolean): Promise<void> => {
      // Somebody who signed out meanwhile may have had it forgotten.
      if (!(await settle(record, rest))) return
      await saveDevice(config.storage, config.clientId, record.user.sub, device)
      if (asks && remember)
        await call('UpdateDeviceStatus', { ...named, DeviceRememberedStatus: 'remembered' }).catch(
          () => undefined,
        )
    }
    try {
      const { UserConfirmationNecessary = false } = await call('ConfirmDevice', {
        ...named,
        DeviceName: name,
        DeviceSecretVerifierConfig: verifier,
      })
      await stand(UserConfirmationNecessary)
      return UserConfirmationNecessary
    } catch (error) {
      if (!isAuthError(error)) return false
      const { code, retryable } = error
      // Perhaps it was done and only the answer was lost: the service then says of the next try that the
      // key is wrong or taken. A device that does not stand after all costs one request at a sign-in.
      if (retryable)
        await settle(record, { ...record, unconfirmed: { ...unconfirmed, tried: true } })
      else if (code === 'device-exists' || (tried && code === 'device-unknown')) await stand(true)
      // A definite no: the service does not want this device. The session lives on without it.
      else if (!code.startsWith('access-token'))
        await settle(record, { ...rest, deviceKey: undefined })
      return false
    }
  }

  /** Whether the service took it, or had taken it before. */
  const told = async (telling: Promise<unknown> | undefined): Promise<boolean> => {
    try {
      await telling
      return true
    } catch (error) {
      if (!isAuthError(error)) throw error
      return error.code === 'access-token-revoked'
    }
  }

  const signOut: Session['signOut'] = async (options = {}) => {
    const { everywhere, forgetDevice, signal } = options
    wantTypes(signOutOptions, options)
    heed(signal)
    const { clientId, storage } = config
    const record = await inTurn(async () => {
      const found = await current()
      await write(undefined, kept)
      return found
    })
    if (forgetDevice) {
      for (const name of [...(record?.names ?? []), keyOfPasskey(clientId)])
        await writeRecord(storage, name, undefined)
      if (record) await saveDevice(storage, clientId, record.user.sub, undefined)
    }
    if (!record) return { revoked: true }
    const { accessToken: AccessToken, refreshToken: Token } = record.tokens
    const { deviceKey: DeviceKey } = record
    // While the access token is still good.
    if (forgetDevice && DeviceKey !== undefined)
      await told(call('ForgetDevice', { AccessToken, DeviceKey }, { signal }))
    const telling = everywhere
      ? call('GlobalSignOut', { AccessToken }, { signal })
      : Token === undefined
        ? undefined
        : call('RevokeToken', { Token }, { signal })
    return { revoked: await told(telling) }
  }

  return {
    current,
    replace,
    confirmDevice,
    signOut,
    tokens: async () => {
      const record = await current()
      if (!record) throw new AuthError({ code: 'signed-out' })
      if (record.tokens.expiresAt <= now()) throw new AuthError({ code: 'access-token-expired' })
      // In the background: nobody waits for it.
      if (record.unconfirmed && now() - triedAt > rest) void confirmDevice()
      return record.tokens
    },
  }
}
