// The 32 operations, each by its name.
import type { OperationName, Operations } from '../wire/operations.ts'
import * as devices from './devices.ts'
import * as factors from './factors.ts'
import * as passkeys from './passkeys.ts'
import * as profile from './profile.ts'
import * as risk from './risk.ts'
import type { Service } from './service.ts'
import * as signIn from './sign-in.ts'
import * as signUp from './sign-up.ts'
import * as tokens from './token-operations.ts'

/** One operation. */
export type Handler<Name extends OperationName> = (
  service: Service,
  input: Operations[Name]['input'],
) => Promise<Operations[Name]['output']>

/** All of them. */
export const operations: { readonly [Name in OperationName]: Handler<Name> } = {
  AssociateSoftwareToken: factors.associateSoftwareToken,
  ChangePassword: profile.changePassword,
  CompleteWebAuthnRegistration: passkeys.completeWebAuthnRegistration,
  ConfirmDevice: devices.confirmDevice,
  ConfirmForgotPassword: signUp.confirmForgotPassword,
  ConfirmSignUp: signUp.confirmSignUp,
  DeleteUser: profile.deleteUser,
  DeleteUserAttributes: profile.deleteUserAttributes,
  DeleteWebAuthnCredential: passkeys.deleteWebAuthnCredential,
  ForgetDevice: devices.forgetDevice,
  ForgotPassword: signUp.forgotPassword,
  GetDevice: devices.getDevice,
  GetTokensFromRefreshToken: tokens.getTokensFromRefreshToken,
  GetUser: profile.getUser,
  GetUserAttributeVerificationCode: profile.getUserAttributeVerificationCode,
  GetUserAuthFactors: profile.getUserAuthFactors,
  GlobalSignOut: tokens.globalSignOut,
  InitiateAuth: signIn.initiateAuth,
  ListDevices: devices.listDevices,
  ListWebAuthnCredentials: passkeys.listWebAuthnCredentials,
  ResendConfirmationCode: signUp.resendConfirmationCode,
  RespondToAuthChallenge: signIn.respondToAuthChallenge,
  RevokeToken: tokens.revokeToken,
  SetUserMFAPreference: factors.setUserMfaPreference,
  SetUserSettings: factors.setUserSettings,
  SignUp: signUp.signUp,
  StartWebAuthnRegistration: passkeys.startWebAuthnRegistration,
  UpdateAuthEventFeedback: risk.updateAuthEventFeedback,
  UpdateDeviceStatus: devices.updateDeviceStatus,
  UpdateUserAttributes: profile.updateUserAttributes,
  VerifySoftwareToken: factors.verifySoftwareToken,
  VerifyUserAttribute: profile.verifyUserAttribute,
}

/** These have no output at all: not even `{}`. */
export const silent: ReadonlySet<string> = /* @__PURE__ */ new Set(['DeleteUser', 'ForgetDevice'])
