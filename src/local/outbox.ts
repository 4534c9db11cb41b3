// Everything that the pool sends. Nothing leaves: tests and the demo read it here.

/** A message that would have been sent. */
export interface Message {
  readonly to: string
  readonly medium: 'EMAIL' | 'SMS'
  readonly purpose: MessagePurpose
  readonly username: string
  readonly poolId: string
  /** The code, or the temporary password of an invitation. */
  readonly code: string
  readonly subject?: string | undefined
  readonly text: string
  readonly sentAt: number
}

/** Why a message is sent. */
export type MessagePurpose = 'signUp' | 'recovery' | 'attribute' | 'mfa' | 'signIn' | 'invitation'

/** The messages of a server, oldest first. */
export interface Outbox {
  readonly messages: readonly Message[]
  /**
   * The last message that fits and was not given before, now or when it comes. Fails after `timeout`
   * milliseconds: 5,000.
   */
  next(wanted?: Partial<Message>, timeout?: number): Promise<Message>
  /** The last message that fits, if there is one. */
  last(wanted?: Partial<Message>): Message | undefined
  send(message: Message): void
  clear(): void
}

/** An empty one. */
export function createOutbox(
  after: (milliseconds: number, then: () => void) => () => void,
): Outbox {
  let messages: Message[] = []
  const given = new WeakSet<Message>()
  let waiting: { readonly wanted: Partial<Message>; readonly take: (message: Message) => void }[] =
    []
  const fits = (message: Message, wanted: Partial<Message>): boolean =>
    Object.entries(wanted).every(([name, value]) => message[name as keyof Message] === value)
  const outbox: Outbox = {
    get messages() {
      return messages
    },
    last: (wanted = {}) => [...messages].reverse().find((message) => fits(message, wanted)),
    next: (wanted = {}, timeout = 5000) => {
      const there = outbox.last(wanted)
      if (there && !given.has(there)) {
        given.add(there)
        return Promise.resolve(there)
      }
      return new Promise((resolve, reject) => {
        const cancel = after(timeout, () => {
          waiting = waiting.filter((one) => one !== entry)
          reject(new Error(`no such message within ${timeout} ms: ${JSON.stringify(wanted)}`))
        })
        const entry = {
          wanted,
          take: (message: Message) => {
            given.add(message)
            cancel()
            resolve(message)
          },
        }
        waiting.push(entry)
      })
    },
    send(message) {
      messages.push(message)
      const served = waiting.filter(({ wanted }) => fits(message, wanted))
      waiting = waiting.filter((entry) => !served.includes(entry))
      for (const { take } of served) take(message)
    },
    clear() {
      messages = []
    },
  }
  return outbox
}
