// Codes: made, sent, compared.
import { fail, invalid } from './fault.ts'
import { usedKinds } from './people.ts'
import { randomDigits } from './service.ts'
import type { Service } from './service.ts'
import type {
  Client,
  Code,
  CodePurpose,
  MessagePurpose,
  Nobody,
  Pool,
  Tries,
  User,
} from './state.ts'
import { attributesFor, runTrigger } from './triggers.ts'

/** An attribute that a code can go to. */
export type Address = 'email' | 'phone_number'

/** Where a code went, as far as it is told. */
export interface Delivery {
  readonly AttributeName: Address
  readonly DeliveryMedium: 'EMAIL' | 'SMS'
  readonly Destination: string
}

/** An address as far as it may be shown. */
export function masked(attribute: Address, value: string): string {
  if (attribute === 'phone_number') return `+*******${value.slice(-4)}`
  const [name = '', domain = ''] = value.split('@')
  return `${name.slice(0, 1)}***@${domain.slice(0, 1)}***`
}

/** How a code gets to an address. */
export const mediumOf = (attribute: Address): 'EMAIL' | 'SMS' =>
  attribute === 'email' ? 'EMAIL' : 'SMS'

const hour = 3_600_000

/** How long a code is good for, and Lambda's name for the occasion. */
const kinds: Readonly<
  Record<
    CodePurpose,
    { readonly lives: number; readonly purpose: MessagePurpose; readonly source: string }
  >
> = {
  signUp: { lives: 24 * hour, purpose: 'signUp', source: 'SignUp' },
  recovery: { lives: hour, purpose: 'recovery', source: 'ForgotPassword' },
  email: { lives: 24 * hour, purpose: 'attribute', source: 'VerifyUserAttribute' },
  phone_number: { lives: 24 * hour, purpose: 'attribute', source: 'VerifyUserAttribute' },
}

/** What is common to all that is sent. */
export interface Sending {
  readonly pool: Pool
  readonly client: Client | undefined
  readonly user: User
  readonly metadata?: Readonly<Record<string, string>> | undefined
}

/** Sends a code to an address, and keeps it: the code before it is void. */
export async function sendCode(
  service: Service,
  sending: Sending,
  purpose: CodePurpose,
  attribute: Address,
  value: string,
  source: string = kinds[purpose].source,
): Promise<Delivery> {
  const code = randomDigits(service, 6)
  const { lives, purpose: message } = kinds[purpose]
  sending.user.codes.set(purpose, { code, sentTo: value, until: service.now() + lives })
  return deliver(service, sending, { attribute, value, code, purpose: message, source })
}

/** Puts a message into the outbox. */
export async function deliver(
  service: Service,
  { pool, client, user, metadata }: Sending,
  {
    attribute,
    value,
    code,
    purpose,
    source,
    name = user.username,
  }: {
    readonly attribute: Address
    readonly value: string
    readonly code: string
    readonly purpose: MessagePurpose
    readonly source: string
    /** What the message calls the person. */
    readonly name?: string
  },
): Promise<Delivery> {
  const medium = mediumOf(attribute)
  const occasion = { pool, client, username: user.username, attributes: attributesFor(user) }
  const isInvitation = purpose === 'invitation'
  const words = await runTrigger(
    service.triggers,
    'customMessage',
    `CustomMessage_${source}`,
    occasion,
    {
      codeParameter: '{####}',
      usernameParameter: isInvitation ? '{username}' : null,
      clientMetadata: metadata,
    },
    {},
  )
  const template = medium === 'SMS' ? words.smsMessage : words.emailMessage
  const { InviteMessageTemplate: invite = {} } = pool.settings.AdminCreateUserConfig
  const usual = isInvitation
    ? ((medium === 'SMS' ? invite.SMSMessage : invite.EmailMessage) ??
      'Your username is {username} and temporary password is {####}.')
    : 'Your confirmation code is {####}'
  const subject = isInvitation
    ? (invite.EmailSubject ?? 'Your temporary password')
    : 'Your verification code'
  service.outbox.send({
    to: value,
    medium,
    purpose,
    username: user.username,
    poolId: pool.id,
    code,
    subject: medium === 'EMAIL' ? (words.emailSubject ?? subject) : undefined,
    text: (template ?? usual).replaceAll('{####}', code).replaceAll('{username}', name),
    sentAt: service.now(),
  })
  return { AttributeName: attribute, DeliveryMedium: medium, Destination: masked(attribute, value) }
}

