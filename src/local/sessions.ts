// The text that ties the steps of a sign-in together.
import { Fault, fail, invalid } from './fault.ts'
import { randomText } from './service.ts'
import type { Service } from './service.ts'
import type { Client, Session } from './state.ts'

/** How long a sign-in may take from step to step. */
export const sessionEnd = (service: Service, { settings }: Client): number =>
  service.now() + settings.AuthSessionValidity * 60_000

/** Begins to wait for an answer; gives the session's text, of the look and length of the service's. */
export function openSession(
  service: Service,
  client: Client,
  session: Omit<Session, 'until' | 'used'>,
): string {
  sweep(service)
  const text = `AYABe${randomText(service, 615)}`
  service.state.sessions.set(text, { ...session, until: sessionEnd(service, client), used: false })
  return text
}

const hour = 3_600_000

/** Clears away what is over, once an hour; for a while it is still known what was the matter with it. */
export function sweep({ state, now }: Service): void {
  if (now() < state.sweptAt + hour) return
  state.sweptAt = now()
  const nobodies = [...state.pools.values()].flatMap((pool) => pool.nobodies ?? [])
  const kinds = [state.sessions, state.proofs, state.deviceSignIns, ...nobodies]
  for (const kept of kinds as Map<string, Ending>[])
    for (const [text, { until }] of kept) if (until < now() - hour) kept.delete(text)
  for (const [eventId, { until }] of state.families)
    if (until < now() - hour) state.families.delete(eventId)
  for (const [fingerprint, eventId] of state.refreshTokens)
    if (!state.families.has(eventId)) state.refreshTokens.delete(fingerprint)
}

interface Ending {
  readonly until: number
}

/** The session of a text. Refuses one that is over, used, or of another challenge. */
export function findSession(
  service: Service,
  client: Client,
  text: string | undefined,
  challenges: readonly string[],
): Session {
  if (text === undefined) return invalid('Missing required parameter Session')
  const session = service.state.sessions.get(text)
  const isOurs = session?.facts.clientId === client.id && challenges.includes(session.challenge)
  if (!isOurs || session.until === 0) return fail('NotAuthorized', 'Invalid session for the user.')
  if (session.used)
    return fail('NotAuthorized', 'Invalid session for the user, session can only be used once.')
  if (session.until <= service.now())
    return fail('NotAuthorized', 'Invalid session for the user, session is expired.')
  return session
}

// After these the same session takes another try. Whether a wrong second factor really leaves it usable
// is reported both ways; here it does, as with every other code.
const forgiven = new Set([
  'CodeMismatchException',
  'EnableSoftwareTokenMFAException',
  'ExpiredCodeException',
  'InvalidParameterException',
  'InvalidPasswordException',
  'PasswordHistoryPolicyViolationException',
  // A device that is forgotten: clients drop it and send the same answer again without it.
  'ResourceNotFoundException',
])

/** Uses a session up, unless what is done with it fails in a way that can be mended. */
export async function spend<Value>(session: Session, work: () => Promise<Value>): Promise<Value> {
  // Before anything is waited for, so that of two answers only one counts.
  session.used = true
  try {
    return await work()
  } catch (error) {
    if (error instanceof Fault && forgiven.has(error.type)) session.used = false
    // Once Lambda has failed, the sign-in is as if it had never been.
    if (error instanceof Fault && error.type.includes('Lambda')) session.until = 0
    throw error
  }
}
