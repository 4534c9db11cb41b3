// The browser's passkeys as a port: JSON in, JSON out, by hand. Extensions replace
// `navigator.credentials` with objects that have none of the methods of the platform's.
import { fromBase64Url, toBase64Url } from '../bytes.ts'
import { host } from '../ports.ts'
import type { Passkeys } from '../ports.ts'

/** What the browser gives for an assertion. */
interface Assertion {
  readonly id: string
  readonly type: string
  readonly rawId: ArrayBuffer
  readonly authenticatorAttachment?: string | null
  readonly response: Readonly<Record<string, ArrayBuffer | null | undefined>>
}

const bytes = (text: unknown): Uint8Array | undefined => fromBase64Url(String(text))
const text = (buffer: ArrayBuffer): string => toBase64Url(new Uint8Array(buffer))

/** The passkeys of the browser that this runs in. */
export const browserPasskeys: Passkeys = {
  async get({ options, signal, mediation }) {
    const { credentials } = host.navigator ?? {}
    if (!credentials?.get) throw named('NotSupportedError')
    const { allowCredentials = [], ...rest } = options as { allowCredentials?: { id: string }[] }
    const publicKey = {
      ...rest,
      challenge: bytes(options['challenge']),
      allowCredentials: allowCredentials.map((one) => ({ ...one, id: bytes(one.id) })),
    }
    const assertion = (await credentials.get({ publicKey, signal, mediation })) as Assertion | null
    if (!assertion) throw named('NotFoundError')
    const { id, type, rawId, authenticatorAttachment, response } = assertion
    const { clientDataJSON, authenticatorData, signature, userHandle } = response
    return {
      id,
      rawId: text(rawId),
      type,
      authenticatorAttachment: authenticatorAttachment ?? undefined,
      clientExtensionResults: {},
      response: {
        clientDataJSON: text(clientDataJSON!),
        authenticatorData: text(authenticatorData!),
        signature: text(signature!),
        userHandle: userHandle ? text(userHandle) : undefined,
      },
    }
  },
}

const named = (name: string): Error => Object.assign(new Error(name), { name })