/** Takes a code, which is used up by it. */
export function takeCode(service: Service, user: User, purpose: CodePurpose, given: string): void {
  checkCode(service, user, purpose, given)
  user.codes.delete(purpose)
}

/** Compares a code, which stays good, and tells which address it speaks for. */
export function checkCode(
  service: Service,
  user: User,
  purpose: CodePurpose,
  given: string,
): Address {
  const kept = user.codes.get(purpose)
  const address = kept && kept.until > service.now() ? addressOf(user, purpose, kept) : undefined
  if (!address) return expired()
  return kept?.code === given ? address : mismatch()
}

/** The address that a code went to, as long as it is theirs: it says nothing about another. */
function addressOf(
  { attributes, pending }: User,
  purpose: CodePurpose,
  { sentTo }: Code,
): Address | undefined {
  const names: readonly Address[] = ['email', 'phone_number']
  return names.find((name) => {
    const value = (purpose === name ? pending.get(name) : undefined) ?? attributes.get(name)
    // Somebody else may have shown since that it is theirs.
    const isTrusted = purpose !== 'recovery' || attributes.get(`${name}_verified`) === 'true'
    return value === sentTo && isTrusted
  })
}

const expired = (): never =>
  fail('ExpiredCode', 'Invalid code provided, please request a code again.')
const mismatch = (): never =>
  fail('CodeMismatch', 'Invalid verification code provided, please try again.')

/** As if a code had gone to somebody who is not there. */
export function pretendCode(service: Service, nobody: Nobody, purpose: CodePurpose): void {
  const until = service.now() + kinds[purpose].lives
  nobody.codes.set(purpose, until)
  nobody.until = Math.max(nobody.until, until)
}

/** As if a code were compared: none is right. */
export function refuseCode(service: Service, { codes }: Nobody, purpose: CodePurpose): never {
  return (codes.get(purpose) ?? 0) > service.now() ? mismatch() : expired()
}

const limits: Readonly<Record<string, number>> = {
  ConfirmSignUp: 15,
  ResendConfirmationCode: 5,
  ForgotPassword: 5,
  ConfirmForgotPassword: 15,
  ChangePassword: 5,
  GetUserAttributeVerificationCode: 5,
  VerifyUserAttribute: 15,
}

/**
 * Counts an operation against somebody's quota of the hour. What is refused for the quota does not count:
 * else who goes on asking would keep somebody out for good.
 */
export function countAgainstQuota(service: Service, { asked }: Tries, operation: string): void {
  if (!service.limits) return
  const now = service.now()
  const recent = (asked.get(operation) ?? []).filter((moment) => moment > now - hour)
  if (recent.length >= limits[operation]!)
    fail('LimitExceeded', 'Attempt limit exceeded, please try after some time.')
  asked.set(operation, [...recent, now])
}

/** The addresses that the pool recovers accounts by, in its order. */
export function recoveryOrder({ settings }: Pool, byAdministrator = false): readonly Address[] {
  const mechanisms = settings.AccountRecoverySetting.RecoveryMechanisms
  if (!mechanisms.some(({ Name }) => Name === 'admin_only'))
    return [...mechanisms]
      .sort((one, other) => one.Priority - other.Priority)
      .map(({ Name }) => Name.replace('verified_', '') as Address)
  return byAdministrator
    ? ['email', 'phone_number']
    : fail('NotAuthorized', 'Contact administrator to reset password.')
}

/** The address that a recovery goes to. */
export function recoveryAddress(pool: Pool, user: User, byAdministrator = false): Address {
  const addresses = recoveryOrder(pool, byAdministrator)
  // A telephone that is the second factor is not the way around the first as well: it would be all that
  // is needed. A pool that knows no other way has chosen so.
  const isFactor = usedKinds(pool, user).includes('SMS_MFA')
  const spared = isFactor && addresses.includes('email') ? 'phone_number' : undefined
  const found = addresses.find(
    (name) => name !== spared && user.attributes.get(`${name}_verified`) === 'true',
  )
  return (
    found ??
    invalid(
      'Cannot reset password for the user as there is no registered/verified email or phone_number',
    )
  )
}
