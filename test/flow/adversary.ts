// A service that answers whatever a script says: challenges in any order, refusals, garbage, tokens.
// Everything secret that passes has a mark, so that a test can look where it turns up.
import type { Clock, Fetch, FetchInit, Passkeys, Random } from '../../src/index.ts'

/** In every secret. */
export const mark = 'cAnArY'
const markedBytes = new TextEncoder().encode(mark.repeat(20))
/** How the mark looks in what is made of random bytes. */
export const markInBase64 = Buffer.from(markedBytes).toString('base64').slice(0, 8)

let count = 0
/** A secret. */
export const secret = (what: string): string => `${mark}-${what}-${String(++count)}`

/** What the service is told to do with one request. */
export type Reply =
  | { readonly kind: 'challenge'; readonly name?: string; readonly parameters: Texts }
  | { readonly kind: 'tokens'; readonly sub: string; readonly device: boolean }
  | { readonly kind: 'badTokens'; readonly token: string | undefined }
  | { readonly kind: 'good' }
  | {
      readonly kind: 'refusal'
      readonly name: string
      readonly sentence: string
      readonly echo: boolean
    }
  | { readonly kind: 'garbage'; readonly status: number; readonly body: string }
  | { readonly kind: 'cut' }
  | { readonly kind: 'silence' }
type Texts = Readonly<Record<string, string>>

/** A request as far as this service reads it. */
interface Sent {
  readonly Session?: string
  readonly ChallengeName?: string
  readonly AuthFlow?: string
}

/** The adversary, and what it has seen. */
export interface Adversary {
  readonly fetch: Fetch
  /** What came since the beginning. */
  requests: number
  /** Everybody whom tokens were handed out for, each once. */
  readonly granted: Set<string>
  /** Answers what was left unanswered until now, though nobody may wait for it any more. */
  release(): void
  /** From now on an honest service that accepts everything but a session that is not the newest. */
  relent(): void
}

const base64Url = (value: object): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url')

/** An access token for somebody. It ends long after every test. */
export const tokenFor = (sub: string): string =>
  [
    base64Url({ alg: 'none' }),
    base64Url({ sub, username: `name-${sub}`, exp: 4_000_000_000 }),
    secret('token'),
  ].join('.')

type Response = Awaited<ReturnType<Fetch>>
const response = (status: number, body: string): Response => ({
  status,
  headers: { get: () => null },
  text: () => Promise.resolve(body),
})
const json = (body: object): Response => response(200, JSON.stringify(body))
const refusal = (name: string, message: string): Response =>
  response(400, JSON.stringify({ __type: name, message }))

