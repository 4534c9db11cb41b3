import { createEnding } from '../ending.ts'
import type { Clock, Signal, SignalLike } from '../ports.ts'

/** The end of a call: in time, by the caller, or when its work is done. */
export interface Deadline {
  /** Aborted when the call ends early, for whatever the call waits for. */
  readonly signal: Signal
  /** Does some work unless the call has ended, and waits for it no longer than the call lives. */
  race<Value>(work: () => Promise<Value>): Promise<Value>
  /** Waits so many milliseconds. */
  wait(milliseconds: number): Promise<void>
  /** Milliseconds left. */
  left(): number
  /** Lets go of the timers and of the caller's signal. */
  end(): void
}

/** Starts a call's time. `late` makes the error that ends a call which takes too long. */
export function startDeadline(
  clock: Clock,
  milliseconds: number,
  caller: SignalLike | undefined,
  late: () => Error,
): Deadline {
  const { signal, ended, end, letGo } = createEnding(caller)
  const latest = clock.now() + milliseconds
  const undo = [
    letGo,
    clock.after(milliseconds, () => {
      end(late())
    }),
  ]
  const race: Deadline['race'] = (work) => (signal.aborted ? ended : Promise.race([ended, work()]))
  return {
    signal,
    race,
    wait: (pause) => race(() => new Promise((resolve) => undo.push(clock.after(pause, resolve)))),
    left: () => latest - clock.now(),
    end: () => {
      for (const one of undo) one()
    },
  }
}
