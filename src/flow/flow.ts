// The runner of a flow: applies `next`, tells listeners, has the effect done, feeds back what came of it.
import { coreOf } from '../core.ts'
import type { Auth, Core } from '../core.ts'
import { createEnding, heed } from '../ending.ts'
import type { Ending } from '../ending.ts'
import { AuthError, refuse } from '../errors.ts'
import { tell } from '../events.ts'
import type { StepEvent } from '../events.ts'
import { hostStorage } from '../ports.ts'
import type { KeyValueStorage } from '../ports.ts'
import { toBase64Url } from '../bytes.ts'
import { readRecord, writeRecord } from '../storage/records.ts'
import type { Versioned } from '../storage/records.ts'
import type { Beginning, FlowOptions } from './begin.ts'
import { start } from './challenges.ts'
import type { BusyDraft, Draft, Effect, FlowEvent } from './event.ts'
import { isWaiting, next } from './next.ts'
import { createPerformer } from './perform.ts'
import { canRepeat } from './line.ts'
import type { Particulars, Thread } from './line.ts'
import type { Performer } from './perform.ts'
import { resting } from './step.ts'
import type {
  AnswerTo,
  CodeStep,
  ConfirmSignUpStep,
  ResetPasswordStep,
  RestingStep,
  SetUpTotpStep,
  Step,
  WaitingStep,
} from './step.ts'

/** How a flow behaves. */
export interface FlowSettings {
  /**
   * Lets a link be opened in another tab of the same browser: the sign-in under way, with its session, is
   * then kept in `localStorage` until it is over. Default: `false`, in this tab alone.
   */
  readonly resumeAcrossTabs?: boolean | undefined
}

/** What `resume` takes. */
export interface ResumeOptions extends FlowOptions {
  /** The code or the answer that came by a link: given to the step that is found, or that waits here. */
  readonly answer?: string | undefined
}

/** How the secret of an authenticator app is shown. */
export interface TotpLabel {
  /** Your app's name, as the authenticator app shows it. */
  readonly issuer?: string | undefined
  /** Whose account it is. Default: the name of the sign-in. */
  readonly account?: string | undefined
}

/** Something that is done in steps, each of which may wait for a person. */
export interface Flow<Input> {
  /** Where it is. Another object after every move, the same until then. */
  readonly step: Step
  /**
   * Begins, or begins anew. Resolves with the next step that waits for a person; what the service or the
   * network refuses is that step's `error`. Rejects with a `TypeError` for a caller's mistake, which
   * changes nothing, and with the reason of its own signal, which leads to `start`: what was under way
   * before is given up by beginning.
   */
  readonly begin: (input: Input) => Promise<RestingStep>
  /**
   * Answers a step. Resolves and rejects as `begin` does; ended by its signal, the step can be answered
   * again. An answer to a step that is over is a `TypeError` and changes nothing.
   */
  readonly answer: <Given extends WaitingStep>(
    step: Given,
    answer: AnswerTo<Given>,
    options?: FlowOptions,
  ) => Promise<RestingStep>
  /** Has another code sent, where the step says `canResend`. */
  readonly resend: (
    step: CodeStep | ConfirmSignUpStep | ResetPasswordStep,
    options?: FlowOptions,
  ) => Promise<RestingStep>
  /**
   * Goes on where this tab was before it was reloaded, if something was under way. A sign-in that the
   * service does not keep any longer leads to `start` with the name and the reason.
   */
  readonly resume: (options?: ResumeOptions) => Promise<RestingStep>
  /** The secret that a person gives to an authenticator app, and its address for a QR code. */
  readonly totpSecret: (
    step: SetUpTotpStep,
    label?: TotpLabel,
  ) => { readonly secret: string; readonly uri: string }
  /** Tells of every move, until the function that it returns is called. */
  readonly subscribe: (listener: () => void) => () => void
  /** Gives up what is under way: a call that waits resolves with the step `start`. */
  readonly cancel: () => void
}

/** What is kept of a flow over a reload. */
interface KeptFlow extends Versioned {
  readonly step: WaitingStep
  readonly thread: Thread
}

/** One call of a flow that is under way. */
interface Turn extends Ending {
  /** Where the flow was when it was given up: its caller's promise is resolved with that. */
  left?: RestingStep
}

/** A flow from behind, for the ways to begin one. */
export interface Runner {
  readonly core: Core
  readonly step: () => Step
  readonly subscribe: (listener: () => void) => () => void
  /** What ends with `cancel`, even where that is no move. */
  readonly ending: Set<() => void>
  /** Gives up what is under way, and says why. */
  readonly giveUp: (error: AuthError) => RestingStep
  /** Begins anew with an effect. Without a performer, with one that knows what was given. */
  readonly begin: (
    beginning: Beginning,
    effect: Effect,
    options: FlowOptions & Particulars,
    performer?: Performer,
  ) => Promise<RestingStep>
}

