// Tokens that can be read by everybody: RS256 in the compact form (RFC 7515).
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from '../bytes.ts'
import { isSignature, sign } from './crypto.ts'
import type { TokenKey } from './state.ts'

/** What a token says. */
export type Claims = Readonly<Record<string, unknown>>

/** Writes a token. */
export async function writeJwt({ kid, privateKey }: TokenKey, claims: Claims): Promise<string> {
  const [header, payload] = [{ kid, alg: 'RS256' }, claims].map((part) =>
    toBase64Url(utf8(JSON.stringify(part))),
  ) as [string, string]
  const signature = await sign(privateKey, 'RS256', utf8(`${header}.${payload}`))
  return `${header}.${payload}.${toBase64Url(signature)}`
}

/** A token, taken apart but not believed. */
export interface UnverifiedJwt {
  readonly kid: unknown
  readonly claims: Claims
  /** Whether it was signed with a key. */
  isOf(key: TokenKey): Promise<boolean>
}

/** Takes a token apart; `undefined` for a text that is none. */
export function readJwt(text: string): UnverifiedJwt | undefined {
  const [header = '', payload = '', signature = '', ...rest] = text.split('.')
  const [headed, claims] = [header, payload].map(readPart)
  const signed = fromBase64Url(signature)
  if (!headed || !claims || !signed || rest.length) return undefined
  return {
    kid: headed['kid'],
    claims,
    isOf: ({ publicKey }) => isSignature(publicKey, 'RS256', signed, utf8(`${header}.${payload}`)),
  }
}

function readPart(text: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(fromUtf8(fromBase64Url(text)!)!)
    return Object(value) === value ? (value as Claims) : undefined
  } catch {
    return undefined
  }
}
