// What every engine is asked, as one script that needs nothing of a host.
import { utf8 } from '../../src/bytes.ts'
import { isAuthError } from '../../src/errors.ts'
import * as srp from '../../src/srp/index.ts'
import { checkVectors } from './vectors.ts'
import type { Outcome, VectorFile } from './vectors.ts'

/** What came of it. */
export interface Examination {
  readonly outcome: Outcome
  /** The same of two vectors that are wrong in a digit. */
  readonly outcomeOfWrong: Outcome
  readonly timestamp: string
  /** In UTF-8, what no engine's regular expressions may spoil. */
  readonly loneSurrogates: readonly number[]
  /** What is said to a B of N, and to the B below. */
  readonly answers: readonly [toN: string, toLess: string]
}

/** Holds the engine against the vectors. */
export async function examine(file: VectorFile): Promise<Examination> {
  return {
    outcome: await checkVectors(srp, file),
    outcomeOfWrong: await checkVectors(srp, wrongInADigit(file)),
    timestamp: srp.timestamp(Date.UTC(2026, 8, 4, 3, 5, 9)),
    loneSurrogates: [...utf8('a\udc00b\ud83d')],
    answers: [await answerTo(srp.N), await answerTo(srp.N - 1n)],
  }
}

function wrongInADigit({ srp: [signIn], device: [device] }: VectorFile): VectorFile {
  const { expected: claim } = signIn!
  const { expected: secret } = device!
  return {
    srp: [{ ...signIn!, expected: { ...claim, S: otherDigit(claim.S) } }],
    device: [{ ...device!, expected: { ...secret, verifierHex: otherDigit(secret.verifierHex) } }],
  }
}

const otherDigit = (hex: string): string => hex.slice(0, -1) + (hex.endsWith('0') ? '1' : '0')

async function answerTo(B: bigint): Promise<string> {
  const keyPair = await srp.createKeyPair(new Uint8Array(40).fill(1))
  const challenge = {
    USER_ID_FOR_SRP: 'ada',
    SALT: '1',
    SRP_B: B.toString(16),
    SECRET_BLOCK: 'c2VjcmV0',
  }
  const userPoolId = 'eu-west-1_Ab12Cd34E'
  return srp.passwordClaim({ keyPair, challenge, userPoolId, password: 'secret', now: 0 }).then(
    () => 'a claim',
    (error: unknown) => (isAuthError(error) ? error.code : String(error)),
  )
}
