// A pool as a configuration wants it, an app in front of it, and a person who answers what they are asked.
import { signIn } from '../../src/index.ts'
import type { RestingStep, SignInFlow, SignInInput } from '../../src/index.ts'
import { createLocalPool } from '../../src/local/index.ts'
import type { LocalPool, LocalPoolOptions } from '../../src/local/index.ts'
import { appCode, wrong } from '../local/clients.ts'
import { factorOf, hasPassword, kinds } from './configurations.ts'
import type { Configuration, Mfa } from './configurations.ts'
import type { Story } from './oracle.ts'
import { appOf, at, lastCode, openPool, openStorage, password, wrongPassword } from './world.ts'

const email = 'ann@example.com'
const phone_number = '+491701234567'
const addresses = {
  ...{ email, email_verified: 'true' },
  ...{ phone_number, phone_number_verified: 'true' },
}
const nextPassword = 'Entirely-new-1'

const firstFactors = ['PASSWORD', 'EMAIL_OTP', 'SMS_OTP', 'WEB_AUTHN'] as const
const origin = 'https://app.example.com'

/** Who somebody is, by their second factors: nobody's settings can be changed from behind later. */
const personOf = (mfa: Mfa) => {
  const isBare = mfa.includes('set up')
  const mine = mfa.startsWith('select') ? kinds : kinds.filter((kind) => kind === mfa)
  return {
    username: isBare ? 'bare' : mine.join() || 'ann',
    attributes: isBare ? {} : addresses,
    mfa: mine,
  }
}

/** One person of each kind, with a device that is known and a passkey. Made once: keys take long. */
const prepared = (async () => {
  const tracking = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false }
  const pool = await openPool({
    pool: {
      DeviceConfiguration: tracking,
      Policies: { SignInPolicy: { AllowedFirstAuthFactors: firstFactors } },
      WebAuthnConfiguration: { RelyingPartyId: 'example.com' },
    },
  })
  const authenticator = pool.authenticator({ origin })
  const forgetters: (() => Promise<unknown>)[] = []
  const storages = new Map<string, ReadonlyMap<string, string>>()
  for (const mfa of ['none', ...kinds, 'select SMS_MFA', 'set up SMS_MFA'] as const) {
    const { username, ...person } = personOf(mfa)
    pool.users.create({ username, password, ...person })
    const storage = openStorage()
    const auth = appOf(pool, { storage })
    const input = { username, password, flow: 'USER_PASSWORD_AUTH', persist: 'none' } as const
    at(await signIn(auth).begin(input), 'signedIn')
    const { accessToken: AccessToken } = await auth.session.tokens()
    const { CredentialCreationOptions: options } = await auth.call('StartWebAuthnRegistration', {
      AccessToken,
    })
    const Credential = await authenticator.create(options as never)
    await auth.call('CompleteWebAuthnRegistration', { AccessToken, Credential })
    storages.set(username, storage.texts)
    const [DeviceKey] = pool.users.get(username)!.devices
    const input2 = { AccessToken, DeviceKey: DeviceKey! }
    forgetters.push(() =>
      auth.call('UpdateDeviceStatus', { ...input2, DeviceRememberedStatus: 'not_remembered' }),
    )
  }
  const remembered = pool.snapshot()
  for (const forget of forgetters) await forget()
  return { authenticator, storages, remembered, notRemembered: pool.snapshot() }
})()

/** Lambda that wants so many right answers, and takes one wrong one. */
const questioner = (questions: number): NonNullable<LocalPoolOptions['triggers']> => ({
  defineAuthChallenge({ request, response }) {
    const { session } = request
    const asked = session.filter(({ challengeName }) => challengeName === 'CUSTOM_CHALLENGE')
    const right = asked.filter(({ challengeResult }) => challengeResult).length
    if (session.at(-1)?.challengeName === 'SRP_A') response.challengeName = 'PASSWORD_VERIFIER'
    else if (asked.length - right > 1) response.failAuthentication = true
    else if (right >= questions) response.issueTokens = true
    else response.challengeName = 'CUSTOM_CHALLENGE'
  },
  createAuthChallenge({ response }) {
    response.publicChallengeParameters = { question: 'The colour of the sky?' }
    response.privateChallengeParameters = { answer: 'blue' }
  },
  verifyAuthChallengeResponse({ request, response }) {
    response.answerCorrect =
      request.challengeAnswer === request.privateChallengeParameters['answer']
  },
})

