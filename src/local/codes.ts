// Codes: made, sent, compared.
import { fail, invalid } from './fault.ts'
import type { MessagePurpose } from './outbox.ts'
import { randomDigits } from './service.ts'
import type { Service } from './service.ts'
import type { Client, CodePurpose, Pool, User } from './state.ts'
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

/** Compares a code, which stays good. */
export function checkCode(service: Service, user: User, purpose: CodePurpose, given: string): void {
  const kept = user.codes.get(purpose)
  if (!kept || kept.until <= service.now())
    return fail('ExpiredCode', 'Invalid code provided, please request a code again.')
  if (kept.code !== given)
    fail('CodeMismatch', 'Invalid verification code provided, please try again.')
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

/** Counts an operation against somebody's quota of the hour. */
export function countAgainstQuota(service: Service, user: User, operation: string): void {
  const now = service.now()
  const recent = (user.asked.get(operation) ?? []).filter((moment) => moment > now - hour)
  user.asked.set(operation, [...recent, now])
  if (service.limits && recent.length >= limits[operation]!)
    fail('LimitExceeded', 'Attempt limit exceeded, please try after some time.')
}

/** The address that a recovery goes to, by the pool's order. */
export function recoveryAddress({ settings }: Pool, user: User, byAdministrator = false): Address {
  const mechanisms = settings.AccountRecoverySetting.RecoveryMechanisms
  const isAdministrators = mechanisms.some(({ Name }) => Name === 'admin_only')
  if (isAdministrators && !byAdministrator)
    return fail('NotAuthorized', 'Contact administrator to reset password.')
  const ordered = [...mechanisms].sort((one, other) => one.Priority - other.Priority)
  const addresses: readonly Address[] = isAdministrators
    ? ['email', 'phone_number']
    : ordered.map(({ Name }) => Name.replace('verified_', '') as Address)
  const found = addresses.find((name) => user.attributes.get(`${name}_verified`) === 'true')
  return (
    found ??
    invalid(
      'Cannot reset password for the user as there is no registered/verified email or phone_number',
    )
  )
}
