// Becoming somebody, and being let back in.
import { claimAlias } from './aliases.ts'
import { checkAttributes, checkRequired } from './attributes.ts'
import {
  checkCode,
  countAgainstQuota,
  pretendCode,
  recoveryAddress,
  recoveryOrder,
  refuseCode,
  sendCode,
  takeCode,
} from './codes.ts'
import type { Address, Delivery } from './codes.ts'
import { fail, invalid } from './fault.ts'
import { migrate } from './migration.ts'
import { imagined, nobodyOf } from './nobody.ts'
import { checkPolicy, forgiveFailures, setPassword } from './passwords.ts'
import { newUser } from './people.ts'
import { checkSecretHash } from './secrets.ts'
import { clientOf, findUser, textOf } from './service.ts'
import type { Input, Output, Service } from './service.ts'
import { findSession, openSession } from './sessions.ts'
import type { Client, CodePurpose, Pool, SignInFacts, User } from './state.ts'
import { attributesFor, runTrigger } from './triggers.ts'

/** SignUp. */
export async function signUp(service: Service, input: Input<'SignUp'>): Output<'SignUp'> {
  const { client, pool } = clientOf(service, input.ClientId)
  const { settings } = pool
  checkSecretHash(client, input.Username, input.SecretHash)
  if (settings.AdminCreateUserConfig.AllowAdminCreateUserOnly)
    fail('NotAuthorized', 'SignUp is not permitted for this user pool')
  checkUsername(pool, input.Username)
  if (input.Password === undefined) checkPasswordless(pool)
  else checkPolicy(pool, input.Password)
  const given = input.UserAttributes ?? []
  checkAttributes(pool, client, given)
  const attributes = new Map(given.map(({ Name, Value = '' }) => [Name, Value]))
  if (settings.UsernameAttributes.length)
    attributes.set(input.Username.startsWith('+') ? 'phone_number' : 'email', input.Username)
  checkRequired(pool, attributes)
  if (findUser(pool, input.Username))
    fail(
      'UsernameExists',
      settings.UsernameAttributes.length
        ? `An account with the given ${addressNameOf(input.Username)} already exists.`
        : 'User already exists',
    )

  const metadata = textOf(input.ClientMetadata)
  const validationData = textOf(
    Object.fromEntries((input.ValidationData ?? []).map(({ Name, Value }) => [Name, Value ?? ''])),
  )
  const answered = await runTrigger(
    service.triggers,
    'preSignUp',
    'PreSignUp_SignUp',
    { pool, client, username: input.Username, attributes },
    { validationData, clientMetadata: metadata },
    { autoConfirmUser: false, autoVerifyEmail: false, autoVerifyPhone: false },
  )
  // Told from the first day on, also where it is not so.
  for (const [name, isVouched] of [
    ['email', answered.autoVerifyEmail],
    ['phone_number', answered.autoVerifyPhone],
  ] as const)
    if (attributes.get(name)) attributes.set(`${name}_verified`, String(isVouched === true))
  const user = newUser(service, pool, input.Username, Object.fromEntries(attributes))
  if (input.Password !== undefined) setPassword(service, pool, user, input.Password)
  if (answered.autoConfirmUser) {
    await confirm(service, { pool, client, user, metadata })
    return { UserConfirmed: true, UserSub: user.sub }
  }
  const attribute = autoVerified(pool, (name) => attributes.has(name))
  const value = attributes.get(attribute ?? '')
  const delivery =
    attribute && value !== undefined
      ? await sendCode(service, { pool, client, user, metadata }, 'signUp', attribute, value)
      : undefined
  const mayFollow = delivery && client.settings.ExplicitAuthFlows.includes('ALLOW_USER_AUTH')
  return {
    UserConfirmed: false,
    UserSub: user.sub,
    ...(delivery ? { CodeDeliveryDetails: delivery } : {}),
    ...(mayFollow
      ? { Session: openSignedUp(service, client, user, input.Username, 'SIGNING_UP') }
      : {}),
  }
}

const addressNameOf = (name: string): string => (name.startsWith('+') ? 'phone_number' : 'email')

/** Refuses a name that the pool cannot have. */
export function checkUsername({ settings }: Pool, name: string): void {
  const isEmail = /^[^@\s]+@[^@\s]+$/.test(name)
  const isPhone = /^\+\d+$/.test(name)
  const asName = settings.UsernameAttributes
  if (asName.length) {
    const fits =
      (asName.includes('email') && isEmail) || (asName.includes('phone_number') && isPhone)
    if (!fits)
      invalid(
        `Username should be ${asName.length > 1 ? 'either an email or a phone number.' : asName[0] === 'email' ? 'an email.' : 'a phone number.'}`,
      )
    return
  }
  if (settings.AliasAttributes.includes('email') && isEmail)
    invalid('Username cannot be of email format, since user pool is configured for email alias.')
  if (settings.AliasAttributes.includes('phone_number') && isPhone)
    invalid(
      'Username cannot be of phone number format, since user pool is configured for phone number alias.',
    )
}

