import { fileURLToPath } from 'node:url'
import { ESLint } from 'eslint'
import { expect, test } from 'vitest'

// What Safari 16.4, Chrome 111 and Firefox 115 do not all have must not get into the library.

const lint = new ESLint({
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  overrideConfigFile: 'test/eslint.config.mjs',
  // Where CI is set, the parser would otherwise look at the file instead of the text given here.
  overrideConfig: {
    languageOptions: { parserOptions: { disallowAutomaticSingleRunInference: true } },
  },
})

/** The rules of the floor that speak up about a piece of code in the place of a source file. */
async function complaints(code: string): Promise<string[]> {
  const [result] = await lint.lintText(code, { filePath: 'src/client.ts' })
  const rules = result!.messages.map(({ ruleId }) => ruleId ?? 'parsing')
  return rules.filter((rule) => /^(compat|es-x|no-restricted|parsing)/.test(rule))
}

test.each([
  ['AbortSignal.any', 'export const a = AbortSignal.any([])'],
  ['Promise.withResolvers', 'export const a = Promise.withResolvers()'],
  ['Object.groupBy', 'export const a = Object.groupBy([1], String)'],
  ['Array.fromAsync', 'export const a = Array.fromAsync([])'],
  ['Array.prototype.toSorted', 'export const a = (b: number[]) => b.toSorted()'],
  ['Array.prototype.findLast', 'export const a = (b: number[]) => b.findLast(Boolean)'],
  ['String.prototype.isWellFormed', 'export const a = (b: string) => b.isWellFormed()'],
  ['URL.canParse', 'export const a = URL.canParse("b")'],
  ['the v flag', 'export const a = /[a--b]/v'],
  ['Uint8Array.fromBase64', 'export const a = Uint8Array.fromBase64("b")'],
  ['using', 'export function a(b: Disposable) { using c = b; return c }'],
  ['navigation', 'export const a = navigation.currentEntry'],
  ['scheduler', 'export const a = scheduler.yield()'],
])('%s is above the floor', async (_name, code) => {
  expect(await complaints(code)).not.toEqual([])
})

test.each([
  ['AbortController', 'export const a = new AbortController()'],
  ['fetch', 'export const a = fetch("b")'],
  ['Object.hasOwn', 'export const a = Object.hasOwn({}, "b")'],
  ['String.prototype.replaceAll', 'export const a = "b".replaceAll("b", "c")'],
  ['class fields', 'export class A { #b = 1; get b() { return this.#b } }'],
  ['indexedDB', 'export const a = indexedDB.open("b")'],
  ['navigator.locks', 'export const a = navigator.locks.query()'],
  ['BroadcastChannel', 'export const a = new BroadcastChannel("b")'],
])('%s is on the floor', async (_name, code) => {
  expect(await complaints(code)).toEqual([])
})
