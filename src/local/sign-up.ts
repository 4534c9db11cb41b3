// Becoming somebody, and being let back in.
import { claimAlias } from './aliases.ts'
import { checkAttributes, checkRequired } from './attributes.ts'
import { checkCode, countAgainstQuota, recoveryAddress, sendCode, takeCode } from './codes.ts'
import type { Address, Delivery } from './codes.ts'
import { fail, invalid } from './fault.ts'
import { newUser } from './people.ts'
import { checkPolicy, forgiveFailures, setPassword } from './passwords.ts'
import { checkSecretHash } from './secrets.ts'
import { clientOf, findUser, textOf } from './service.ts'
import type { Input, Output, Service } from './service.ts'
import { findSession, openSession } from './sessions.ts'
import type { Client, Pool, SignInFacts, User } from './state.ts'
import { imagined } from './steps.ts'
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
  if (answered.autoVerifyEmail) attributes.set('email_verified', 'true')
  if (answered.autoVerifyPhone) attributes.set('phone_number_verified', 'true')
  const user = newUser(service, pool, input.Username, Object.fromEntries(attributes))
  if (input.Password !== undefined) setPassword(service, pool, user, input.Password)
  if (answered.autoConfirmUser) {
    await confirm(service, { pool, client, user, metadata })
    return { UserConfirmed: true, UserSub: user.sub }
  }
  const delivery = await sendSignUpCode(service, { pool, client, user, metadata })
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

/** Without a password there has to be another first factor. */
function checkPasswordless({ settings }: Pool): void {
  const others = settings.Policies.SignInPolicy.AllowedFirstAuthFactors
  if (!others.some((factor) => factor !== 'PASSWORD'))
    invalid('Missing required parameter Password')
}

interface About {
  readonly pool: Pool
  readonly client: Client
  readonly user: User
  readonly metadata: Readonly<Record<string, string>> | undefined
}

/** The address that the pool verifies by itself: a telephone comes first where both are there. */
function autoVerified({ settings }: Pool, { attributes }: User): Address | undefined {
  const order: readonly Address[] = ['phone_number', 'email']
  return order.find(
    (name) => settings.AutoVerifiedAttributes.includes(name) && attributes.has(name),
  )
}

/** Sends the code of a sign-up to the first address that the pool verifies by itself. */
async function sendSignUpCode(
  service: Service,
  about: About,
  source = 'SignUp',
): Promise<Delivery | undefined> {
  const { pool, user } = about
  const attribute = autoVerified(pool, user)
  if (!attribute) return undefined
  return sendCode(service, about, 'signUp', attribute, user.attributes.get(attribute)!, source)
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

/** A code of somebody who does not exist: an old one, or the truth where the pool tells it. */
function refuseNobody({ settings }: Client): never {
  if (settings.PreventUserExistenceErrors === 'LEGACY')
    fail('UserNotFound', 'Username/client id combination not found.')
  return fail('ExpiredCode', 'Invalid code provided, please request a code again.')
}

/** ConfirmSignUp. */
export async function confirmSignUp(
  service: Service,
  input: Input<'ConfirmSignUp'>,
): Output<'ConfirmSignUp'> {
  const { client, pool } = clientOf(service, input.ClientId)
  checkSecretHash(client, input.Username, input.SecretHash)
  const user = findUser(pool, input.Username)
  if (!user) return refuseNobody(client)
  countAgainstQuota(service, user, 'ConfirmSignUp')
  if (user.status !== 'UNCONFIRMED')
    fail('NotAuthorized', `User cannot be confirmed. Current status is ${user.status}`)
  checkCode(service, user, 'signUp', input.ConfirmationCode)
  const attribute = autoVerified(pool, user)
  if (attribute) claimAlias(pool, user, attribute, input.ForceAliasCreation === true)
  const session =
    input.Session === undefined
      ? undefined
      : findSession(service, client, input.Session, ['SIGNING_UP'])
  if (session && session.facts.sub !== user.sub)
    fail('NotAuthorized', 'Invalid session for the user.')
  takeCode(service, user, 'signUp', input.ConfirmationCode)
  if (attribute) user.attributes.set(`${attribute}_verified`, 'true')
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
  if (!user) return hidden(pool, client, input.Username)
  countAgainstQuota(service, user, 'ResendConfirmationCode')
  if (user.status !== 'UNCONFIRMED') invalid('User is already confirmed.')
  const about = { pool, client, user, metadata: textOf(input.ClientMetadata) }
  const delivery = await sendSignUpCode(service, about, 'ResendCode')
  if (!delivery) return invalid('Auto verification not turned on.')
  return { CodeDeliveryDetails: delivery }
}

/** What is said about somebody who does not exist: nothing, or that nobody is there. */
function hidden(pool: Pool, client: Client, typed: string): { CodeDeliveryDetails: Delivery } {
  if (client.settings.PreventUserExistenceErrors === 'LEGACY')
    return fail('UserNotFound', 'Username/client id combination not found.')
  return { CodeDeliveryDetails: imagined(pool, 'email', typed) }
}

/** ForgotPassword. */
export async function forgotPassword(
  service: Service,
  input: Input<'ForgotPassword'>,
): Output<'ForgotPassword'> {
  const { client, pool } = clientOf(service, input.ClientId)
  checkSecretHash(client, input.Username, input.SecretHash)
  const user = findUser(pool, input.Username)
  if (!user) return hidden(pool, client, input.Username)
  if (!user.enabled) fail('NotAuthorized', 'User is disabled.')
  countAgainstQuota(service, user, 'ForgotPassword')
  if (user.status === 'FORCE_CHANGE_PASSWORD')
    fail('NotAuthorized', 'User password cannot be reset in the current state.')
  const attribute = recoveryAddress(pool, user)
  const about = { pool, client, user, metadata: textOf(input.ClientMetadata) }
  const value = user.attributes.get(attribute)!
  return { CodeDeliveryDetails: await sendCode(service, about, 'recovery', attribute, value) }
}

/** ConfirmForgotPassword. */
export async function confirmForgotPassword(
  service: Service,
  input: Input<'ConfirmForgotPassword'>,
): Output<'ConfirmForgotPassword'> {
  const { client, pool } = clientOf(service, input.ClientId)
  checkSecretHash(client, input.Username, input.SecretHash)
  const user = findUser(pool, input.Username)
  if (!user) return refuseNobody(client)
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
