// What somebody who is signed in does with the account.
import { checkTaken, claimAlias } from './aliases.ts'
import {
  checkAttributes,
  inName,
  requiredAttributes,
  schemaOf,
  setAttribute,
  valuesOf,
  visibleAttributes,
} from './attributes.ts'
import type { NameValue } from './attributes.ts'
import { checkCode, countAgainstQuota, sendCode, takeCode } from './codes.ts'
import type { Address, Delivery, Sending } from './codes.ts'
import { invalid, wrongCredentials } from './fault.ts'
import { holderOf } from './holders.ts'
import { checkPassword, checkPolicy, setPassword } from './passwords.ts'
import { mfaOf } from './people.ts'
import { firstFactors } from './pose-choice.ts'
import { textOf } from './service.ts'
import type { Input, Output, Service } from './service.ts'

/** GetUser. */
export async function getUser(service: Service, input: Input<'GetUser'>): Output<'GetUser'> {
  const { client, user } = await holderOf(service, input.AccessToken)
  return {
    ...mfaOf(user),
    UserAttributes: visibleAttributes(client, user),
    Username: user.username,
  }
}

/** UpdateUserAttributes. */
export async function updateUserAttributes(
  service: Service,
  input: Input<'UpdateUserAttributes'>,
): Output<'UpdateUserAttributes'> {
  const { pool, client, user } = await holderOf(service, input.AccessToken)
  const about = { pool, client, user, metadata: textOf(input.ClientMetadata) }
  const deliveries = await changeAttributes(service, about, input.UserAttributes)
  return deliveries.length ? { CodeDeliveryDetailsList: deliveries } : {}
}

/** Changes attributes of somebody's, all or none; without an app client as an administrator may. */
export async function changeAttributes(
  service: Service,
  about: Sending,
  given: readonly NameValue[],
): Promise<Delivery[]> {
  const { pool, client, user } = about
  const { UserAttributeUpdateSettings, AutoVerifiedAttributes } = pool.settings
  checkAttributes(pool, client, given, user.attributes)
  const deliveries: Delivery[] = []
  const wanted = valuesOf(given)
  for (const name of wanted.keys())
    if (wanted.get(name) === '' && requiredAttributes(pool).includes(name))
      invalid(
        `Attributes did not conform to the schema: ${inName(name)}: The attribute ${inName(name)} is required`,
      )
  for (const [name, value] of wanted) checkTaken(pool, user, name, value)
  for (const [name, value] of wanted) {
    const isAddress = name === 'email' || name === 'phone_number'
    // An administrator may say that an address needs no code.
    const isVouched = wanted.get(`${name}_verified`) === 'true'
    if (!isAddress || isVouched || value === '' || value === user.attributes.get(name)) {
      setAttribute(user, name, value)
      continue
    }
    const { AttributesRequireVerificationBeforeUpdate } = UserAttributeUpdateSettings
    if (AttributesRequireVerificationBeforeUpdate.includes(name)) user.pending.set(name, value)
    else {
      setAttribute(user, name, value)
      user.attributes.set(`${name}_verified`, 'false')
    }
    if (AutoVerifiedAttributes.includes(name)) {
      deliveries.push(await sendCode(service, about, name, name, value, 'UpdateUserAttribute'))
    }
  }
  user.modifiedAt = service.now()
  return deliveries
}

/** DeleteUserAttributes. */
export async function deleteUserAttributes(
  service: Service,
  input: Input<'DeleteUserAttributes'>,
): Output<'DeleteUserAttributes'> {
  const { pool, client, user } = await holderOf(service, input.AccessToken)
  for (const name of input.UserAttributeNames) {
    if (!schemaOf(pool, name))
      invalid(`Invalid user attributes: Type for attribute {${name}} could not be determined`)
    if (requiredAttributes(pool).includes(name))
      invalid(`Invalid user attributes: ${inName(name)}: The attribute ${inName(name)} is required`)
  }
  // To take away is to change: what cannot be changed stays.
  const taken = input.UserAttributeNames.map((Name) => ({ Name, Value: '' }))
  checkAttributes(pool, client, taken, user.attributes)
  for (const name of input.UserAttributeNames) setAttribute(user, name, '')
  user.modifiedAt = service.now()
  return {}
}

/** GetUserAttributeVerificationCode. */
export async function getUserAttributeVerificationCode(
  service: Service,
  input: Input<'GetUserAttributeVerificationCode'>,
): Output<'GetUserAttributeVerificationCode'> {
  const { pool, client, user } = await holderOf(service, input.AccessToken)
  const name = addressOf(input.AttributeName)
  const value = user.pending.get(name) ?? user.attributes.get(name)
  if (value === undefined) return invalid(`User does not have a value for ${name}.`)
  countAgainstQuota(service, user, 'GetUserAttributeVerificationCode')
  const about = { pool, client, user, metadata: textOf(input.ClientMetadata) }
  return { CodeDeliveryDetails: await sendCode(service, about, name, name, value) }
}

const addressOf = (name: string): Address =>
  name === 'email' || name === 'phone_number'
    ? name
    : invalid('Attribute verification is only supported for email and phone_number.')

/** VerifyUserAttribute. */
export async function verifyUserAttribute(
  service: Service,
  input: Input<'VerifyUserAttribute'>,
): Output<'VerifyUserAttribute'> {
  const { pool, user } = await holderOf(service, input.AccessToken)
  const name = addressOf(input.AttributeName)
  countAgainstQuota(service, user, 'VerifyUserAttribute')
  checkCode(service, user, name, input.Code)
  // Somebody may have been faster since it was asked for.
  const pending = user.pending.get(name)
  checkTaken(pool, user, name, pending ?? '')
  claimAlias(pool, name, pending ?? user.attributes.get(name), { user, force: false })
  takeCode(service, user, name, input.Code)
  if (pending !== undefined) setAttribute(user, name, pending)
  user.attributes.set(`${name}_verified`, 'true')
  return {}
}

/** ChangePassword. */
export async function changePassword(
  service: Service,
  input: Input<'ChangePassword'>,
): Output<'ChangePassword'> {
  const { pool, user } = await holderOf(service, input.AccessToken)
  countAgainstQuota(service, user, 'ChangePassword')
  const { PreviousPassword } = input
  if (PreviousPassword !== undefined) checkPassword(service, pool, user, PreviousPassword)
  else if (user.password) wrongCredentials()
  checkPolicy(pool, input.ProposedPassword)
  setPassword(service, pool, user, input.ProposedPassword)
  return {}
}

/** DeleteUser, which answers with nothing at all. */
export async function deleteUser(
  service: Service,
  input: Input<'DeleteUser'>,
): Output<'DeleteUser'> {
  const { pool, user } = await holderOf(service, input.AccessToken)
  pool.users.delete(user.username)
  return {}
}

/** GetUserAuthFactors. */
export async function getUserAuthFactors(
  service: Service,
  input: Input<'GetUserAuthFactors'>,
): Output<'GetUserAuthFactors'> {
  const { pool, user } = await holderOf(service, input.AccessToken)
  const { MFAOptions: _, ...mfa } = mfaOf(user)
  const factors = firstFactors({ pool, user }).filter((name) => name !== 'PASSWORD_SRP')
  return {
    ConfiguredUserAuthFactors: factors as ('PASSWORD' | 'EMAIL_OTP' | 'SMS_OTP' | 'WEB_AUTHN')[],
    Username: user.username,
    ...mfa,
  }
}
