// Steps that ask for a password: its proof, which a device gives in the same way, or a new one.
import { toBase64 } from '../bytes.ts'
import type { ChallengeOutput } from '../wire/operations.ts'
import { requiredAttributes } from './attributes.ts'
import { invalid } from './fault.ts'
import { ownerOf, verifierFor } from './passwords.ts'
import { askForProof } from './proofs.ts'
import type { Owner } from './proofs.ts'
import { openSession, sessionEnd, sweep } from './sessions.ts'
import type { PendingProof } from './state.ts'
import { nameOf, person, pose } from './under-way.ts'
import type { SignIn } from './under-way.ts'

/** Asks for the proof of a password. */
export function poseProof(signIn: SignIn, A: string): ChallengeOutput {
  const { service, client, pool, user, facts } = signIn
  const name = nameOf(signIn)
  // What counts against nobody is not looked for here: to ask is no try.
  const account = user ?? { username: name }
  const parameters = { USER_ID_FOR_SRP: name, USERNAME: name }
  const kept = verifierFor(pool, account)
  const asked = poseProofOf(signIn, ownerOf(pool, account), kept, A, parameters)
  // The plain flow needs no session: the secret block says it all.
  if (facts.flow === 'USER_SRP_AUTH') return { ChallengeName: 'PASSWORD_VERIFIER', ...asked }
  const session = openSession(service, client, { facts, challenge: 'PASSWORD_VERIFIER' })
  return { ChallengeName: 'PASSWORD_VERIFIER', ...asked, Session: session }
}

/** Draws B and keeps what the answer will be checked with under the secret block. */
export function poseProofOf(
  { service, client, facts }: SignIn,
  owner: Owner,
  { salt, verifier }: { readonly salt: string; readonly verifier: string },
  A: string,
  parameters: Readonly<Record<string, string>>,
  challenge: PendingProof['challenge'] = 'PASSWORD_VERIFIER',
): Pick<ChallengeOutput, 'ChallengeParameters'> {
  if (!/^[\da-f]{1,1024}$/i.test(A)) invalid('Invalid SRP_A')
  const open = askForProof(owner, verifier, A, service.random(40))
  sweep(service)
  const block = toBase64(service.random(1005))
  service.state.proofs.set(block, { ...open, challenge, facts, until: sessionEnd(service, client) })
  return {
    ChallengeParameters: { ...parameters, SALT: salt, SECRET_BLOCK: block, SRP_B: open.B },
  }
}

/** Asks for a new password, and for whatever is required and missing. */
export function poseNewPassword(signIn: SignIn): ChallengeOutput {
  const { attributes, username } = person(signIn)
  const missing = requiredAttributes(signIn.pool).filter((name) => !attributes.get(name))
  return pose(signIn, 'NEW_PASSWORD_REQUIRED', {
    USER_ID_FOR_SRP: username,
    requiredAttributes: JSON.stringify(missing.map((name) => `userAttributes.${name}`)),
    userAttributes: JSON.stringify(Object.fromEntries(attributes)),
  })
}