/** A flow that begins in a way of its own. */
export function createFlow<Input extends FlowOptions>(
  auth: Auth,
  kind: StepEvent['flow'],
  begin: (runner: Runner, input: Input) => Promise<RestingStep>,
  { resumeAcrossTabs = false }: FlowSettings = {},
): readonly [Flow<Input>, Runner] {
  const core = coreOf(auth)
  const { config } = core
  const series = toBase64Url(config.random(6))
  const key = `latchkey.${config.clientId}.${kind}`
  const listeners = new Set<() => void>()
  const ending = new Set<() => void>()
  let count = 0
  let givenUp = 0
  let step = stamp(start(undefined))
  let performer: Performer | undefined
  let turn: Turn | undefined
  let kept: KeptFlow | undefined

  function stamp(draft: Draft | BusyDraft): Step {
    const id = `${series}.${count++}`
    const from = 'from' in draft ? { from: Object.freeze({ id, ...draft.from }) } : {}
    return Object.freeze({ ...draft, ...from, id } as Step)
  }

  /** The storages that a flow under way is kept in. */
  const storages = (): readonly KeyValueStorage[] =>
    [
      config.tabStorage ?? hostStorage('sessionStorage'),
      resumeAcrossTabs ? (hostStorage('localStorage') ?? config.storage) : undefined,
    ].filter((storage) => storage !== undefined)

  /** Keeps what a reload must not lose while the service waits for a person, and no secret after that. */
  function keep(isGranted = false): void {
    if (step.at === 'busy' && !isGranted) return
    // About the device the person is asked who is signed in already.
    const isOpen = isWaiting(step.at) && step.at !== 'rememberDevice'
    if (!isOpen && !isGranted) performer?.forget()
    const thread = isOpen ? performer?.thread() : undefined
    // An error is of the moment, and a text of JSON would not bring it back.
    const { error: _, ...shown } = step
    const record = (kept = thread && { version: 1, step: shown as WaitingStep, thread })
    // A storage may take its time: what was to be kept must not come after its end.
    for (const storage of storages())
      void writeRecord(storage, key, record).then(() => {
        if (kept !== record) void writeRecord(storage, key, kept)
      })
  }

  function move(to: Draft | BusyDraft): RestingStep {
    const made = (step = stamp(to))
    keep()
    tell(config.onEvent, { type: 'step', flow: kind, at: step.at, code: step.error?.code })
    for (const listener of [...listeners]) tell(listener)
    // Not where it is now: a listener may have begun anew.
    return made as RestingStep
  }

  async function run(
    event: FlowEvent,
    { signal, clientMetadata }: FlowOptions,
  ): Promise<RestingStep> {
    heed(signal)
    const before = resting(step)
    let [to, effect] = next(step, event)
    const mine = (turn = createEnding(signal) as Turn)
    const doer = performer!
    doer.asked()
    const settle = (): void => {
      mine.letGo()
      if (turn === mine) turn = undefined
    }
    try {
      for (;;) {
        // What a listener gives up from here on is the step that it hears of, not the way to it.
        if (!effect) settle()
        const reached = move(to)
        if (!effect) return reached
        // The service has let the person in: what was kept is used up, however long the rest takes.
        if (effect.do === 'keep') keep(true)
        const doing = doer.perform(effect, { signal: mine.signal, clientMetadata })
        const outcome = await Promise.race([doing, mine.ended])
        // Between the outcome and this line there are turns in which it can be given up.
        if (mine.left) return mine.left
        heed(signal)
        ;[to, effect] = next(step, outcome)
      }
    } catch (error) {
      if (mine.left) return mine.left
      mine.end()
      doer.back()
      settle()
      move(before)
      throw error
    } finally {
      settle()
    }
  }

  function cancel(): void {
    givenUp++
    for (const end of ending) end()
    const given = turn
    turn = undefined
    // Signed in already: what is given up is the question.
    const from = resting(step)
    const left =
      from.at === 'rememberDevice'
        ? move({ ...from, at: 'signedIn' })
        : isWaiting(step.at) || step.at === 'busy'
          ? move(start(undefined))
          : undefined
    // What a reload has left is given up, too.
    if (!left) keep()
    if (!given) return
    given.left = left!
    given.end()
  }

  /** Gives up what is under way, for something else. */
  function clear(): void {
    cancel()
    if (!turn || step.at !== 'busy') return
    // What a listener began on hearing of it goes the same way.
    performer?.forget()
    turn.left = step.from
    turn.end()
    turn = undefined
  }

  function subscribe(listener: () => void): () => void {
    // Wrapped, so that the same function can be there twice and each goes by itself.
    const told = (): void => {
      listener()
    }
    listeners.add(told)
    return () => {
      listeners.delete(told)
    }
  }

  const runner: Runner = {
    core,
    step: () => step,
    subscribe,
    ending,
    giveUp: (error) => {
      clear()
      return move(start(undefined, error))
    },
    begin: async (beginning, effect, options, begun) => {
      // Whoever does not want this any more does not give up what there is.
      heed(options.signal)
      clear()
      performer = begun ?? createPerformer(core, beginning, options)
      return run({ type: 'begun', username: beginning.username, effect }, options)
    },
  }

  /** The step, if it is the current one. */
  const current = (given: Step): void => {
    const { id } = Object(given) as Partial<Step>
    if (id !== step.id) refuse('step', 'the current one', 'another')
  }

  /** Where the flow is, or was before a reload; nothing where nobody had begun. */
  async function goOn(options: FlowOptions): Promise<RestingStep | undefined> {
    const [asked, before] = [step, givenUp]
    let found: KeptFlow | undefined
    for (const storage of storages())
      found ??= await readRecord<KeptFlow>(storage, key, 'step thread')
    // Something was begun meanwhile, or is under way: that goes on. What was given up does not.
    if (step !== asked || givenUp !== before || step.at !== 'start') return resting(step)
    if (!found || !isKept(found)) return undefined
    const { step: was, thread } = found
    const needsSession = was.at !== 'confirmSignUp' && was.at !== 'resetPassword'
    // What was to be tried once more is gone with the page.
    if (needsSession && (thread.endsAt <= config.clock.now() || was.at === 'retry'))
      return move(start(was.username, new AuthError({ code: 'session-expired' })))
    performer = createPerformer(core, thread.beginning, {}, thread)
    // The password is gone with the page; a sign-in without one can be repeated still.
    const canResend = !needsSession || canRepeat({ ...thread, password: undefined })
    const shown = 'canResend' in was ? { ...was, canResend: was.canResend && canResend } : was
    return run({ type: 'resumed', step: shown }, options)
  }

  const flow: Flow<Input> = {
    get step() {
      return step
    },
    begin: async (input) => begin(runner, input),
    answer: async (given, input, options = {}) => {
      current(given)
      return run({ type: 'answered', input: input as never }, options)
    },
    resend: async (given, options = {}) => {
      current(given)
      return run({ type: 'resend' }, options)
    },
    resume: async ({ answer, ...options } = {}) => {
      heed(options.signal)
      const found = await goOn(options)
      if (answer === undefined) return found ?? (step as RestingStep)
      if (!found) return move(start(undefined, new AuthError({ code: 'other-browser' })))
      const input = found.at === 'custom' ? { answer } : { code: answer }
      return step === found && /^(custom|code|confirmSignUp)$/.test(found.at)
        ? run({ type: 'answered', input }, options)
        : found
    },
    totpSecret: (given, { issuer, account = given.username } = {}) => {
      current(given)
      const secret = performer?.secret() ?? refuse('step', 'setUpTotp', step.at)
      const label = [issuer, account].filter(Boolean).map((part) => encodeURIComponent(part!))
      const named = issuer ? `&issuer=${encodeURIComponent(issuer)}` : ''
      return { secret, uri: `otpauth://totp/${label.join(':')}?secret=${secret}${named}` }
    },
    subscribe,
    cancel,
  }
  return [flow, runner]
}

