// The end of what is under way: by whoever does it, or by the signal of whoever asked for it.
import { refuse } from './errors.ts'
import { host } from './ports.ts'
import type { Signal, SignalLike } from './ports.ts'

/** How something under way ends early. */
export interface Ending {
  /** Aborted then, for whatever is waited for. */
  readonly signal: Signal
  /** Rejects then. One promise instead of a listener for every wait. */
  readonly ended: Promise<never>
  /** Ends it. */
  readonly end: (reason?: unknown) => void
  /** Lets go of the caller's signal. */
  readonly letGo: () => void
}

/** An ending of its own, which comes also when the caller's signal, which was heeded, says so. */
export function createEnding(caller?: SignalLike): Ending {
  const controller = new host.AbortController()
  let fail!: (reason: unknown) => void
  const ended = new Promise<never>((_, reject) => (fail = reject))
  ended.catch(() => undefined)
  const end = (reason?: unknown): void => {
    fail(reason)
    controller.abort(reason)
  }
  const leave = (): void => {
    end(reasonOf(caller!))
  }
  caller?.addEventListener('abort', leave)
  return {
    signal: controller.signal,
    ended,
    end,
    letGo: () => caller?.removeEventListener('abort', leave),
  }
}

/** Old polyfills do not say why. */
const reasonOf = ({
  reason = Object.assign(new Error(), { name: 'AbortError' }),
}: SignalLike): unknown => reason

/** Takes a caller's signal, unless it is none, or was given before. */
export function heed(signal: SignalLike | undefined): void {
  if (signal && typeof signal.addEventListener !== 'function')
    refuse('signal', 'AbortSignal', typeof signal)
  if (signal?.aborted) throw reasonOf(signal)
}
