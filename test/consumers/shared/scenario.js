/** A call that succeeds, one that is refused, and arithmetic, with the library as its consumer got it. */
export async function scenario({ AuthError, createAuth, createKeyPair, isAuthError }, endpoint) {
  const auth = createAuth({ userPoolId: 'eu-west-1_Consumer1', clientId: 'consumer', endpoint })
  const { Username } = await auth.call('GetUser', { AccessToken: 'good' })
  const refusal = await auth.call('GetUser', { AccessToken: 'old' }).catch((error) => error)
  if (!isAuthError(refusal, 'GetUser') || !(refusal instanceof AuthError)) throw refusal
  const { publicKey } = await createKeyPair(new Uint8Array(40).fill(1))
  return [Username, refusal.name, refusal.code, refusal.status, publicKey.slice(0, 8)].join(' ')
}

export const expected = 'ada AuthError access-token-expired 400 efcb4385'
