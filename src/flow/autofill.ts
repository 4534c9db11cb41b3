// Passkeys among the names that a browser suggests for a field. The service issues options for a named
// person only, so either the name is remembered on this device or the person picks twice.
import { fromBase64Url, fromUtf8, toBase64Url } from '../bytes.ts'
import type { Core } from '../core.ts'
import { createEnding, heed } from '../ending.ts'
import { AuthError, refuse } from '../errors.ts'
import { host } from '../ports.ts'
import type { Signal } from '../ports.ts'
import { askForPasskey } from '../webauthn/ceremony.ts'
import type { Assertion } from '../webauthn/ceremony.ts'
import { readBeginning } from './begin.ts'
import type { BeginOptions, Beginning } from './begin.ts'
import type { Runner } from './flow.ts'
import { recallPasskeyName } from './memory.ts'
import { createPerformer } from './perform.ts'
import { parsePasskeyOptions } from './proofs.ts'
import type { Performer } from './perform.ts'
import { resting } from './step.ts'
import type { RestingStep } from './step.ts'

/** What `autofill` takes. */
export interface AutofillOptions extends BeginOptions {
  /**
   * Where nobody is remembered: lets the person pick any passkey of `rpId`, only to learn whose it is, and
   * asks for the same passkey once more to sign in. Two gestures. Default: `false`.
   */
  readonly discover?: boolean | undefined
  /** The pool's relying party, for `discover`. */
  readonly rpId?: string | undefined
}

/** A challenge for somebody who is remembered, until the service forgets it. */
interface Offer {
  readonly performer: Performer
  readonly beginning: Beginning
  /** The options of the ceremony. */
  readonly asked: Readonly<Record<string, unknown>>
  readonly expiresAt: number
}

/** What the service was asked for somebody who is remembered, and may not be asked again before. */
interface Asked {
  readonly username: string
  readonly until: number
  readonly offer: Promise<Offer | undefined>
}

/** Suggestions that somebody waits for. */
interface Offering {
  readonly signal: Signal
  readonly result: Promise<RestingStep>
}

/** The sign-in of somebody by their passkey. */
const beginWith = (
  username: string,
  { discover: _, rpId: __, ...options }: AutofillOptions,
): Beginning => readBeginning({ ...options, username, prefer: 'WEB_AUTHN' })

// Of the app client, not of a flow: a form that is opened again begins with a flow of its own.
const askings = /* @__PURE__ */ new WeakMap<Core, Asked>()

/** The passkeys of a flow's field. */
export function offerPasskey({
  core,
  step,
  begin,
  giveUp,
  subscribe,
  ending,
}: Runner): (options?: AutofillOptions) => Promise<RestingStep> {
  let pending: Offering | undefined

  const isSeen = (): boolean => host.document?.visibilityState !== 'hidden'
  const isFree = (): boolean => step().at === 'start'

  /** The challenge of somebody who is remembered. */
  async function makeOffer(username: string, options: AutofillOptions): Promise<Offer | undefined> {
    const { clientMetadata } = options
    const beginning = beginWith(username, options)
    const performer = createPerformer(core, beginning, {})
    // Whoever leaves does not end it: who comes back may not ask again.
    const { signal } = new host.AbortController()
    const outcome = await performer.perform({ do: 'initiate' }, { signal, clientMetadata })
    // Anything else is not for somebody who has only opened a page.
    if (outcome.type !== 'posed' || outcome.posed.name !== 'WEB_AUTHN') return undefined
    const { parameters, expiresAt } = outcome.posed
    const asked = parsePasskeyOptions(parameters['CREDENTIAL_REQUEST_OPTIONS'] ?? '')
    return { performer, beginning, asked, expiresAt }
  }

  /** Asks the service once in the life of a sign-in, even for a name that does not work. */
  function offerTo(username: string, options: AutofillOptions): Asked['offer'] {
    const asked = askings.get(core)
    if (asked?.username === username && core.now() < asked.until) return asked.offer
    const until = core.now() + core.config.signInValidity * 60_000
    const offer = makeOffer(username, options).catch(() => undefined)
    askings.set(core, { username, until, offer })
    return offer
  }

  /** A passkey that is picked among the suggestions; nothing where none is. */
  const pick = (
    options: Readonly<Record<string, unknown>>,
    signal: Signal,
  ): Promise<Assertion | undefined> =>
    askForPasskey(core.config, { options, signal, mediation: 'conditional' }).catch(() => undefined)

  async function remembered(username: string, options: AutofillOptions, signal: Signal) {
    const made = await unlessLeft(offerTo(username, options), signal).catch(() => undefined)
    if (!made || !isFree() || !isSeen()) return resting(step())
    const assertion = await pick(made.asked, signal)
    if (!assertion || !isFree()) return resting(step())
    askings.delete(core)
    const { beginning, performer } = made
    // Fresh options and the same passkey: no timer restarts a ceremony under an open list.
    if (made.expiresAt <= core.now())
      return begin(beginning, { do: 'initiate' }, { ...options, passkey: assertion.id })
    const answers = { CREDENTIAL: JSON.stringify(assertion) }
    return begin(beginning, { do: 'respond', to: 'WEB_AUTHN', answers }, options, performer)
  }

  async function discovered(options: AutofillOptions, signal: Signal) {
    const { rpId } = options
    const challenge = toBase64Url(core.config.random(32))
    const assertion = await pick({ challenge, rpId, userVerification: 'preferred' }, signal)
    // Only whose it is counts: the service never saw this challenge.
    const handle = fromBase64Url(assertion?.response?.userHandle ?? '')
    const username = handle && fromUtf8(handle)?.trim()
    if (!assertion || !username || !isFree()) return resting(step())
    const beginning = beginWith(username, options)
    const result = await begin(beginning, { do: 'initiate' }, { ...options, passkey: assertion.id })
    // A subject that the service takes for no name is nothing to show to a person.
    return /^(start|chooseFactor)$/.test(result.at)
      ? giveUp(result.error ?? new AuthError({ code: 'passkey-unknown' }))
      : result
  }

  async function offerAny(options: AutofillOptions, signal: Signal): Promise<RestingStep> {
    const username = await recallPasskeyName(core)
    if (signal.aborted || !isFree() || !isSeen()) return resting(step())
    if (username !== undefined) return remembered(username, options, signal)
    return options.discover ? discovered(options, signal) : resting(step())
  }

  function startOffering(options: AutofillOptions): Offering {
    const { signal, end, letGo } = createEnding(options.signal)
    // Whoever begins in another way has no use for the suggestions any more.
    const forget = subscribe(end)
    // At the beginning, giving up is no move.
    ending.add(end)
    const over = (): void => {
      forget()
      ending.delete(end)
      letGo()
      if (pending === offering) pending = undefined
    }
    const result = offerAny(options, signal).finally(over)
    const offering = { signal, result }
    return offering
  }

  return async (options = {}) => {
    const { signal, discover, rpId } = options
    if (discover && typeof rpId !== 'string') refuse('rpId', 'string, with discover', typeof rpId)
    // A mistake is told at once, not only where somebody is remembered.
    beginWith('anybody', options)
    heed(signal)
    // One that was left and is not over yet is of no use to who comes back.
    if (!pending || pending.signal.aborted) pending = startOffering(options)
    return unlessLeft(pending.result, signal)
  }
}

/** What comes of it, unless its caller leaves before. */
function unlessLeft<Value>(work: Promise<Value>, signal: Signal | undefined): Promise<Value> {
  const { ended, letGo } = createEnding(signal)
  return Promise.race([work, ended]).finally(letGo)
}