/** The lists of steps, without which nobody could show or answer them. */
const lists: { readonly [At in WaitingStep['at']]?: string } = {
  chooseFactor: 'factors',
  chooseMfa: 'kinds',
  chooseMfaSetUp: 'kinds',
  code: 'others',
  newPassword: 'requiredAttributes',
  passkey: 'others',
  password: 'others',
}

const isWhole = (at: WaitingStep['at'], step: object): boolean => {
  const members = step as Readonly<Record<string, unknown>>
  const { challenge = '', factor = '' } = members
  const list = lists[at]
  return (
    typeof challenge === 'string' &&
    typeof factor === 'string' &&
    (!list || Array.isArray(members[list]))
  )
}

/** Whether what was read is what is kept: anybody can write into a storage. */
function isKept({ step, thread }: KeptFlow): boolean {
  const { beginning, username, expiresAt, endsAt, available } = Object(thread) as Partial<Thread>
  const { at = '', ...rest } = Object(step) as Partial<WaitingStep>
  return (
    isWaiting(at) &&
    isWhole(at, rest) &&
    typeof step.username === 'string' &&
    typeof username === 'string' &&
    typeof expiresAt === 'number' &&
    typeof endsAt === 'number' &&
    Array.isArray(available) &&
    typeof (Object(beginning) as Partial<Beginning>).username === 'string'
  )
}
