import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromBase64, toBase64, utf8, wellFormed } from '../src/bytes.ts'
import { runs } from './runs.ts'

/** Any text that JavaScript can hold, halves of surrogate pairs among it. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc
    .array(fc.oneof(fc.integer({ min: 0xd7f0, max: 0xe010 }), fc.integer({ min: 0, max: 0xffff })))
    .map((units) => String.fromCharCode(...units)),
)

const replacement = '\ufffd'

const texts: readonly (readonly [text: string, formed: string])[] = [
  ['', ''],
  ['plain', 'plain'],
  ['a b%c+d&e', 'a b%c+d&e'],
  ['\0\x7f\x80\u07ff\u0800\uffff', '\0\x7f\x80\u07ff\u0800\uffff'],
  ['\ud7ff\ue000', '\ud7ff\ue000'],
  ['😀𝄞\u{10ffff}\u{10000}', '😀𝄞\u{10ffff}\u{10000}'],
  ['\ud800', replacement],
  ['\udbff', replacement],
  ['\udc00', replacement],
  ['\udfff', replacement],
  ['\udc00\ud800', replacement + replacement],
  ['\ud800\ud800', replacement + replacement],
  ['\ud800\ud800\udc00', `${replacement}\ud800\udc00`],
  ['\ud800\udc00\udc00', `\ud800\udc00${replacement}`],
  ['a\ud83dé', `a${replacement}é`],
  ['\udfff\n\udc00', `${replacement}\n${replacement}`],
]

describe('wellFormed', () => {
  test.each(texts)('%#: %j', (text, formed) => {
    expect(wellFormed(text)).toBe(formed)
  })

  test('of anything, as the platform does it', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(wellFormed(text)).toBe(
          new TextDecoder().decode(new TextEncoder().encode(`.${text}`)).slice(1),
        )
      }),
      runs(5000),
    )
  })
})

describe('utf8', () => {
  test.each(texts)('%#: %j', (text, formed) => {
    expect(utf8(text)).toEqual(Uint8Array.from(Buffer.from(formed)))
  })

  test('of every character of the first planes, and of the borders of the others', () => {
    let text = ''
    for (let code = 0; code < 0x30000; code++) text += String.fromCodePoint(code)
    for (let plane = 3; plane <= 16; plane++)
      text += String.fromCodePoint(plane << 16, (plane << 16) | 0xffff)
    expect(Buffer.from(utf8(text)).equals(Buffer.from(text))).toBe(true)
  })

  test('of anything, as the platform does it', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(utf8(text)).toEqual(new TextEncoder().encode(text))
      }),
      runs(5000),
    )
  })
})

describe('base64', () => {
  // RFC 4648, section 10.
  test.each([
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
  ])('of "%s"', (text, base64) => {
    expect(toBase64(Buffer.from(text))).toBe(base64)
    expect(fromBase64(base64)).toEqual(Uint8Array.from(Buffer.from(text)))
  })

  test('has all its digits', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    const base64 = toBase64(bytes)
    expect(base64).toBe(Buffer.from(bytes).toString('base64'))
    expect(new Set(base64).size).toBe(65)
    expect(fromBase64(base64)).toEqual(bytes)
  })

  test('of anything, as the platform does it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const base64 = Buffer.from(bytes).toString('base64')
        expect(toBase64(bytes)).toBe(base64)
        expect(fromBase64(base64)).toEqual(bytes)
      }),
      runs(5000),
    )
  })

  test('takes bits that nobody needs, as others do', () => {
    expect(fromBase64('Zh==')).toEqual(Uint8Array.from(Buffer.from('f')))
    expect(fromBase64('Zm9=')).toEqual(Uint8Array.from(Buffer.from('fo')))
  })

  test.each([
    ...[
      'Z',
      'Zg',
      'Zm8',
      'Zm9vY',
      'Zg=',
      'Z===',
      'Z=',
      '=',
      '==',
      '===',
      '====',
      'Zm9v====',
      'Zm9v=',
    ],
    ...['Zg==Zg==', 'Zg==Zm9v', 'Z=g=', '=Zg=', 'Zm=v', 'Zg= ', 'Zg==\n', '\nZm9v', 'Zm9v\nZm9v'],
    ...['Zm9v    ', ' Zm9', 'Zm-v', 'Zm_v', 'Zm9.', 'Zm9*', 'Zm9é', 'Ｚm9v', 'Zm9\0', 'Zm9\u212a'],
    ...[
      'Zm9\u017f',
      '%Zm9',
      '[Zm9',
      '`Zm9',
      '@Zm9',
      '/Zm:',
      'Zm9!',
      'Zm9~',
      'Zm,v',
      '😀Zm',
      '😀===',
    ],
    ...['Zm9v\r\n', 'Zm9vZm9v\u2028', 'undefined'],
  ])('does not take %j', (text) => {
    expect(fromBase64(text)).toBeUndefined()
  })

  test('does not take any text that is none', () => {
    const canonical = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
    const nearly = fc.string({
      unit: fc.constantFrom(...Array.from('AZaz09+/=-_ \n.')),
      maxLength: 12,
    })
    fc.assert(
      fc.property(nearly, (text) => {
        expect(fromBase64(text) !== undefined).toBe(canonical.test(text))
      }),
      runs(20_000),
    )
  })
})
