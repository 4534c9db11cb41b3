// What the service and a good client say to each other, by configuration: written from what is known of
// the service, not from the engine. Each exchange is a request and what came of it.
import { factorOf, kinds } from './configurations.ts'
import type { Configuration } from './configurations.ts'

/** A whole sign-in: `request > answer`, one after the other, and how it ends. */
export interface Story {
  readonly exchanges: readonly string[]
  readonly end: string
}

/** What a sign-in that is repeated is told as. */
const again = Symbol()
type End = string | typeof again

const signedIn = 'signedIn'
const wrongCredentials = 'start wrong-credentials'

/** The story of a configuration. */
export function tell(configuration: Configuration): Story {
  const { entry, account, device, slip, questions, hides } = configuration
  const exchanges: string[] = []
  const say = (request: string, answer: string): void => {
    exchanges.push(`${request} > ${answer}`)
  }

  let { mfa } = configuration
  let status = account
  const factor = factorOf(configuration)
  const isCustom = entry.startsWith('CUSTOM')
  const tracks = device !== 'off'
  const isKnownTo = {
    client: tracks && device !== 'new' && device !== 'asked',
    service: tracks && device !== 'new' && device !== 'asked' && device !== 'forgotten',
  }
  /** Once a factor was chosen, a sign-in that is repeated names it. */
  let isPreferred = entry.startsWith('prefer')
  let preferred = factor
  const isWrong = slip === 'password'

  const slipped = new Set<string>()
  /** Whether the person gets something wrong here: each kind of thing once. */
  const slips = (kind: string): boolean => {
    const first = !slipped.has(kind)
    slipped.add(kind)
    return slip === 'once' && first
  }

  // Not remembered, a device is known and nothing more. It stands in for the second factor where one is
  // due, and is asked for besides in a pool that challenges new devices.
  const isRemembered = (): boolean => isKnownTo.service && device !== 'not remembered'
  const isMfaDue = (): boolean => mfa !== 'none'
  const isRequired = (): boolean => /select|set up/.test(mfa)
  const challengesDevices = device !== 'not challenged'

  /** The service has forgotten the device: whoever named it says the same again without it. */
  function forget(): void {
    isKnownTo.client = isKnownTo.service = false
  }

  // ---- The end

  function finish(request: string): End {
    say(request, 'tokens')
    if (!tracks || isKnownTo.client) return signedIn
    say('ConfirmDevice', 'done')
    if (device === 'asked') say('UpdateDeviceStatus', 'done')
    return signedIn
  }

  function proveDevice(request: string): End {
    say(request, 'DEVICE_SRP_AUTH')
    const refusals: Readonly<Record<string, readonly [string, string]>> = {
      'forgotten before DEVICE_SRP_AUTH': ['DEVICE_SRP_AUTH', 'ResourceNotFoundException'],
      'forgotten before DEVICE_PASSWORD_VERIFIER': [
        'DEVICE_PASSWORD_VERIFIER',
        'ResourceNotFoundException',
      ],
      'wrong secret': ['DEVICE_PASSWORD_VERIFIER', 'NotAuthorizedException'],
    }
    const [at, refusal] = refusals[device] ?? []
    if (at !== 'DEVICE_SRP_AUTH') say('DEVICE_SRP_AUTH', 'DEVICE_PASSWORD_VERIFIER')
    if (at === undefined || refusal === undefined) return finish('DEVICE_PASSWORD_VERIFIER')
    say(at, refusal)
    // A sign-in that was refused is over: all of it again, without the device.
    forget()
    return again
  }

  /** Lambda asks, and lets in or not. The device comes last of all. */
  function lead(request: string): End {
    let last = request
    if (questions > 0) {
      let right = 0
      let wrong = 0
      while (right < questions) {
        say(last, 'CUSTOM_CHALLENGE')
        last = 'CUSTOM_CHALLENGE'
        if (slip === 'every answer' || slips('answer')) wrong++
        else right++
        if (wrong > 1) {
          say(last, 'NotAuthorizedException')
          return wrongCredentials
        }
      }
    }
    if (account === 'absent') {
      say(last, 'NotAuthorizedException')
      return wrongCredentials
    }
    return isRemembered() ? proveDevice(last) : finish(last)
  }

  // ---- Second factors

  /** A code, perhaps wrong once: the session takes another. */
  function code(challenge: string): void {
    if (slips('code')) say(challenge, 'CodeMismatchException')
  }

  function secondFactor(request: string): End {
    const next = isCustom ? lead : finish
    if (mfa === 'none') return next(request)
    const kind = kinds.find((name) => mfa.endsWith(name))!
    if (!mfa.includes('set up')) {
      if (mfa.startsWith('select')) {
        say(request, 'SELECT_MFA_TYPE')
        say('SELECT_MFA_TYPE', kind)
      } else say(request, kind)
      code(kind)
      return next(kind)
    }
    say(request, 'MFA_SETUP')
    if (kind === 'SMS_MFA') {
      // No request of a sign-in takes a number: it is set elsewhere, and the sign-in begins anew.
      mfa = 'SMS_MFA'
      return again
    }
    if (kind === 'EMAIL_OTP') {
      say('MFA_SETUP', 'EMAIL_OTP')
      code('EMAIL_OTP')
      return next('EMAIL_OTP')
    }
    say('AssociateSoftwareToken', 'done')
    if (slips('new app')) say('VerifySoftwareToken', 'EnableSoftwareTokenMFAException')
    say('VerifySoftwareToken', 'done')
    return next('MFA_SETUP')
  }

  // ---- First factors

  /** The password was right. */
  function afterPassword(request: string): End {
    let last = request
    if (status === 'temporary password') {
      say(last, 'NEW_PASSWORD_REQUIRED')
      last = 'NEW_PASSWORD_REQUIRED'
      if (slips('new password')) say(last, 'InvalidPasswordException')
      status = 'confirmed'
    }
    if (isRemembered() && isCustom) return lead(last)
    if (isRemembered() && (isMfaDue() || challengesDevices)) return proveDevice(last)
    return secondFactor(last)
  }

  function provePassword(request: string): End {
    say(request, 'PASSWORD_VERIFIER')
    if (isWrong || account === 'absent') {
      say('PASSWORD_VERIFIER', 'NotAuthorizedException')
      return wrongCredentials
    }
    if (device === 'forgotten before PASSWORD_VERIFIER' && isKnownTo.service) {
      say('PASSWORD_VERIFIER', 'ResourceNotFoundException')
      forget()
    }
    return afterPassword('PASSWORD_VERIFIER')
  }

  function sendPassword(request: string): End {
    if (!isWrong && account !== 'absent') return afterPassword(request)
    say(request, 'NotAuthorizedException')
    return wrongCredentials
  }

  /** Neither a code nor a passkey is followed by a second factor. */
  function afterOther(request: string): End {
    return isRemembered() && challengesDevices ? proveDevice(request) : finish(request)
  }

  function begin(request: string, chosen: string): End {
    if (chosen === 'EMAIL_OTP' || chosen === 'SMS_OTP') {
      say(request, chosen)
      if (account === 'absent') {
        say(chosen, 'CodeMismatchException')
        return 'code wrong-code'
      }
      code(chosen)
      return afterOther(chosen)
    }
    const refusal = refusalOfStatus()
    if (refusal !== undefined) return recover(request, refusal)
    if (chosen === 'PASSWORD') return sendPassword(request)
    if (chosen === 'PASSWORD_SRP') return provePassword(request)
    say(request, chosen)
    return afterOther(chosen)
  }

  /** What somebody can begin with: no code or passkey where a second factor or another password is due. */
  function offered(): readonly string[] {
    const passwords = ['PASSWORD', 'PASSWORD_SRP']
    if (isRequired() || status === 'temporary password') return passwords
    if (account === 'absent') return ['EMAIL_OTP', 'SMS_OTP', ...passwords]
    // Somebody who was never there before has no passkey.
    const passkeys = account === 'unconfirmed' ? [] : ['WEB_AUTHN']
    if (isMfaDue()) return [...passwords, ...passkeys]
    return ['EMAIL_OTP', 'SMS_OTP', ...passwords, ...passkeys]
  }

  // ---- Accounts that cannot sign in as they are

  const refusalOfStatus = (): string | undefined =>
    status === 'unconfirmed'
      ? 'UserNotConfirmedException'
      : status === 'reset required'
        ? 'PasswordResetRequiredException'
        : undefined

  /** The person asks for a code and goes on. */
  function recover(request: string, refusal: string): End {
    say(request, refusal)
    const isNew = status === 'unconfirmed'
    say(isNew ? 'ResendConfirmationCode' : 'ForgotPassword', 'done')
    const operation = isNew ? 'ConfirmSignUp' : 'ConfirmForgotPassword'
    if (slips(operation)) say(operation, 'CodeMismatchException')
    say(operation, 'done')
    status = 'confirmed'
    // The code of a sign-up counts as a first factor, once, for whoever never signed in before.
    if (isNew) return finish('USER_AUTH after sign-up')
    // With the new password, by its proof.
    if (factor !== undefined) {
      preferred = 'PASSWORD_SRP'
      isPreferred = true
    }
    return again
  }

  // ---- The beginning

  function signIn(): End {
    const flow = factor === undefined ? entry.replace(' with SRP', '') : 'USER_AUTH'
    if (account === 'absent' && !hides) {
      say(flow, 'UserNotFoundException')
      return 'start user-unknown'
    }
    if (account === 'disabled') {
      say(flow, 'NotAuthorizedException')
      return 'start user-disabled'
    }
    // The code of an OTP confirms whoever has not confirmed yet: there it is only looked at later.
    const mayConfirm = flow === 'USER_AUTH' && status === 'unconfirmed'
    const refusal = mayConfirm ? undefined : refusalOfStatus()
    if (refusal !== undefined) return recover(flow, refusal)
    if (isKnownTo.client && !isKnownTo.service) {
      say(flow, 'ResourceNotFoundException')
      forget()
    }
    if (flow === 'USER_SRP_AUTH' || entry === 'CUSTOM_AUTH with SRP') return provePassword(flow)
    if (flow === 'USER_PASSWORD_AUTH') return sendPassword(flow)
    if (flow === 'CUSTOM_AUTH') return lead(flow)
    const wanted = preferred ?? ''
    if (isPreferred && offered().includes(wanted)) return begin(flow, wanted)
    // What was wanted is not to be had: the password then.
    const chosen = offered().includes(wanted) ? wanted : 'PASSWORD_SRP'
    const posed = entry.startsWith('pose') && !isPreferred ? chosen : 'SELECT_CHALLENGE'
    say(flow, posed)
    preferred = chosen as typeof preferred
    isPreferred = true
    return begin(posed, chosen)
  }

  let end = signIn()
  while (end === again) end = signIn()
  return { exchanges, end: end }
}