/** Without a password there has to be another first factor, which there is none where all need a second. */
function checkPasswordless({ settings }: Pool): void {
  const others = settings.Policies.SignInPolicy.AllowedFirstAuthFactors
  if (settings.MfaConfiguration === 'ON' || !others.some((factor) => factor !== 'PASSWORD'))
    invalid('Missing required parameter Password')
}

interface About {
  readonly pool: Pool
  readonly client: Client
  readonly user: User
  readonly metadata: Readonly<Record<string, string>> | undefined
}

/** The address that the pool verifies by itself: a telephone comes first where both are there. */
function autoVerified({ settings }: Pool, has: (name: Address) => boolean): Address | undefined {
  const order: readonly Address[] = ['phone_number', 'email']
  return order.find((name) => settings.AutoVerifiedAttributes.includes(name) && has(name))
}

function openSignedUp(
  service: Service,
  client: Client,
  user: User,
  typed: string,
  challenge: 'SIGNING_UP' | 'SIGNED_UP',
): string {
  const facts: SignInFacts = {
    poolId: client.poolId,
    clientId: client.id,
    username: user.username,
    sub: user.sub,
    typed,
    flow: 'USER_AUTH',
    byPassword: false,
    secondDone: false,
    rounds: [],
  }
  return openSession(service, client, { facts, challenge })
}

async function confirm(service: Service, { pool, client, user, metadata }: About): Promise<void> {
  user.status = 'CONFIRMED'
  user.modifiedAt = service.now()
  await runTrigger(
    service.triggers,
    'postConfirmation',
    'PostConfirmation_ConfirmSignUp',
    { pool, client, username: user.username, attributes: attributesFor(user) },
    { clientMetadata: metadata },
    {},
  )
}

/** Where the pool tells who exists, it says who does not. */
function tellNobody({ settings }: Client): void {
  if (settings.PreventUserExistenceErrors === 'LEGACY')
    fail('UserNotFound', 'Username/client id combination not found.')
}

interface Nowhere {
  readonly pool: Pool
  readonly client: Client
  readonly typed: string
}

/** A code of somebody who does not exist: counted and refused as anybody's wrong one. */
function refuseNobody(
  service: Service,
  { pool, client, typed }: Nowhere,
  operation: string,
  purpose: CodePurpose,
): never {
  tellNobody(client)
  const nobody = nobodyOf(service, pool, typed)
  countAgainstQuota(service, nobody, operation)
  return refuseCode(service, nobody, purpose)
}

/** Whoever an account's code is asked of; nobody is refused as anybody with a wrong one. */
function ownerOf(
  service: Service,
  input: Input<'ConfirmSignUp'> | Input<'ConfirmForgotPassword'>,
  operation: string,
  purpose: CodePurpose,
): { readonly client: Client; readonly pool: Pool; readonly user: User } {
  const { client, pool } = clientOf(service, input.ClientId)
  const { Username: typed } = input
  checkSecretHash(client, typed, input.SecretHash)
  const user = findUser(pool, typed)
  return user
    ? { client, pool, user }
    : refuseNobody(service, { pool, client, typed }, operation, purpose)
}

/** ConfirmSignUp. */
export async function confirmSignUp(
  service: Service,
  input: Input<'ConfirmSignUp'>,
): Output<'ConfirmSignUp'> {
  const { client, pool, user } = ownerOf(service, input, 'ConfirmSignUp', 'signUp')
  if (user.status !== 'UNCONFIRMED')
    fail('NotAuthorized', `User cannot be confirmed. Current status is ${user.status}`)
  countAgainstQuota(service, user, 'ConfirmSignUp')
  const attribute = checkCode(service, user, 'signUp', input.ConfirmationCode)
  const session =
    input.Session === undefined
      ? undefined
      : findSession(service, client, input.Session, ['SIGNING_UP'])
  if (session && session.facts.sub !== user.sub)
    fail('NotAuthorized', 'Invalid session for the user.')
  // The last that can refuse: nobody else loses an address to what comes to nothing.
  const force = input.ForceAliasCreation === true
  claimAlias(pool, attribute, user.attributes.get(attribute), { user, force })
  takeCode(service, user, 'signUp', input.ConfirmationCode)
  user.attributes.set(`${attribute}_verified`, 'true')
  await confirm(service, { pool, client, user, metadata: textOf(input.ClientMetadata) })
  if (session) session.used = true
  // One client sends no session and counts on one all the same: the code says as much as a session does.
  const mayFollow = session ?? client.settings.ExplicitAuthFlows.includes('ALLOW_USER_AUTH')
  if (!mayFollow) return {}
  return { Session: openSignedUp(service, client, user, input.Username, 'SIGNED_UP') }
}

