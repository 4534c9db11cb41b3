import { createKeyPair, passwordClaim } from 'latchkey/srp'

export const contestant = {
  name: 'latchkey',
  randomBytes: 40,
  async start({ random, ...input }) {
    const keyPair = await createKeyPair(random)
    return {
      A: keyPair.publicKey,
      finish: async (challenge) =>
        (await passwordClaim({ ...input, keyPair, challenge })).PASSWORD_CLAIM_SIGNATURE,
    }
  },
}
