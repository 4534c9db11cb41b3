/** One call that succeeds and one that is refused, with the library as the consumer has got it. */
export async function scenario({ AuthError, createAuth, isAuthError }, endpoint) {
  const auth = createAuth({ userPoolId: 'eu-west-1_Consumer1', clientId: 'consumer', endpoint })
  const { Username } = await auth.call('GetUser', { AccessToken: 'good' })
  const refusal = await auth.call('GetUser', { AccessToken: 'old' }).catch((error) => error)
  if (!isAuthError(refusal, 'GetUser') || !(refusal instanceof AuthError)) throw refusal
  return [Username, refusal.name, refusal.code, refusal.status].join(' ')
}

export const expected = 'ada AuthError access-token-expired 400'
