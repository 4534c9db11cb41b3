// What only a page is asked.
import type { PerformanceEntry } from 'node:perf_hooks'
import * as srp from '../../src/srp/index.ts'
import type { VectorFile } from './vectors.ts'

/** Whether the page's policy holds. Asked in a task of the page: a driver's own is let through. */
export const isStrict = (): Promise<boolean> =>
  inATask(() => {
    try {
      // What must not be done anywhere is what is asked for here.
      Reflect.construct(Function, [''])
      return false
    } catch {
      return true
    }
  })

/** Milliseconds of every task that took more than 50. */
export interface LongTasks {
  /** Of the two that were long on purpose, the first and the last. */
  readonly onPurpose: readonly [number, number]
  /** Of all others: the page's own loading and what a sign-in does. */
  readonly others: readonly number[]
}

/**
 * How long a page is kept from anything else. Signs in with a password and then with a device, each step
 * in a task of its own. Of the browsers that the tests have, Chromium alone tells.
 */
export async function longTasks({ srp: [vector] }: VectorFile): Promise<LongTasks> {
  const seen: PerformanceEntry[] = []
  // Node's types do not know this kind. `buffered` is for what was before the observer.
  const options = { type: 'longtask', buffered: true } as unknown as { entryTypes: [] }
  new PerformanceObserver((list) => seen.push(...list.getEntries())).observe(options)

  // Tasks are told of in their order: once this one is, all before it were.
  const beLong = async (): Promise<PerformanceEntry> => {
    const middle = await inATask(() => {
      const start = performance.now()
      while (performance.now() < start + 120);
      return start + 60
    })
    while (performance.now() < middle + 10_000) {
      const itself = seen.find(
        ({ startTime, duration }) => startTime < middle && middle < startTime + duration,
      )
      if (itself) return itself
      await inATask(() => undefined)
    }
    throw new Error('nothing is told of a task of 120 ms')
  }

  const { saltHex, srpBHex, secretBlock, password, poolName } = vector!.inputs
  const challenge = { SALT: saltHex, SRP_B: srpBHex, SECRET_BLOCK: secretBlock }
  const newKeyPair = () => srp.createKeyPair(crypto.getRandomValues(new Uint8Array(40)))

  const first = await beLong()
  const keyPair = await inATask(newKeyPair)
  await inATask(() =>
    srp.passwordClaim({
      keyPair,
      challenge: { ...challenge, USER_ID_FOR_SRP: 'ada' },
      userPoolId: `eu-west-1_${poolName}`,
      password,
      now: Date.now(),
    }),
  )
  const keyPairOfDevice = await inATask(newKeyPair)
  await inATask(() =>
    srp.deviceClaim({
      keyPair: keyPairOfDevice,
      challenge: { ...challenge, DEVICE_KEY: 'key' },
      device: { key: 'key', groupKey: 'group', password },
      username: 'ada',
      now: Date.now(),
    }),
  )
  const last = await beLong()

  const others = seen.filter((entry) => entry !== first && entry !== last)
  return {
    onPurpose: [first.duration, last.duration],
    others: others.map(({ duration }) => duration),
  }
}

const inATask = <Value>(work: () => Value | Promise<Value>): Promise<Value> =>
  new Promise((resolve) => setTimeout(resolve, 20)).then(work)
