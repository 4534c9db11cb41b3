// Compares an implementation with a file of published vectors. Runs wherever JavaScript does: it needs
// nothing of a host.
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { toBase64, utf8 } from '../../src/bytes.ts'
import type { AuthError } from '../../src/errors.ts'
import type * as srp from '../../src/srp/index.ts'

/** A file of vectors: sign-ins with a password or a device, and devices to confirm. */
export interface VectorFile {
  readonly srp: readonly SignInVector[]
  readonly device: readonly DeviceVector[]
}

interface SignInVector {
  readonly name: string
  readonly kind?: string
  readonly inputs: Readonly<
    Record<
      | 'poolName'
      | 'username'
      | 'password'
      | 'saltHex'
      | 'aHex'
      | 'srpBHex'
      | 'secretBlock'
      | 'timestamp',
      string
    >
  > & { readonly userPoolId?: string }
  readonly expected: Readonly<
    Record<'A' | 'u' | 'x' | 'S' | 'hkdfKeyHex' | 'signatureBase64', string>
  >
}

interface DeviceVector {
  readonly name: string
  readonly inputs: Readonly<
    Record<
      | 'deviceGroupKey'
      | 'deviceKey'
      | 'randomPasswordBytesHex'
      | 'randomPassword'
      | 'saltRandomBytesHex',
      string
    >
  >
  readonly expected: Readonly<
    Record<'saltHex' | 'x' | 'verifierHex' | 'saltBase64' | 'verifierBase64', string>
  >
}

/** What came of a file. */
export interface Outcome {
  readonly passed: number
  /** One line for each vector that failed. */
  readonly failures: readonly string[]
}

type Fields = Readonly<Record<string, string>>

/** Checks every vector of both lists. */
export async function checkVectors(
  tested: typeof srp,
  file: Partial<VectorFile>,
): Promise<Outcome> {
  const failures: string[] = []
  let passed = 0
  const check = async <Vector extends SignInVector | DeviceVector>(
    list: string,
    vectors: readonly Vector[],
    run: (vector: Vector) => Promise<Fields>,
  ) => {
    for (const [i, vector] of vectors.entries()) {
      const complaint = await Promise.resolve(vector)
        .then(run)
        .then((came) => differences(came, vector))
        .catch(String)
      const { name } = Object(vector) as Partial<Vector>
      const line = `${list}[${String(i)}] ${JSON.stringify(name)}: ${complaint}`
      if (complaint) failures.push(line.replace(/\s+/g, ' '))
      else passed++
    }
  }
  // A file may have one of the lists only; with neither there is nothing that could have passed.
  const { srp: signIns = [], device: devices = [] } = file
  if (signIns.length + devices.length === 0)
    failures.push('there are no vectors in the lists srp and device')
  await check('srp', signIns, (vector) => signIn(tested, vector))
  await check('device', devices, (vector) => confirmDevice(tested, vector))
  return { passed, failures }
}

/** What came, held against what was expected; and what was expected, but that nobody here computes. */
function differences(came: Fields, { inputs, expected }: SignInVector | DeviceVector): string {
  const wanted: Fields = { ...inputs, ...expected }
  const differing = Object.keys(came).filter((name) => came[name] !== wanted[name])
  const unknown = Object.keys(expected).filter((name) => !computed.includes(name))
  return [
    ...differing.map(
      (name) => `${name} is ${String(came[name])}, expected ${String(wanted[name])}`,
    ),
    ...unknown.map((name) => `${name} is not known here`),
  ].join('; ')
}

const computed =
  'A u x S hkdfKeyHex signatureBase64 timestamp saltHex verifierHex saltBase64 verifierBase64'.split(
    ' ',
  )

