// The administrator's operations, each by its name: what sets a pool up with the provider's own tools.
import type { Operations } from '../wire/operations.ts'
import { administrationShapes } from './administration-shapes.ts'
import * as people from './administer-people.ts'
import * as pools from './administer-pools.ts'
import type { SignedOperations, Service } from './service.ts'
import { initiateAuth, respondToAuthChallenge } from './sign-in.ts'

const flows = [
  'ADMIN_USER_PASSWORD_AUTH',
  'USER_SRP_AUTH',
  'CUSTOM_AUTH',
  'USER_AUTH',
  'REFRESH_TOKEN_AUTH',
]

type Input<Name extends 'InitiateAuth' | 'RespondToAuthChallenge'> = Operations[Name]['input'] &
  pools.PoolInput

/** All of them. */
export const administration: SignedOperations = {
  operations: {
    AdminAddUserToGroup: people.adminAddUserToGroup,
    AdminConfirmSignUp: people.adminConfirmSignUp,
    AdminCreateUser: people.adminCreateUser,
    AdminDeleteUser: people.adminDeleteUser,
    AdminDisableUser: people.adminDisableUser,
    AdminEnableUser: people.adminEnableUser,
    AdminForgetDevice: people.adminForgetDevice,
    AdminGetDevice: people.adminGetDevice,
    AdminGetUser: people.adminGetUser,
    // The steps are the same ones, and so are the sessions: either side can go on where the other began.
    AdminInitiateAuth: (service: Service, input: Input<'InitiateAuth'>) => {
      pools.clientIn(service, input)
      return initiateAuth(service, input, flows)
    },
    AdminListDevices: people.adminListDevices,
    AdminRemoveUserFromGroup: people.adminRemoveUserFromGroup,
    AdminResetUserPassword: people.adminResetUserPassword,
    AdminRespondToAuthChallenge: (service: Service, input: Input<'RespondToAuthChallenge'>) => {
      pools.clientIn(service, input)
      return respondToAuthChallenge(service, input)
    },
    AdminSetUserMFAPreference: people.adminSetUserMfaPreference,
    AdminSetUserPassword: people.adminSetUserPassword,
    AdminUpdateUserAttributes: people.adminUpdateUserAttributes,
    AdminUserGlobalSignOut: people.adminUserGlobalSignOut,
    CreateGroup: people.createGroup,
    CreateUserPool: pools.createUserPool,
    CreateUserPoolClient: pools.createUserPoolClient,
    DeleteUserPool: pools.deleteUserPool,
    DeleteUserPoolClient: pools.deleteUserPoolClient,
    DescribeUserPool: pools.describeUserPool,
    DescribeUserPoolClient: pools.describeUserPoolClient,
    GetUserPoolMfaConfig: pools.getUserPoolMfaConfig,
    ListUserPoolClients: pools.listUserPoolClients,
    ListUserPools: pools.listUserPools,
    ListUsers: people.listUsers,
    SetUserPoolMfaConfig: pools.setUserPoolMfaConfig,
    UpdateUserPool: pools.updateUserPool,
    UpdateUserPoolClient: pools.updateUserPoolClient,
  },
  shapes: administrationShapes,
  silent: /* @__PURE__ */ new Set([
    'AdminAddUserToGroup',
    'AdminDeleteUser',
    'AdminForgetDevice',
    'AdminRemoveUserFromGroup',
    'DeleteUserPool',
    'DeleteUserPoolClient',
  ]),
}
