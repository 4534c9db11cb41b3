import type { OperationName } from './operations.ts'

// How each operation is sent: what the configuration adds to its input, and whether it may be sent
// again when nobody knows what became of the first try.

/** A second try does what the first would have done, and no more. */
const repeat = 1
/** A success may be an empty body. */
export const empty = 2
/** `ClientId` is added. */
export const clientId = 4
/** `ClientSecret` is added. */
export const clientSecret = 8
/** `ClientMetadata` is added. */
export const clientMetadata = 16
/** `UserContextData` is added, and the hash of the client secret: to the input or its parameters. */
export const person = 32
/** `UserPoolId` is added. */
export const userPoolId = 64

const client = clientId | clientMetadata | person

/** One row an operation; a comment says why a row without `repeat` lacks it. */
export const conduct: Readonly<Record<OperationName, number>> = {
  // With a sign-in session, the first try may have used it up.
  AssociateSoftwareToken: 0,
  // The old password is wrong the second time, and wrong tries are counted.
  ChangePassword: 0,
  // The challenge is used up.
  CompleteWebAuthnRegistration: empty,
  // A device is confirmed once.
  ConfirmDevice: 0,
  // Codes are used up, and wrong ones are counted.
  ConfirmForgotPassword: client,
  ConfirmSignUp: client,
  // The second try would say that there is no such person.
  DeleteUser: empty,
  DeleteUserAttributes: repeat,
  // The second try would say that there is no such passkey, no such device.
  DeleteWebAuthnCredential: 0,
  ForgetDevice: empty,
  // Sends a message and makes the code of the former one worthless.
  ForgotPassword: client,
  GetDevice: repeat,
  // With rotation on, the first try may have spent the token.
  GetTokensFromRefreshToken: clientId | clientSecret | clientMetadata,
  GetUser: repeat,
  // Sends a message and makes the code of the former one worthless.
  GetUserAttributeVerificationCode: clientMetadata,
  GetUserAuthFactors: repeat,
  // The second try would say that the access token is revoked.
  GlobalSignOut: 0,
  // By its flow: see `mayRepeat`.
  InitiateAuth: client,
  ListDevices: repeat,
  ListWebAuthnCredentials: repeat,
  // Sends a message and makes the code of the former one worthless.
  ResendConfirmationCode: client,
  // Sessions, proofs and codes count once.
  RespondToAuthChallenge: client,
  RevokeToken: repeat | clientId | clientSecret,
  SetUserMFAPreference: repeat,
  SetUserSettings: repeat,
  // The second try would find the name taken.
  SignUp: client,
  // Only the newest options count, and those are the ones handed out.
  StartWebAuthnRegistration: repeat,
  // Nothing says that a feedback token may come twice.
  UpdateAuthEventFeedback: userPoolId,
  UpdateDeviceStatus: repeat,
  // A new address is sent a code.
  UpdateUserAttributes: clientMetadata,
  // Codes are used up, and wrong ones are counted.
  VerifySoftwareToken: 0,
  VerifyUserAttribute: 0,
}

/**
 * Whether a request may be sent again by itself. A sign-in only begins anew without a trace where
 * the first step is SRP, or where it is a refresh without rotation (the service refuses rotating
 * tokens there): every other flow may send a code, count a wrong password or run a Lambda.
 */
export const mayRepeat = (operation: OperationName, flow: unknown): boolean =>
  !!(conduct[operation] & repeat) ||
  (operation === 'InitiateAuth' && /^(USER_SRP_AUTH|REFRESH_TOKEN(_AUTH)?)$/.test(String(flow)))