async function signIn(tested: typeof srp, { kind, inputs }: SignInVector): Promise<Fields> {
  const { poolName, username, password, userPoolId = `x_${poolName}` } = inputs
  const keyPair = await tested.createKeyPair(toBytes(inputs.aHex, 40))
  const proof = {
    keyPair,
    challenge: {
      SALT: inputs.saltHex,
      SRP_B: inputs.srpBHex,
      SECRET_BLOCK: inputs.secretBlock,
      ...(kind === 'device' ? { DEVICE_KEY: username } : { USER_ID_FOR_SRP: username }),
    },
    now: parseTimestamp(inputs.timestamp),
  }
  const device = { key: username, groupKey: poolName, password }
  const claiming =
    kind === 'device'
      ? tested.deviceClaim({ ...proof, device, username: 'somebody' })
      : tested.passwordClaim({ ...proof, userPoolId, password })
  const [a, A, B, salt] = [inputs.aHex, keyPair.publicKey, inputs.srpBHex, inputs.saltHex].map(
    (hex) => BigInt(`0x${hex}`),
  ) as [bigint, bigint, bigint, bigint]
  // A B outside of the group must be refused, whatever others make of it.
  const u = tested.scrambler(A, B)
  const x = tested.privateKey(poolName, username, password, salt)
  const public_ = { A: keyPair.publicKey, u: u.toString(16), x: x.toString(16) }
  if (B < 1n || B >= tested.N) return refused(claiming, public_)
  const claim = await claiming
  const S = await tested.sharedSecret({ a, B, u, x })
  const key = tested.sessionKey(S, u)
  const message = [poolName + username, fromBase64(inputs.secretBlock), inputs.timestamp]
  return {
    ...public_,
    S: S.toString(16),
    hkdfKeyHex: toHex(key),
    // A text that is no moment, such as one of a wrong weekday, can be signed but not claimed.
    ...(isMoment(inputs.timestamp)
      ? { signatureBase64: claim.PASSWORD_CLAIM_SIGNATURE, timestamp: claim.TIMESTAMP }
      : { signatureBase64: toBase64(sign(key, message)) }),
  }
}

const refused = (claiming: Promise<unknown>, known: Fields): Promise<Fields> =>
  claiming.then(
    () => Promise.reject(new Error('a B outside of the group was accepted')),
    (error: unknown) => {
      if ((error as Partial<AuthError>).code === 'bad-response') return known
      throw error
    },
  )

async function confirmDevice(tested: typeof srp, { inputs }: DeviceVector): Promise<Fields> {
  const { deviceKey, deviceGroupKey, saltRandomBytesHex } = inputs
  const { device, verifier } = await tested.newDevice({
    metadata: { DeviceKey: deviceKey, DeviceGroupKey: deviceGroupKey },
    secret: toBytes(inputs.randomPasswordBytesHex, 40),
    salt: toBytes(saltRandomBytesHex, 16),
  })
  const salt = BigInt(`0x${saltRandomBytesHex}`)
  const x = tested.privateKey(deviceGroupKey, deviceKey, inputs.randomPassword, salt)
  return {
    randomPassword: device.password,
    saltHex: toHex(fromBase64(verifier.Salt)),
    verifierHex: toHex(fromBase64(verifier.PasswordVerifier)),
    x: x.toString(16),
    saltBase64: verifier.Salt,
    verifierBase64: verifier.PasswordVerifier,
  }
}

function sign(key: Uint8Array, message: readonly (string | Uint8Array)[]): Uint8Array {
  const mac = hmac.create(sha256, key)
  for (const part of message) mac.update(typeof part === 'string' ? utf8(part) : part)
  return mac.digest()
}

const weekdays = 'Sun Mon Tue Wed Thu Fri Sat'.split(' ')
const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

/** Without `Date.parse`, which reads such a text as each engine likes. */
function parseTimestamp(text: string): number {
  const [, month = '', day, hours, minutes, seconds, year] = text.split(/[ :](?:UTC )?/)
  const [hour, minute, second] = [hours, minutes, seconds].map(Number) as [number, number, number]
  return Date.UTC(Number(year), months.indexOf(month), Number(day), hour, minute, second)
}

function isMoment(text: string): boolean {
  const date = new Date(parseTimestamp(text))
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]
  const twoDigits = time.map((part) => String(part).padStart(2, '0'))
  const [weekday, month] = [weekdays[date.getUTCDay()]!, months[date.getUTCMonth()]!]
  const [day, year] = [date.getUTCDate(), date.getUTCFullYear()].map(String) as [string, string]
  return text === `${weekday} ${month} ${day} ${twoDigits.join(':')} UTC ${year}`
}

const toBytes = (hex: string, least: number): Uint8Array =>
  Uint8Array.from(
    hex.padStart(Math.max(2 * least, hex.length + (hex.length % 2)), '0').match(/../g) ?? [],
    (byte) => parseInt(byte, 16),
  )

const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

/** Another way than the tested one's, which so cannot agree with itself. */
function fromBase64(text: string): Uint8Array {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  const bytes: number[] = []
  for (let i = 0; i < text.length; i += 4) {
    const [a, b, c, d] = [0, 1, 2, 3].map((j) => Math.max(digits.indexOf(text[i + j]!), 0)) as Four
    bytes.push((a << 2) | (b >> 4), ((b & 15) << 4) | (c >> 2), ((c & 3) << 6) | d)
  }
  return Uint8Array.from(bytes.slice(0, bytes.length - (text.match(/=/g)?.length ?? 0)))
}

type Four = [number, number, number, number]
