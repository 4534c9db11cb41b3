// Its own files, which it does not export, called as its sign-in calls them. In React Native it asks a
// native module for the power; this is what it does wherever there is none.
import { BigInteger } from '../../../node_modules/@aws-amplify/auth/dist/esm/providers/cognito/utils/srp/BigInteger/index.mjs'
import {
  getAuthenticationHelper,
  getNowString,
  getSignatureString,
} from '../../../node_modules/@aws-amplify/auth/dist/esm/providers/cognito/utils/srp/index.mjs'
import { prepareRandom } from './host.mjs'

export const contestant = {
  name: 'aws-amplify',
  randomBytes: 128,
  async start({ random, userPoolId, password }) {
    prepareRandom(random)
    const [, userPoolName] = userPoolId.split('_')
    const helper = await getAuthenticationHelper(userPoolName)
    return {
      A: helper.A.toString(16),
      async finish(challengeParameters) {
        const username = challengeParameters.USER_ID_FOR_SRP
        const hkdf = await helper.getPasswordAuthenticationKey({
          username,
          password,
          serverBValue: new BigInteger(challengeParameters.SRP_B, 16),
          salt: new BigInteger(challengeParameters.SALT, 16),
        })
        const dateNow = getNowString()
        return getSignatureString({ username, userPoolName, challengeParameters, dateNow, hkdf })
      },
    }
  },
}
