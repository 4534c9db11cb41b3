// Its own sign-in, with a client that does not send: what it would have sent is what it computed.
import { AuthenticationDetails, CognitoUser, CognitoUserPool } from 'amazon-cognito-identity-js'
import { prepareRandom } from './host.mjs'

const memory = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined }

export const contestant = {
  name: 'amazon-cognito-identity-js',
  randomBytes: 128,
  start({ random, userPoolId, username, password }) {
    prepareRandom(random)
    const Pool = new CognitoUserPool({
      UserPoolId: userPoolId,
      ClientId: 'client',
      Storage: memory,
    })
    const user = new CognitoUser({ Username: username, Pool, Storage: memory })
    let sent, answer
    user.client = { request: (operation, body, callback) => ([sent, answer] = [body, callback]) }
    user.authenticateUser(new AuthenticationDetails({ Username: username, Password: password }), {
      onFailure(error) {
        throw error
      },
    })
    return {
      A: sent.AuthParameters.SRP_A,
      finish(ChallengeParameters) {
        answer(null, { ChallengeName: 'PASSWORD_VERIFIER', ChallengeParameters })
        return sent.ChallengeResponses.PASSWORD_CLAIM_SIGNATURE
      },
    }
  },
}
