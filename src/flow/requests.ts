// The two requests that a sign-in is made of, and what the service says to them.
import type { ChallengeName, InitiateAuthOutput, TextByName } from '../wire/operations.ts'
import { factors } from './begin.ts'
import { challenges } from './challenges.ts'
import type { Outcome } from './event.ts'
import { bad, canRepeat, findDevice, newKeys, renew } from './line.ts'
import type { Line } from './line.ts'
import type { FirstFactor } from './step.ts'

/** Begins the sign-in, with a first factor where the person chooses. */
export async function initiate(
  line: Line,
  by: FirstFactor | undefined = line.prefer,
): Promise<Outcome> {
  line.again = () => initiate(line, by)
  line.answering = undefined
  const { core, beginning, signUpSession } = line
  const { flow, srp } = signUpSession === undefined ? beginning : afterSignUp
  await findDevice(line)
  renew(line)
  // Whoever has given a code already is asked for nothing more.
  const first = flow === 'USER_AUTH' && signUpSession === undefined ? by : undefined
  const wantsSrp = flow === 'USER_SRP_AUTH' || srp || first === 'PASSWORD_SRP'
  const sendsPassword = flow === 'USER_PASSWORD_AUTH' || first === 'PASSWORD'
  const output = await core.call(
    'InitiateAuth',
    {
      AuthFlow: flow,
      Session: signUpSession,
      AuthParameters: {
        USERNAME: beginning.username,
        PREFERRED_CHALLENGE: first,
        CHALLENGE_NAME: srp ? 'SRP_A' : undefined,
        SRP_A: wantsSrp ? await newKeys(line) : undefined,
        PASSWORD: sendsPassword ? line.password : undefined,
        DEVICE_KEY: line.device?.key,
      },
      ClientMetadata: line.metadata,
    },
    line,
  )
  if (sendsPassword && !beginning.keepPassword) line.password = undefined
  line.prefer = by
  return read(line, output)
}

/** The sign-in that a confirmed sign-up has earned. */
const afterSignUp = { flow: 'USER_AUTH', srp: false } as const

/** Answers a challenge. */
export async function respond(
  line: Line,
  to: ChallengeName,
  answers: TextByName,
): Promise<Outcome> {
  line.again = () => respond(line, to, answers)
  line.answering = to
  await findDevice(line)
  const output = await line.core.call(
    'RespondToAuthChallenge',
    {
      ChallengeName: to,
      Session: line.session,
      ChallengeResponses: { USERNAME: line.username, DEVICE_KEY: line.device?.key, ...answers },
      ClientMetadata: line.metadata,
    },
    line,
  )
  const { NEW_PASSWORD: changed, PASSWORD_CLAIM_SIGNATURE: proof, EMAIL: address } = answers
  if (changed !== undefined && line.password !== undefined) line.password = changed
  if ((proof ?? answers['PASSWORD']) !== undefined && !line.beginning.keepPassword)
    line.password = undefined
  if (to === 'SELECT_MFA_TYPE' || address !== undefined) line.chosen[to] = answers
  return read(line, output)
}

/** More challenges in a row that nobody has to answer than any pool has. */
const longestRun = 10

const isFirstFactor = (name: string): name is FirstFactor => factors.includes(name as FirstFactor)

/** What the service says comes next. */
function read(line: Line, output: InitiateAuthOutput): Outcome {
  const { AuthenticationResult: result, ChallengeName: name } = output
  const { ChallengeParameters: parameters = {} } = output
  line.signUpSession = undefined
  if (result) return { type: 'granted', result }
  if (name === undefined) return bad('ChallengeName')
  if (!Object.hasOwn(challenges, name))
    return bad(name.replace(/\W/g, '').slice(0, 60), 'challenge-unknown')
  // Whatever it was before: the session of the last challenge is the only one that counts.
  line.session = output.Session
  line.open = name
  if (++line.run > longestRun) return bad(name)
  line.username = parameters['USER_ID_FOR_SRP'] ?? parameters['USERNAME'] ?? line.username
  line.available = output.AvailableChallenges?.filter(isFirstFactor) ?? line.available
  renew(line)
  if (name === 'CUSTOM_CHALLENGE') line.round++
  const { available, chosen, expiresAt, reason, repeating, round } = line
  return {
    type: 'posed',
    posed: {
      ...{ name, parameters, expiresAt, available, reason, round },
      // The pool's own questions have to be answered by the person again.
      canResend: canRepeat(line) && round === 0,
      chosen: repeating ? chosen[name] : undefined,
    },
  }
}
