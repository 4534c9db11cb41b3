// One after the other, and none for ever.
import type { Clock } from './ports.ts'

/** Does some work once all that was asked for before is done, well or not. */
export type Turns = <Value>(work: () => Promise<Value>) => Promise<Value>

/** A line to stand in. */
export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const turn = last.then(work, work)
    last = turn
    return turn
  }
}

/** What ends the waiting for something that does not come. */
export const timeout = (message: string): Error =>
  Object.assign(new Error(message), { name: 'TimeoutError' })

/** Whether an error is one of these. */
export const isTimeout = (error: unknown): boolean =>
  (error as Partial<Error> | null)?.name === 'TimeoutError'

/** Waits for some work so many milliseconds, then rejects. What the work does later is its own affair. */
export const within = <Value>(
  clock: Clock,
  milliseconds: number,
  work: () => Promise<Value>,
): Promise<Value> =>
  new Promise((resolve, reject) => {
    const stop = clock.after(milliseconds, () => {
      reject(timeout('late'))
    })
    work().then(resolve, reject).finally(stop)
  })
