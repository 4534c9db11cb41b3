// Tokens in our own spelling, and what an access token says about whom it is for.
import { fromBase64Url, fromUtf8 } from '../bytes.ts'
import { AuthError } from '../errors.ts'
import type { AuthenticationResult } from '../wire/operations.ts'

/** What a sign-in brings. */
export interface Tokens {
  /** For the service and for your own servers. */
  readonly accessToken: string
  /** What is known about the person. */
  readonly idToken?: string | undefined
  readonly refreshToken?: string | undefined
  /** When the access token ends, in milliseconds since 1970 by `auth.now()`. */
  readonly expiresAt: number
}

/** Who signed in. */
export interface User {
  /** The name that never changes, as the access token has it. */
  readonly username: string
  /** The subject: the name to know somebody by. */
  readonly sub: string
}

/** What is read of an access token. */
interface Claims {
  readonly sub: string
  readonly username: string
  readonly exp: number
}

/** The tokens of an answer, and whose they are. Throws an `AuthError` where they are none. */
export function readTokens({ AccessToken, IdToken, RefreshToken }: AuthenticationResult): {
  readonly tokens: Tokens
  readonly user: User
} {
  try {
    const [, payload] = AccessToken!.split('.')
    const { sub, username, exp } = JSON.parse(fromUtf8(fromBase64Url(payload!)!)!) as Claims
    if (typeof sub === 'string' && typeof username === 'string' && exp > 0)
      return {
        tokens: {
          accessToken: AccessToken!,
          idToken: IdToken,
          refreshToken: RefreshToken,
          expiresAt: exp * 1000,
        },
        user: { username, sub },
      }
  } catch {
    // It cannot be read: the same as one that lacks what it must say.
  }
  throw new AuthError({ code: 'bad-response', detail: 'AccessToken' })
}
