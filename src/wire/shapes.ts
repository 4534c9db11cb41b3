import type { OperationName } from './operations.ts'

// What the service's answers must be, so that no answer of another shape gets past the door. In
// them, a name has one type wherever it stands, and the ends of the names tell the types: a test
// holds these patterns against the model. A member of a name that fits none is new: let through.

const texts =
  /(Token|ame|Key|Id|Type|Code|Session|Status|Sub|Value|Destination|Medium|Attachment|aSetting)$/
const textLists = /(Transports|Challenges|Factors|SettingList)$/
const lists = /(Attributes|MFAOptions|DetailsList|Devices|Credentials)$/
const structures = /(Result|Details|Device|Metadata)$/

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
const isObject = (value: unknown): boolean => Object(value) === value && !Array.isArray(value)
const all = (value: unknown, test: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(test)

const fits = (name: string, value: unknown): boolean =>
  texts.test(name)
    ? isText(value)
    : /(Date|edAt|sIn)$/.test(name)
      ? typeof value === 'number'
      : name.startsWith('UserConfirm')
        ? typeof value === 'boolean'
        : textLists.test(name)
          ? all(value, isText)
          : lists.test(name)
            ? all(value, (item) => isShaped(name, item))
            : structures.test(name)
              ? isShaped(name, value)
              : !/^(ChallengeParameters|CredentialCreationOptions)$/.test(name) || isObject(value)

/** Whether something is what an operation, or a member of this name, is known to hold. */
export const isShaped = (
  name: string,
  value: unknown,
): value is Readonly<Record<string, unknown>> =>
  isObject(value) &&
  (holds[name] ?? '').split(' ').every((member) => !member || member in (value as object)) &&
  Object.entries(value as object).every((member) => fits(...member))