/** Answers one request after the other as it is told; at the end, with the last again and again. */
export function createAdversary(script: readonly Reply[]): Adversary {
  const waiting: (() => void)[] = []
  let place = 0
  let session: string | undefined
  let relented = false

  const nextSession = (): string => (session = secret('session'))

  const grant = (name: string, device: boolean): Response => {
    const sub = `${name}-${String(adversary.granted.size)}`
    const AccessToken = tokenFor(sub)
    adversary.granted.add(sub)
    session = undefined
    return json({
      AuthenticationResult: {
        AccessToken,
        IdToken: secret('id-token'),
        RefreshToken: secret('refresh-token'),
        NewDeviceMetadata: device
          ? { DeviceKey: `key-of-${sub}`, DeviceGroupKey: '-group' }
          : undefined,
      },
    })
  }

  /** What each operation gives where nothing is wrong. */
  const good = (operation: string): Response | undefined => {
    const CodeDeliveryDetails = { DeliveryMedium: 'EMAIL', Destination: 'a***@e***' }
    switch (operation) {
      case 'AssociateSoftwareToken':
        return json({ SecretCode: secret('totp'), Session: nextSession() })
      case 'VerifySoftwareToken':
        return json({ Status: 'SUCCESS', Session: nextSession() })
      case 'SignUp':
        return json({
          UserConfirmed: false,
          UserSub: 's',
          Session: nextSession(),
          CodeDeliveryDetails,
        })
      case 'ConfirmSignUp':
        return json({ Session: nextSession() })
      case 'ForgotPassword':
      case 'ResendConfirmationCode':
        return json({ CodeDeliveryDetails })
      case 'ConfirmDevice':
        return json({ UserConfirmationNecessary: place % 2 === 0 })
      case 'ConfirmForgotPassword':
      case 'UpdateDeviceStatus':
        return json({})
      default:
        return undefined
    }
  }

  /** Honest and content with every answer. */
  function honest(operation: string, sent: Sent): Response {
    const { ChallengeName: answered = '', AuthFlow } = sent
    const needsSession =
      /^(RespondToAuthChallenge|AssociateSoftwareToken|VerifySoftwareToken)$/.test(operation) &&
      !/^(PASSWORD_VERIFIER|DEVICE_.*)$/.test(answered)
    if (needsSession && sent.Session === undefined)
      return refusal('InvalidParameterException', 'Missing required parameter Session')
    if (needsSession && sent.Session !== session)
      return refusal('NotAuthorizedException', 'Invalid session for the user.')
    const given = good(operation)
    if (given) return given
    if (AuthFlow === 'USER_SRP_AUTH')
      return json({ ChallengeName: 'PASSWORD_VERIFIER', ChallengeParameters: proof('ann') })
    if (AuthFlow === 'CUSTOM_AUTH')
      return json({ ChallengeName: 'CUSTOM_CHALLENGE', Session: nextSession() })
    return grant('ann', false)
  }

  function act(reply: Reply, operation: string, sent: Sent, body: string): Response {
    switch (reply.kind) {
      case 'challenge':
        if (!/^(InitiateAuth|RespondToAuthChallenge)$/.test(operation)) break
        return json({
          ChallengeName: reply.name,
          ChallengeParameters: reply.parameters,
          // Proofs do without.
          Session: /^(PASSWORD_VERIFIER|DEVICE_.*)$/.test(reply.name ?? '')
            ? undefined
            : nextSession(),
          AvailableChallenges:
            operation === 'InitiateAuth'
              ? ['PASSWORD', 'PASSWORD_SRP', 'EMAIL_OTP', 'WEB_AUTHN']
              : undefined,
        })
      case 'tokens':
        if (!/^(InitiateAuth|RespondToAuthChallenge)$/.test(operation)) break
        return grant(reply.sub, reply.device)
      case 'badTokens':
        return json({ AuthenticationResult: { AccessToken: reply.token } })
      case 'refusal':
        return refusal(
          reply.name,
          reply.echo ? `${reply.sentence} ${quoted(body)}` : reply.sentence,
        )
      case 'garbage':
        return response(reply.status, reply.body)
      case 'cut':
        throw new TypeError('Failed to fetch')
      default:
    }
    return good(operation) ?? honest(operation, sent)
  }

  const adversary: Adversary = {
    requests: 0,
    granted: new Set(),
    fetch: async (_url, { headers, body }: FetchInit) => {
      adversary.requests++
      const operation = headers['x-amz-target']!.split('.')[1]!
      const sent = JSON.parse(body) as Sent
      if (relented) return honest(operation, sent)
      const reply = script[Math.min(place++, script.length - 1)] ?? { kind: 'good' }
      if (reply.kind !== 'silence') return act(reply, operation, sent, body)
      await new Promise<void>((resolve) => waiting.push(resolve))
      return honest(operation, sent)
    },
    release: () => {
      for (const go of waiting.splice(0)) go()
    },
    relent: () => {
      relented = true
      adversary.release()
    },
  }
  return adversary
}

/** What the service quotes of a request in some of its complaints. */
function quoted(body: string): string {
  const values: string[] = []
  JSON.stringify(JSON.parse(body), (_name, value: unknown) => {
    if (typeof value === 'string') values.push(value)
    return value
  })
  return values.join(' and ')
}

/** Parameters of a proof that can be given. */
export const proof = (user: string): Texts => ({
  ...{ USERNAME: user, USER_ID_FOR_SRP: user, SALT: 'ab12', SRP_B: 'cd34', SECRET_BLOCK: 'q83v' },
})

/** A power that costs nothing. */
export const cheapPower = (): bigint => 7n

/** Random bytes that can be found again, where something secret is made of them. */
export const markedRandom: Random = (length) =>
  length < 16 ? crypto.getRandomValues(new Uint8Array(length)) : markedBytes.slice(0, length)

/** A clock that moves by hand; short waits are over at once. */
export interface HandClock extends Clock {
  pass(milliseconds: number): void
}

export function handClock(): HandClock {
  let time = 1_700_000_000_000
  const timers = new Set<{ readonly at: number; readonly then: () => void }>()
  return {
    now: () => time,
    after: (milliseconds, then) => {
      if (milliseconds < 10_000) {
        queueMicrotask(then)
        return () => undefined
      }
      const timer = { at: time + milliseconds, then }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    pass: (milliseconds) => {
      time += milliseconds
      for (const timer of [...timers])
        if (timer.at <= time) {
          timers.delete(timer)
          timer.then()
        }
    },
  }
}

/** Passkeys that do as they are told: one is given, or the ceremony ends, at once or when it is told. */
export function scriptedPasskeys(
  outcomes: readonly string[],
): Passkeys & { finish(): void; relent(): void } {
  let place = 0
  let relented = false
  let open: (() => void)[] = []
  return {
    get: async ({ signal }) => {
      const outcome = relented ? 'given' : outcomes[place++ % outcomes.length]!
      if (outcome === 'open')
        await new Promise<void>((resolve) => {
          open.push(resolve)
          signal.addEventListener('abort', () => {
            resolve()
          })
        })
      if (outcome === 'given' && !signal.aborted) return { id: 'a', signature: secret('assertion') }
      throw Object.assign(new Error(), { name: outcome === 'open' ? 'NotAllowedError' : outcome })
    },
    finish: () => {
      for (const end of open) end()
      open = []
    },
    relent: () => {
      relented = true
    },
  }
}
