// Does what a flow decided: one row an effect. What the service or the network refuses comes back as an
// outcome like any other.
import type { Core } from '../core.ts'
import { AuthError, isAuthError } from '../errors.ts'
import type { Signal } from '../ports.ts'
import type { TextByName } from '../wire/operations.ts'
import { confirmSignUp, resetPassword, send, signInAfter, signUp } from './accounts.ts'
import type { Beginning } from './begin.ts'
import type { Do, Effect, Outcome } from './event.ts'
import { keep, rememberDevice } from './keep.ts'
import { canRepeat, forget, startLine, threadOf } from './line.ts'
import type { Line, Particulars, Thread } from './line.ts'
import { dropDevice } from './memory.ts'
import { askPasskey, choose, makeSecret, meetDevice, prove, proveSecret } from './proofs.ts'
import { initiate, respond } from './requests.ts'

/** What is told to an effect for its time. */
export interface Circumstances {
  readonly signal: Signal
  readonly clientMetadata: TextByName | undefined
}

/** One sign-in's performer. */
export interface Performer {
  perform(effect: Effect, circumstances: Circumstances): Promise<Outcome>
  /** A person has answered: what was only for the challenges before is over. */
  asked(): void
  /** What was answered last is given up: the sign-in is again where it was asked. */
  back(): void
  /** Forgets every secret. */
  forget(): void
  /** The secret of the authenticator app that is being set up. */
  secret(): string | undefined
  thread(): Thread
}

type Doer = (line: Line, effect: Effect) => Promise<Outcome>

/** What each effect does to a sign-in. */
const effects: {
  readonly [Name in Effect['do']]: (line: Line, effect: Do<Name>) => Promise<Outcome>
} = {
  initiate: (line) => initiate(line),
  respond: (line, { to, answers }) => respond(line, to, answers),
  prove,
  meetDevice,
  choose,
  askPasskey,
  makeSecret,
  proveSecret,
  again: (line) => line.again(line),
  againWithoutDevice: async (line) => {
    await forgetDevice(line)
    return line.again(line)
  },
  repeat: async (line, { reason }) => {
    if (reason) await forgetDevice(line)
    if (!canRepeat(line)) throw reason ?? new AuthError({ code: 'session-expired' })
    line.reason = reason
    line.repeating = true
    line.round = 0
    return initiate(line)
  },
  signUp,
  confirmSignUp,
  send,
  resetPassword,
  signInAfter,
  keep,
  rememberDevice,
}

/** Starts with what a person gave, or with what was kept of a sign-in. */
export function createPerformer(
  core: Core,
  beginning: Beginning,
  given: Particulars,
  kept?: Thread,
): Performer {
  const line = startLine(core, beginning, given, kept, initiate)
  let doing: Promise<unknown> | undefined

  return {
    perform: async (effect, { signal, clientMetadata }) => {
      // What was given up ends by its own signal: it must not go on by this one.
      await doing
      line.signal = signal
      line.metadata = clientMetadata
      line.answering = undefined
      try {
        const done = (effects[effect.do] as Doer)(line, effect)
        // A ceremony is waited for by the next one alone: browsers may take their time.
        doing = effect.do === 'askPasskey' ? undefined : done.catch(() => undefined)
        return await done
      } catch (error) {
        if (!isAuthError(error)) throw error
        const { answering: challenge, device } = line
        // What was no good once is no good twice: fresh options for the next ceremony.
        if (/^(wrong-credentials|bad-response)$/.test(error.code)) line.passkeyOptions = undefined
        return { type: 'refused', error: explained(error), challenge, byDevice: !!device }
      }
    },
    asked: () => {
      line.run = 0
      line.repeating = false
      line.reason = undefined
      line.ground = threadOf(line)
    },
    back: () => {
      Object.assign(line, line.ground)
    },
    forget: () => {
      forget(line)
    },
    secret: () => line.secret,
    thread: () => threadOf(line),
  }
}

async function forgetDevice(line: Line): Promise<void> {
  if (line.device) await dropDevice(line.core, line.device.sub)
  line.device = undefined
}

/** Says what to do where the app client does not allow the flow that was asked for. */
function explained(error: AuthError): AuthError {
  const { code, detail = '' } = error
  if (code !== 'flow-not-enabled') return error
  const advice = 'allow it in ExplicitAuthFlows'
  const more = { detail: `${detail} (${advice})`, cause: error }
  return new AuthError(Object.assign({}, error, more))
}