/** ResendConfirmationCode. */
export async function resendConfirmationCode(
  service: Service,
  input: Input<'ResendConfirmationCode'>,
): Output<'ResendConfirmationCode'> {
  const { client, pool } = clientOf(service, input.ClientId)
  checkSecretHash(client, input.Username, input.SecretHash)
  const user = findUser(pool, input.Username)
  if (!user) {
    tellNobody(client)
    // Nobody has every address that fits the name.
    const other = input.Username.startsWith('+') ? 'email' : 'phone_number'
    const isAddress = /@|^\+\d+$/.test(input.Username)
    const attribute = autoVerified(pool, (name) => !isAddress || name !== other)
    if (!attribute) return invalid('Auto verification not turned on.')
    const nowhere = { pool, client, typed: input.Username }
    return pretendToSend(service, nowhere, 'ResendConfirmationCode', 'signUp', attribute)
  }
  if (user.status !== 'UNCONFIRMED') invalid('User is already confirmed.')
  const attribute = autoVerified(pool, (name) => user.attributes.has(name))
  if (!attribute) return invalid('Auto verification not turned on.')
  countAgainstQuota(service, user, 'ResendConfirmationCode')
  const about = { pool, client, user, metadata: textOf(input.ClientMetadata) }
  const value = user.attributes.get(attribute)!
  const source = 'ResendCode'
  return {
    CodeDeliveryDetails: await sendCode(service, about, 'signUp', attribute, value, source),
  }
}

/** A code to somebody who does not exist: counted and told as anybody's. */
function pretendToSend(
  service: Service,
  { pool, typed }: Nowhere,
  operation: string,
  purpose: CodePurpose,
  attribute: Address,
): { readonly CodeDeliveryDetails: Delivery } {
  const nobody = nobodyOf(service, pool, typed)
  countAgainstQuota(service, nobody, operation)
  pretendCode(service, nobody, purpose)
  return { CodeDeliveryDetails: imagined(pool, attribute, typed) }
}

/** ForgotPassword. */
export async function forgotPassword(
  service: Service,
  input: Input<'ForgotPassword'>,
): Output<'ForgotPassword'> {
  const { client, pool } = clientOf(service, input.ClientId)
  checkSecretHash(client, input.Username, input.SecretHash)
  const { Username: typed } = input
  const metadata = textOf(input.ClientMetadata)
  const user =
    findUser(pool, typed) ?? (await migrate(service, { pool, client }, typed, undefined, metadata))
  if (!user) {
    tellNobody(client)
    const [attribute = 'email'] = recoveryOrder(pool)
    const nowhere = { pool, client, typed }
    return pretendToSend(service, nowhere, 'ForgotPassword', 'recovery', attribute)
  }
  if (!user.enabled) fail('NotAuthorized', 'User is disabled.')
  if (user.status === 'FORCE_CHANGE_PASSWORD')
    fail('NotAuthorized', 'User password cannot be reset in the current state.')
  const attribute = recoveryAddress(pool, user)
  countAgainstQuota(service, user, 'ForgotPassword')
  const about = { pool, client, user, metadata }
  const value = user.attributes.get(attribute)!
  return { CodeDeliveryDetails: await sendCode(service, about, 'recovery', attribute, value) }
}

/** ConfirmForgotPassword. */
export async function confirmForgotPassword(
  service: Service,
  input: Input<'ConfirmForgotPassword'>,
): Output<'ConfirmForgotPassword'> {
  const { client, pool, user } = ownerOf(service, input, 'ConfirmForgotPassword', 'recovery')
  countAgainstQuota(service, user, 'ConfirmForgotPassword')
  checkCode(service, user, 'recovery', input.ConfirmationCode)
  // Whether a password that breaks the rules burns the code is an open point: here it does not.
  checkPolicy(pool, input.Password)
  setPassword(service, pool, user, input.Password)
  takeCode(service, user, 'recovery', input.ConfirmationCode)
  forgiveFailures(user)
  user.status = 'CONFIRMED'
  await runTrigger(
    service.triggers,
    'postConfirmation',
    'PostConfirmation_ConfirmForgotPassword',
    { pool, client, username: user.username, attributes: attributesFor(user) },
    { clientMetadata: textOf(input.ClientMetadata) },
    {},
  )
  return {}
}
