// The session of an app client: what a sign-in has brought, kept whole until another takes its place.
import { AuthError, isAuthError } from '../errors.ts'
import type { Config } from '../options.ts'
import { hostStorage } from '../ports.ts'
import type { KeyValueStorage } from '../ports.ts'
import { memoryStorage, readRecord, writeRecord } from '../storage/records.ts'
import type { Versioned } from '../storage/records.ts'
import type { Call } from '../wire/call.ts'
import type { DeviceSecretVerifierConfig } from '../wire/operations.ts'
import { saveDevice } from './devices.ts'
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
}

/** What flows do with a session. */
export interface SessionKeeper extends Session {
  /** The session, if somebody is signed in. */
  current(): Promise<SessionRecord | undefined>
  /**
   * Puts a session in the place of the one that was. What it gives puts that one back where it was, unless
   * another has come since.
   */
  replace(record: SessionRecord, persistence: Persistence): Promise<() => Promise<void>>
  /** Tells the service about the device, if that is still due. Says whether the person is to be asked. */
  confirmDevice(): Promise<boolean>
}

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
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <Value>(work: () => Promise<Value>): Promise<Value> => {
    const done = last.then(work)
    last = done
    return done
  }

  const replace: SessionKeeper['replace'] = (record, persistence) =>
    inTurn(async () => {
      const before = await current()
      const former = kept
      await write(record, persistence)
      return () => settle(record, before, former)
    })

  /** Puts another record in the place of one, unless somebody else has signed in meanwhile. */
  const settle = (
    record: SessionRecord,
    other: SessionRecord | undefined,
    where?: Persistence,
  ): Promise<void> =>
    inTurn(async () => {
      const found = await current()
      const isSame = found?.tokens.accessToken === record.tokens.accessToken
      if (isSame) await write(other, where ?? kept)
    })

  const confirmDevice = async (): Promise<boolean> => {
    const record = await current()
    if (!record?.unconfirmed) return false
    triedAt = now()
    const { unconfirmed, ...rest } = record
    const { device, name, remember, verifier, tried } = unconfirmed
    const named = { AccessToken: record.tokens.accessToken, DeviceKey: device.key }
    const stand = async (asks: boolean): Promise<void> => {
      await saveDevice(config.storage, config.clientId, record.user.sub, device)
      await settle(record, rest)
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

  return {
    current,
    replace,
    confirmDevice,
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
