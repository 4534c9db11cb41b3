import type { OperationName } from './operations.ts'

// What the service's answers must be, so that no answer of another shape gets past the door. In
// them, a name has one type wherever it stands. A member that is not named here is new: let through.

const texts =
  /^((Access|Id|Refresh|Next|Pagination)Token|TokenType|((Attribute|Challenge|FriendlyCredential)?N|Usern)ame|Device(Group)?Key|(Credential|RelyingParty)Id|SecretCode|Session|Status|UserSub|Value|Destination|DeliveryMedium|AuthenticatorAttachment|PreferredMfaSetting)$/
const numbers = /^(ExpiresIn|CreatedAt|Device(Create|Last(Authenticated|Modified))Date)$/
const booleans = /^UserConfirm(ed|ationNecessary)$/
const textLists =
  /^(AuthenticatorTransports|AvailableChallenges|ConfiguredUserAuthFactors|UserMFASettingList)$/
const lists = /^((Device|User)Attributes|MFAOptions|CodeDeliveryDetailsList|Devices|Credentials)$/
const structures = /^(AuthenticationResult|CodeDeliveryDetails|Device|NewDeviceMetadata)$/

/** What cannot be missing in an operation's output, or in each member of a list. */
const holds: Readonly<Record<string, string>> = {
  Credentials:
    'AuthenticatorTransports CreatedAt CredentialId FriendlyCredentialName RelyingPartyId',
  DeviceAttributes: 'Name',
  GetDevice: 'Device',
  GetUser: 'UserAttributes Username',
  GetUserAuthFactors: 'Username',
  ListWebAuthnCredentials: 'Credentials',
  SignUp: 'UserConfirmed UserSub',
  StartWebAuthnRegistration: 'CredentialCreationOptions',
  UserAttributes: 'Name',
} satisfies Partial<Record<OperationName, string>> & Record<string, string>

const isText = (value: unknown): boolean => typeof value === 'string'
const isObject = (value: unknown): value is object =>
  Object(value) === value && !Array.isArray(value)
const isList = (value: unknown, fits: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && [...(value as unknown[])].every(fits)

function fits(name: string, value: unknown): boolean {
  if (texts.test(name)) return isText(value)
  if (numbers.test(name)) return typeof value === 'number'
  if (booleans.test(name)) return typeof value === 'boolean'
  if (textLists.test(name)) return isList(value, isText)
  if (lists.test(name)) return isList(value, (item) => isShaped(name, item))
  if (structures.test(name)) return isShaped(name, value)
  if (name === 'ChallengeParameters') return isObject(value) && Object.values(value).every(isText)
  return name !== 'CredentialCreationOptions' || isObject(value)
}

/** Whether something is what an operation, or a member of this name, is known to hold. */
export const isShaped = (
  name: string,
  value: unknown,
): value is Readonly<Record<string, unknown>> =>
  isObject(value) &&
  (holds[name]?.split(' ') ?? []).every((member) => member in value) &&
  Object.entries(value).every((member) => fits(...member))