/** The pool of a configuration, with its person. */
async function poolOf(configuration: Configuration): Promise<LocalPool> {
  const { mfa, device, account, questions, hides } = configuration
  const { remembered, notRemembered } = await prepared
  const pool = createLocalPool({
    state: device === 'not remembered' ? notRemembered : remembered,
    triggers: questioner(questions),
  })
  const kind = kinds.find((name) => mfa.endsWith(name))
  const isRequired = /select|set up/.test(mfa)
  const settings = pool.configure({
    pool: {
      AutoVerifiedAttributes: ['email'],
      MfaConfiguration: mfa === 'none' ? 'OFF' : isRequired ? 'ON' : 'OPTIONAL',
      EnabledMfas: mfa.startsWith('set up')
        ? [kind!]
        : mfa.startsWith('choose')
          ? ['SOFTWARE_TOKEN_MFA', 'EMAIL_OTP']
          : kinds,
      DeviceConfiguration: {
        ChallengeRequiredOnNewDevice: device !== 'not challenged',
        DeviceOnlyRememberedOnUserPrompt: device === 'asked',
      },
    },
    client: { PreventUserExistenceErrors: hides ? 'ENABLED' : 'LEGACY' },
  })
  // A setting at any depth can be changed, but none can be taken away by that.
  if (device === 'off') Object.assign(settings.pool, { DeviceConfiguration: undefined })

  const { username, ...person } = personOf(mfa)
  const { users } = pool
  if (account === 'absent' || account === 'unconfirmed') users.delete(username)
  if (account === 'unconfirmed')
    users.create({ username, password, status: 'UNCONFIRMED', ...person })
  if (account === 'temporary password') users.setPassword(username, password, { temporary: true })
  if (account === 'reset required') users.reset(username)
  if (account === 'disabled') users.disable(username)
  if (device === 'forgotten') forgetDevice(pool, username)
  return pool
}

const forgetDevice = ({ users }: LocalPool, username: string): void => {
  for (const key of users.get(username)?.devices ?? []) users.forgetDevice(username, key)
}

/** What the client has kept, by configuration. */
async function storageOf({ mfa, device }: Configuration) {
  const storage = openStorage()
  if (/^(off|new|asked)$/.test(device)) return storage
  const { storages } = await prepared
  for (const [key, text] of storages.get(personOf(mfa).username)!) {
    const record = JSON.parse(text) as object
    const isDevice = 'groupKey' in record
    const kept = isDevice && device === 'wrong secret' ? { ...record, password: 'another' } : record
    storage.setItem(key, JSON.stringify(kept))
  }
  return storage
}

/** The service's part of a request: what was asked, by its flow or the challenge that is answered. */
export function requestOf(init: { readonly headers: object; readonly body?: unknown }): string {
  const [, operation = ''] = String(
    (init.headers as Readonly<Record<string, string>>)['x-amz-target'],
  ).split('.')
  const { AuthFlow, ChallengeName, Session } = JSON.parse(String(init.body)) as Readonly<
    Record<string, string | undefined>
  >
  if (operation === 'InitiateAuth') return `${AuthFlow!}${Session ? ' after sign-up' : ''}`
  return ChallengeName ?? operation
}

/** What came of it. */
export function answerOf(text: string): string {
  const { __type, ChallengeName, AuthenticationResult } = JSON.parse(text) as Readonly<
    Record<string, string | undefined>
  >
  return __type ?? ChallengeName ?? (AuthenticationResult ? 'tokens' : 'done')
}

/** More steps than any sign-in of a configuration has. */
const longest = 30

/** What was said in a sign-in, and the steps that a person saw of it. */
export interface Life extends Story {
  readonly steps: readonly string[]
}

/** Signs in as a configuration says. */
export async function live(configuration: Configuration): Promise<Life> {
  const { entry, mfa, device } = configuration
  const { username } = personOf(mfa)
  const pool = await poolOf(configuration)
  const { authenticator } = await prepared
  const exchanges: string[] = []
  const auth = appOf(pool, {
    storage: await storageOf(configuration),
    passkeys: { get: ({ options }) => authenticator.get(options as never) },
    fetch: async (url, init) => {
      const request = requestOf(init)
      if (device === `forgotten before ${request}`) forgetDevice(pool, username)
      const response = await pool.fetch(url, init)
      // The pool lets choose where the service might as well ask for the password.
      const said = await response.text()
      const text = entry.startsWith('pose ')
        ? said.replace('"SELECT_CHALLENGE"', `"${entry.slice('pose '.length)}"`)
        : said
      exchanges.push(`${request} > ${answerOf(text)}`)
      return new Response(text, response)
    },
  })
  const flow = signIn(auth)
  const answer = createPerson(configuration, pool, flow)
  const steps: string[] = []
  let step = await flow.begin(inputOf(configuration))
  while (steps.push(toldOf(step)) < longest) {
    const next = await answer(step)
    if (!next) break
    step = next
  }
  const tokens = await auth.session.tokens().then(
    () => 'tokens',
    () => 'no tokens',
  )
  // Only who is signed in has tokens.
  const isWhole = (tokens === 'tokens') === (step.at === 'signedIn')
  const end = [toldOf(step), isWhole ? '' : `with ${tokens}`].filter(Boolean).join(' ')
  return { exchanges, end, steps }
}

