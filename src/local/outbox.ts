// Everything that the pool sends. Nothing leaves: tests and the demo read it here.
import { members, numeric, oneOf, text } from './forms.ts'
import type { Form } from './forms.ts'
import type { Message, Sent } from './state.ts'

/** The messages of a server, oldest first. */
export interface Outbox {
  /** The last 1,000. */
  readonly messages: readonly Message[]
  /**
   * The last message that fits and was not given before, now or when it comes. Fails with a `TypeError`
   * after `timeout` milliseconds: 5,000.
   */
  next(wanted?: Partial<Message>, timeout?: number): Promise<Message>
  /** The last message that fits, if there is one. */
  last(wanted?: Partial<Message>): Message | undefined
  send(message: Message): void
  clear(): void
}

/** More than anybody reads; a pool that runs for weeks forgets the oldest. */
const most = 1000

const wantedForm: Form = members<Message>(
  {
    to: text,
    medium: oneOf(['EMAIL', 'SMS']),
    purpose: oneOf(['signUp', 'recovery', 'attribute', 'mfa', 'signIn', 'invitation']),
    username: text,
    poolId: text,
    code: text,
    subject: text,
    text,
    sentAt: numeric(),
  },
  [],
  'part of a message',
)

/** Whether a message has all that is wanted of it. */
export function fits(message: Message, wanted: Partial<Message>): boolean {
  return Object.entries(wanted).every(
    ([name, value]) => value === undefined || message[name as keyof Message] === value,
  )
}

/** Refuses what no message can have: waiting for it would only end with the time. */
export const checkWanted = (wanted: Partial<Message>): void => {
  wantedForm('', wanted)
}

/** An outbox over the messages that there are. */
export function createOutbox(
  after: (milliseconds: number, then: () => void) => () => void,
  kept: Sent[],
): Outbox {
  let waiting: { readonly wanted: Partial<Message>; readonly take: (sent: Sent) => void }[] = []
  const find = (wanted: Partial<Message>): Sent | undefined => {
    checkWanted(wanted)
    return [...kept].reverse().find(({ message }) => fits(message, wanted))
  }
  return {
    get messages() {
      return kept.map(({ message }) => message)
    },
    last: (wanted = {}) => find(wanted)?.message,
    next: async (wanted = {}, timeout = 5000) => {
      const there = find(wanted)
      if (there && !there.given) {
        there.given = true
        return there.message
      }
      return new Promise((resolve, reject) => {
        const cancel = after(timeout, () => {
          waiting = waiting.filter((one) => one !== entry)
          // Whoever waits has expected what the app does not do: a mistake of one of the two.
          const words = `no such message within ${timeout} ms: ${JSON.stringify(wanted)}`
          reject(new TypeError(`latchkey/local: ${words}`))
        })
        const entry = {
          wanted,
          take: (sent: Sent) => {
            sent.given = true
            cancel()
            resolve(sent.message)
          },
        }
        waiting.push(entry)
      })
    },
    send(message) {
      const sent = { message, given: false }
      kept.push(sent)
      kept.splice(0, kept.length - most)
      const served = waiting.filter(({ wanted }) => fits(message, wanted))
      waiting = waiting.filter((entry) => !served.includes(entry))
      for (const { take } of served) take(sent)
    },
    clear() {
      kept.length = 0
    },
  }
}
