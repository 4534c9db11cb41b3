import type { Clock, Fetch, FetchInit } from '../../src/index.ts'

// Stand-ins for the outside world, handed over as options.

/** What every `createAuth` of these tests begins with. */
export const ids = { userPoolId: 'eu-west-1_Ab12Cd34E', clientId: '1example23456789' }

/** Lets everything happen that waits for no timer: promises, streams, what other threads compute. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** A clock that moves by hand only. */
export interface FakeClock extends Clock {
  /** What is due, in milliseconds from now. */
  readonly waiting: () => number[]
  /** Lets time pass, and everything happen that happens in it. */
  readonly pass: (milliseconds: number) => Promise<void>
  /** Somebody sets the device's clock; the timers do not care. */
  readonly set: (now: number) => void
}

export function fakeClock(start = Date.UTC(2026, 8, 24, 13, 50, 15)): FakeClock {
  let time = 0
  let offset = start
  const timers = new Set<{ readonly at: number; readonly then: () => void }>()
  return {
    now: () => offset + time,
    after(milliseconds, then) {
      const timer = { at: time + milliseconds, then }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    waiting: () => [...timers].map(({ at }) => at - time).sort((one, other) => one - other),
    async pass(milliseconds) {
      const end = time + milliseconds
      await settle()
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
        if (!next) break
        timers.delete(next)
        time = Math.max(time, next.at)
        next.then()
        await settle()
      }
      time = end
      await settle()
    },
    set(now) {
      offset = now - time
    },
  }
}

/** A clock of which every wait is over at once, but for the one that would end the call. */
export const hastyClock = (timeout: number): Clock => ({
  now: () => Date.now(),
  after(milliseconds, then) {
    if (milliseconds < timeout) queueMicrotask(then)
    return () => undefined
  },
})

/** What was fetched. */
export interface Request {
  readonly url: string
  readonly init: FetchInit
}

export interface FakeFetch {
  readonly fetch: Fetch
  readonly requests: Request[]
}

/** Answers one request after the other; the last answer serves for all that follow. */
export function fakeFetch(...answers: readonly (() => unknown)[]): FakeFetch {
  const requests: Request[] = []
  return {
    requests,
    fetch: (url, init) => {
      requests.push({ url, init })
      const answer = answers[Math.min(requests.length, answers.length) - 1]!
      return answer() as ReturnType<Fetch>
    },
  }
}

/** The same, where nobody looks at the requests. */
export const answering = (...answers: readonly (() => unknown)[]): Fetch =>
  fakeFetch(...answers).fetch

/** An answer of the service. */
export const answer =
  (status: number, body: unknown = '', headers: Record<string, string> = {}) =>
  (): Promise<Response> => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const nothing = [204, 304].includes(status)
    return Promise.resolve(new Response(nothing ? null : text, { status, headers }))
  }

/** A refusal as the service writes it. */
export const refusal = (type: string, message?: string, status = 400): (() => Promise<Response>) =>
  answer(status, { __type: type, message }, { 'x-amzn-errortype': `${type}:` })

/** A request that never ends and does not listen to its signal. */
export const silence = (): Promise<never> => new Promise(() => undefined)

/** What a promise was rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown
  try {
    value = await promise
  } catch (failure) {
    return failure
  }
  throw new Error(`resolved: ${JSON.stringify(value)}`)
}

export const ada = { Username: 'ada', UserAttributes: [] }
