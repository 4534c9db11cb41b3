import { Amplify } from 'aws-amplify'
import { cognitoUserPoolsTokenProvider } from 'aws-amplify/auth/cognito'
import { MemoryStorage } from './clients.ts'
import type { OpenPool } from './clients.ts'

/**
 * Points aws-amplify, as it comes from npm, at a pool by its own public option. It has one state for all:
 * every test does this anew, with storage of its own.
 */
export function configureAmplify({ pool, endpoint }: OpenPool): MemoryStorage {
  const storage = new MemoryStorage()
  const { userPoolId, clientId: userPoolClientId } = pool
  Amplify.configure({
    Auth: { Cognito: { userPoolId, userPoolClientId, userPoolEndpoint: endpoint } },
  })
  cognitoUserPoolsTokenProvider.setKeyValueStorage({
    getItem: (key) => Promise.resolve(storage.getItem(key)),
    setItem: (key, value) => {
      storage.setItem(key, value)
      return Promise.resolve()
    },
    removeItem: (key) => {
      storage.removeItem(key)
      return Promise.resolve()
    },
    clear: () => {
      storage.clear()
      return Promise.resolve()
    },
  })
  return storage
}