/** A step, and why the person is asked. */
const toldOf = ({ at, error }: RestingStep): string => (error ? `${at} ${error.code}` : at)

/** What the sign-in begins with. */
function inputOf(configuration: Configuration): SignInInput {
  const { entry, mfa, slip } = configuration
  const { username } = personOf(mfa)
  const factor = factorOf(configuration)
  const begins = hasPassword(configuration) && !/^(choose|pose)/.test(entry)
  return {
    username,
    password: begins ? (slip === 'password' ? wrongPassword : password) : undefined,
    flow: factor
      ? 'USER_AUTH'
      : (entry.replace(' with SRP', '') as NonNullable<SignInInput['flow']>),
    prefer: entry.startsWith('prefer') ? factor : undefined,
  }
}

/** Answers a step; nothing where it is the end. */
type Person = (step: RestingStep) => Promise<RestingStep> | undefined

function createPerson(configuration: Configuration, pool: LocalPool, flow: SignInFlow): Person {
  const { mfa, slip, account } = configuration
  const { username } = personOf(mfa)
  const kind = kinds.find((name) => mfa.endsWith(name))!
  const factor = factorOf(configuration)
  const slipped = new Set<string>()
  const slips = (what: string): boolean => {
    const first = !slipped.has(what)
    slipped.add(what)
    return slip === 'once' && first
  }
  const typed = (code: string, what: string): string => (slips(what) ? wrong(code) : code)
  /** Nobody is sent anything: whatever is typed is wrong. */
  const sentCode = (): string => (account === 'absent' ? '12345678' : lastCode(pool))

  return (step) => {
    switch (step.at) {
      case 'chooseFactor': {
        const { factors } = step
        return flow.answer(step, {
          factor: factor && factors.includes(factor) ? factor : 'PASSWORD_SRP',
        })
      }
      case 'password':
        return flow.answer(step, { password: slip === 'password' ? wrongPassword : password })
      case 'code': {
        if (account === 'absent' && step.attempts > 0) return undefined
        const isApp = step.challenge === 'SOFTWARE_TOKEN_MFA'
        return flow.answer(step, { code: typed(isApp ? pool.totp(username) : sentCode(), 'code') })
      }
      case 'chooseMfa':
      case 'chooseMfaSetUp':
        return flow.answer(step, { kind })
      case 'setUpTotp': {
        const { secret } = flow.totpSecret(step)
        const code = appCode(secret, pool.clock.now())
        return flow.answer(step, { code: typed(code, 'new app') })
      }
      case 'setUpEmail':
        return flow.answer(step, { email })
      case 'setUpPhone':
        pool.users.setAttributes(username, { phone_number })
        return flow.answer(step, { done: true })
      case 'newPassword':
        return flow.answer(step, { password: slips('new password') ? 'weak' : nextPassword })
      case 'custom': {
        const isWrong = slip === 'every answer' || slips('answer')
        return flow.answer(step, { answer: isWrong ? 'green' : 'blue' })
      }
      case 'confirmSignUp':
        return pool.outbox.messages.length === 0
          ? flow.resend(step)
          : flow.answer(step, { code: typed(lastCode(pool), 'ConfirmSignUp') })
      case 'resetPassword':
        return pool.outbox.messages.length === 0
          ? flow.resend(step)
          : flow.answer(step, {
              ...{ code: typed(lastCode(pool), 'ConfirmForgotPassword'), password: nextPassword },
            })
      case 'rememberDevice':
        return flow.answer(step, { remember: true })
      // There is nothing in a sign-in that goes well to try again, and a passkey needs no click here.
      case 'retry':
      case 'passkey':
      case 'start':
      case 'signedIn':
        return undefined
    }
  }
}
