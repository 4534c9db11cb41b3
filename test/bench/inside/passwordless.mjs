// Its own functions, which bundle.mjs makes its file export.
import { Passwordless } from 'amazon-cognito-passwordless-auth'
import {
  calculateLargeAHex,
  calculateSrpSignature,
  generateSmallA,
} from 'amazon-cognito-passwordless-auth/srp'
import { prepareRandom } from './host.mjs'

export const contestant = {
  name: 'amazon-cognito-passwordless-auth',
  randomBytes: 128,
  async start({ random, userPoolId, password }) {
    Passwordless.configure({ userPoolId, clientId: 'client' })
    prepareRandom(random)
    const smallA = generateSmallA()
    const largeAHex = await calculateLargeAHex(smallA)
    return {
      A: largeAHex,
      async finish({ SALT, SRP_B, SECRET_BLOCK, USER_ID_FOR_SRP }) {
        const { passwordClaimSignature } = await calculateSrpSignature({
          smallA,
          largeAHex,
          srpBHex: SRP_B,
          salt: SALT,
          username: USER_ID_FOR_SRP,
          userPoolId,
          password,
          secretBlock: SECRET_BLOCK,
        })
        return passwordClaimSignature
      },
    }
  },
}
